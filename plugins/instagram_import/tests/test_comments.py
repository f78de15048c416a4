from datetime import timedelta

import pytest

from tombola.api import Accepted, CredentialExpired, Kept, PermissionLost, SourceGone, Window
from tombola_instagram_import.comments import CommentsImporter

HOUR = timedelta(hours=1)


@pytest.fixture
def own(town):
    return town.post("Which tea are you?", ago=30 * HOUR, who=town.shop)


@pytest.fixture
def run(make_run, comments):
    return make_run(CommentsImporter(), comments())


def told(town, remark, **more):
    """The event that a webhook brings of a comment."""
    value = {"id": remark.id, "text": remark.text, "media": {"id": remark.media}, **more}
    return Accepted("e1", {"account": town.shop.id, "field": "comments", "value": value})


def test_tagged_comments_come_with_their_authors_name(run, town, own):
    remark = town.comment(own)
    town.comment(own, "no tag")
    town.comment(own, "ours #tea", who=town.shop)
    ((item,), _) = run.items()
    assert (item.external_id, item.kind, item.parent_id) == (remark.id, "comment", own.id)
    assert item.author is not None
    assert (item.author.provider, item.author.uid, item.author.handle) == (
        "meta.ig_name",
        "jane",
        "Jane",
    )
    assert item.occurred_at == run.ctx.now - HOUR
    assert item.permalink == f"https://www.instagram.com/p/{own.shortcode}/"


def test_replies_come_too_unless_unwanted(make_run, comments, town, own):
    first = town.comment(own, "hello")
    reply = town.comment(own, "me #tea", parent=first, who=town.ann)
    ((item,), _) = make_run(CommentsImporter(), comments()).items()
    assert (item.external_id, item.parent_id) == (reply.id, first.id)
    assert item.author.handle == "ann.pro"


def test_all_wants_every_tag_in_any_case(make_run, comments, town, own):
    both = town.comment(own, "#TEA#Cup")
    town.comment(own, "#tea #cups")
    run = make_run(CommentsImporter(), comments("tea", "cup", match="all"))
    assert run.ids() == [both.id]


def test_long_talks_are_read_to_their_end(run, town, own):
    made = {town.comment(own, ago=HOUR + n * timedelta(minutes=1)).id for n in range(120)}
    first = town.comment(own, "hello")
    made |= {town.comment(own, parent=first).id for _ in range(70)}
    assert set(run.ids()) == made


def test_later_runs_read_no_further_than_the_earlier_ones(run, town, own, network):
    for n in range(160):
        town.comment(own, "hello", ago=(190 - n) * HOUR)
    _, place = run.items()
    before = network.calls.total
    new = town.comment(own, ago=timedelta())
    assert run.ids(place) == [new.id]
    assert network.calls.total - before <= 3


def test_busy_post_keeps_no_quiet_one_waiting(run, town, own):
    quiet = town.post("Another", ago=99 * HOUR, who=town.shop)
    hit = town.comment(quiet)
    for n in range(130):
        town.comment(own, "hello", ago=HOUR + n * timedelta(minutes=1))
    assert hit.id in {item.external_id for item in run.page(run.open()).items}
    assert run.ids() == [hit.id]


def test_chosen_posts_alone_are_read(make_run, comments, town, own):
    other = town.post("Another", who=town.shop)
    town.comment(other)
    hit = town.comment(own)
    config = comments(posts=(f"instagram.com/kettle.leaf/p/{own.shortcode}/?igsh=x",))
    assert make_run(CommentsImporter(), config).ids() == [hit.id]


def test_hidden_and_removed_comments_are_gone(run, town, own, meta):
    hidden, removed, kept = (town.comment(own) for _ in range(3))
    meta.instagram.hide_comment(hidden.id)
    meta.instagram.delete_comment(removed.id)
    shown = {item.external_id: item.deleted for item in run.items()[0]}
    assert shown == {hidden.id: True, kept.id: False}
    ids = [Kept(each.id) for each in (hidden, removed, kept)]
    again = run.importer.recheck(run.ctx, run.config, ids)
    assert {item.external_id: item.deleted for item in again} == shown
    assert all(item.permalink for item in again)


def test_looking_again_raises_where_the_account_has_lost_its_role(run, town, own, meta):
    remark = town.comment(own)
    meta.access.kill_all(460)
    with pytest.raises(CredentialExpired):
        run.importer.recheck(run.ctx, run.config, [Kept(remark.id)])


