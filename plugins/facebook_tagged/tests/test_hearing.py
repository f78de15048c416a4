from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Accepted, Retry
from tombola.testing.network import FaultKind
from tombola_facebook_tagged import mapping
from tombola_meta import reading
from tombola_meta.events import events_from
from tombola_sandbox.meta.models import Callback, Event


def event(**value):
    return Accepted("x", {"field": "mention", "value": value})


@pytest.fixture
def hear(run, ctx, config):
    return lambda given: list(run.importer.hear(ctx, config, given))


def test_post_that_is_told_is_the_one_that_is_read(hear, run, tag, meta, tea):
    hook = Callback(url="http://localhost/", verify_token="x", fields=("mention",), verified=True)
    app = meta.things.put(meta.access.demo.model_copy(update={"callbacks": {"page": hook}}))
    meta.things.change(tea, subscriptions={app.id: ("mention",)})
    tag(ago=timedelta(minutes=1))
    (told,) = [each for each in meta.things.all(Event).values() if each.field == "mention"]
    body = {
        "object": told.object,
        "entry": [
            {
                "id": told.entry,
                "time": int(told.at.timestamp()),
                "changes": [{"field": told.field, "value": told.value}],
            }
        ],
    }
    (accepted,) = events_from(reading.clean(body))
    assert accepted.topic in run.importer.hears
    (heard,) = hear(accepted)
    (read,) = run.page(run.open()).items
    assert heard.external_id == read.external_id
    assert (heard.occurred_at, heard.text) == (read.occurred_at, read.text)
    assert len(heard.media) == len(read.media) == 1
    assert heard.author is None


def test_post_that_is_gone_before_it_is_read_brings_nothing(hear, tag, meta):
    made = tag()
    meta.facebook.delete_post(made)
    assert hear(event(item="post", verb="add", post_id=made)) == []


def test_removed_post_is_marked(hear, tag):
    made = tag()
    (item,) = hear(event(item="post", verb="remove", post_id=made))
    assert (item.external_id, item.deleted) == (made, True)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"item": "post", "verb": "add"},
        {"item": "post", "verb": "add", "post_id": None},
        {"item": "post", "verb": "add", "post_id": "../me"},
        {"item": "post", "verb": "add", "post_id": "1?fields=access_token"},
        {"item": "comment", "verb": "add", "post_id": "1_2", "comment_id": "2_3"},
        {"item": "post", "verb": "add", "post_id": "1_2", "comment_id": "2_3"},
    ],
    ids=repr,
)
def test_what_tells_of_no_post_brings_nothing(hear, network, value):
    assert hear(event(**value)) == []
    assert network.calls.newest(9) == ()


def test_outage_while_hearing_is_named(hear, tag, network):
    made = tag()
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    with pytest.raises(Retry):
        hear(event(item="post", verb="add", post_id=made))


names = st.sampled_from(
    [
        *["id", "message", "created_time", "tagged_time", "permalink_url", "attachments"],
        *["data", "post_id", "verb", "item", "media", "image", "src", "type"],
    ]
)
shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("1_2"),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=6),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(names, shapes, max_size=6), max_size=4))
def test_posts_of_any_shape_break_nothing(posts):
    cleaned = [dict(each) for each in reading.objects(reading.clean(posts))]
    items = mapping.items_from(cleaned)
    assert len({item.external_id for item in items}) == len(items)
    mapping.tag_times(cleaned)
    for each in cleaned:
        mapping.told_post(each)
