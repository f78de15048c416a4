import pytest

from tombola.api import Accepted, Retry
from tombola.testing.network import FaultKind
from tombola_meta import reading
from tombola_meta.events import events_from
from tombola_sandbox.meta.models import Event


@pytest.fixture
def hear(run, ctx, config):
    return lambda given: list(run.importer.hear(ctx, config, given))


@pytest.fixture
def told(meta):
    """Give what Meta tells of comments with this verb, as ``tombola_meta`` reads it."""

    def told(verb="add"):
        every = (each for each in meta.things.all(Event).values())
        mine = [each for each in every if each.value["item"] == "comment"]
        wanted = [each for each in mine if each.value["verb"] == verb]
        return [accepted for each in wanted for accepted in events_from(_body(meta, each))]

    return told


def _body(meta, event):
    value = dict(event.value)
    if "photo" in value:
        value["photo"] = "https://scontent.xx.fbcdn.net/v/a.jpg"
    change = {"field": event.field, "value": value}
    entry = {"id": event.entry, "time": int(event.at.timestamp()), "changes": [change]}
    return reading.clean({"object": event.object, "entry": [entry]})


def event(**value):
    return Accepted("x", {"field": "feed", "value": value})


@pytest.mark.usefixtures("subscribed")
def test_comment_that_is_told_is_the_one_that_is_read(hear, told, run, comment, network):
    comment("Mine / här")
    (accepted,) = told()
    assert accepted.topic in run.importer.hears
    (heard,) = hear(accepted)
    assert network.calls.newest(9) == ()
    (read,) = run.page().items
    for name in ("external_id", "occurred_at", "text", "author", "permalink", "parent_id", "unfit"):
        assert getattr(heard, name) == getattr(read, name), name
    assert heard.media[0].url == "https://scontent.xx.fbcdn.net/v/a.jpg"


@pytest.mark.usefixtures("subscribed")
def test_edits_hiding_showing_and_removal_are_told(hear, told, meta, comment):
    made = comment()
    meta.facebook.hide_comment(made.id)
    (item,) = hear(*told("hide"))
    assert item.unfit == "hidden by the page"
    assert item.text == "My cup"
    meta.facebook.hide_comment(made.id, hidden=False)
    (item,) = hear(*told("unhide"))
    assert (item.unfit, len(item.media)) == ("", 1)
    meta.facebook.edit_comment(made.id, "My mug", drop_photo=True)
    (item,) = hear(*told("edited"))
    assert (item.text, list(item.media)) == ("My mug", [])
    meta.facebook.delete_comment(made.id)
    assert hear(*told("edited")) == []
    (item,) = hear(*told("remove"))
    assert (item.external_id, item.deleted) == (made.id, True)


def test_older_deliveries_name_the_sender_apart(hear, post, tea):
    (item,) = hear(
        event(
            item="comment",
            verb="add",
            comment_id="901_903",
            post_id=post.id,
            parent_id=post.id,
            sender_id=2711636948859886,
            sender_name="Kim L",
            created_time=1763632795,
        )
    )
    assert (item.author.uid, item.author.name) == (f"{tea.id}:2711636948859886", "Kim L")
    assert item.occurred_at.year == 2025


def test_comment_without_a_sender_can_be_claimed(hear, post):
    (item,) = hear(event(item="comment", verb="add", comment_id="901_903", post_id=post.id))
    assert (item.author, item.claim_key, item.occurred_at) == (None, "fb:903", None)


@pytest.mark.usefixtures("subscribed")
def test_replies_are_heard_by_choice(told, run, run_on, ctx, comment, post):
    parent = comment()
    reply = comment("Mine, too", parent=parent)

    def heard(by):
        items = [item for each in told() for item in by.importer.hear(ctx, by.config, each)]
        return {item.external_id: item.parent_id for item in items}

    assert heard(run) == {parent.id: None}
    both = run_on(post.id, replies="stream")
    assert heard(both) == {parent.id: None, reply.id: parent.id}


@pytest.mark.usefixtures("subscribed")
def test_comments_under_the_pages_other_posts_are_for_others(hear, told, comment, meta, tea):
    other = meta.facebook.post(tea, "Something else")
    comment(on=other)
    assert [hear(each) for each in told()] == [[]]


@pytest.mark.parametrize(
    "change",
    [
        {"verb": "mystery"},
        {"verb": None},
        {"item": "post"},
        {"item": "reaction"},
        {"comment_id": None},
        {"comment_id": "../me"},
        {"comment_id": "1?fields=access_token"},
        {"post_id": "1_2"},
        {"post_id": None},
    ],
    ids=repr,
)
def test_what_tells_of_no_comment_here_brings_nothing(hear, post, network, change):
    value = {"item": "comment", "verb": "edited", "comment_id": "901_903", "post_id": post.id}
    assert hear(event(**value | change)) == []
    assert network.calls.newest(9) == ()


def test_outage_while_hearing_is_named(hear, comment, post, network):
    made = comment()
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    with pytest.raises(Retry):
        hear(event(item="comment", verb="edited", comment_id=made.id, post_id=post.id))