def test_webhook_brings_the_same_comment(run, town, own):
    remark = town.comment(own)
    heard = run.importer.hear(run.ctx, run.config, told(town, remark))
    assert [(i.external_id, i.occurred_at, i.text, i.author) for i in heard] == [
        (i.external_id, i.occurred_at, i.text, i.author) for i in run.items()[0]
    ]
    assert heard[0].permalink == run.items()[0][0].permalink


def test_webhooks_about_nothing_of_ours_bring_nothing(make_run, comments, town, own, meta, network):
    other = town.post("Another", who=town.shop)
    untagged, elsewhere = town.comment(own, "hello"), town.comment(other)
    gone, reply = town.comment(own), town.comment(own, parent=town.comment(own, "hi"))
    meta.instagram.delete_comment(gone.id)
    address = f"https://www.instagram.com/p/{own.shortcode}/"
    run = make_run(CommentsImporter(), comments(posts=(address,), replies=False))
    for remark in (untagged, elsewhere, gone, reply):
        assert list(run.importer.hear(run.ctx, run.config, told(town, remark))) == []
    before = network.calls.total
    event = Accepted("e2", {"value": {"text": "#tea", "id": "1/../me"}})
    assert list(run.importer.hear(run.ctx, run.config, event)) == []
    assert network.calls.total == before


def test_check_explains_what_does_not_fit(ctx, comments, town, own, meta):
    importer = CommentsImporter()
    theirs = town.post()
    addresses = [f"https://www.instagram.com/p/{post.shortcode}/" for post in (own, theirs)]
    config = comments(posts=tuple(addresses), photos_only=True)
    found = {each.field: str(each.text) for each in importer.check(ctx, config)}
    assert found.keys() == {"photos_only", "posts"}
    assert addresses[1] in found["posts"]
    assert list(importer.check(ctx, comments())) == []
    with pytest.raises(ValueError, match="no address of a post"):
        comments(posts=("https://example.org/p/CAbcdEFGhij/",))


def test_post_that_was_deleted_ends_its_source_in_words(make_run, comments, town, own, meta):
    run = make_run(
        CommentsImporter(), comments(posts=(f"https://www.instagram.com/p/{own.shortcode}/",))
    )
    run.items()
    meta.instagram.delete_media(own.id)
    with pytest.raises(SourceGone):
        run.items()


def test_one_deleted_post_of_several_does_not_stop_the_others(make_run, comments, town, own, meta):
    other = town.post("Another", who=town.shop)
    hit = town.comment(other)
    addresses = [f"https://www.instagram.com/p/{post.shortcode}/" for post in (own, other)]
    run = make_run(CommentsImporter(), comments(posts=tuple(addresses)))
    run.items()
    meta.instagram.delete_media(own.id)
    assert run.ids() == [hit.id]


def test_page_that_was_chosen_for_an_account_is_refused(ctx, comments, town):
    town.account = ctx.connected["meta.facebook"][town.shop.id]
    ctx.connected["meta.facebook"]["100"] = type(town.account)("100", "A page", "page")
    config = comments().model_copy(update={"account": "100"})
    said = [str(each.text) for each in CommentsImporter().check(ctx, config)]
    assert any("not a page" in each for each in said)
    run = CommentsImporter()
    with pytest.raises(PermissionLost):
        run.recheck(ctx, config, [Kept("1")])
    assert run.options(ctx, "account", "") == [(town.shop.id, "@Kettle.Leaf")]


def test_estimate_shows_the_newest_first(ctx, comments, town, own):
    for n in range(60):
        town.comment(own, f"{n} #tea", ago=(60 - n) * HOUR)
    found = CommentsImporter().estimate(ctx, comments(), Window(ctx.now - 24 * HOUR))
    assert (found.count, found.samples[0].text, found.exact) == (50, "59 #tea", False)
    assert found.notes


def test_entrants_are_led_to_the_post_or_to_the_account(ctx, comments, own):
    importer = CommentsImporter()
    view = importer.view(ctx, comments("tea", "cup"), None)
    assert str(view.label) == "Comment with #tea on a post of @Kettle.Leaf"
    assert view.link == "https://www.instagram.com/Kettle.Leaf/"
    chosen = comments(posts=(f"instagram.com/kettle.leaf/p/{own.shortcode}?igsh=x",))
    assert importer.view(ctx, chosen, None).link == f"https://www.instagram.com/p/{own.shortcode}/"
    ctx.broken.add(("meta.facebook", chosen.account))
    assert importer.view(ctx, chosen, None).link is None
