from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import MediaKind
from tombola_instagram_import import mapping
from tombola_instagram_import.client import after_of, rows_of

NAMES = (
    *("id", "caption", "text", "media_type", "media_url", "thumbnail_url", "permalink"),
    *("timestamp", "username", "from", "user", "media", "children", "replies", "data"),
    *("hidden", "parent_id", "paging", "cursors", "after", "next"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=20,
)
RAW = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)

#: Source: Instagram Platform, “Recent Media”, returnable fields; recorded 2026-11.
HIT = {
    "id": "17900000000000001",
    "caption": "Mine! #acme",
    "media_type": "IMAGE",
    "media_url": "https://scontent.example/a.jpg?oe=6A000000",
    "permalink": "https://www.instagram.com/p/CAbcdEFGhij/",
    "timestamp": "2026-11-20T10:00:00+0000",
    "comments_count": 3,
    "like_count": 12,
}
ALBUM = {
    "id": "17900000000000002",
    "caption": "#acme",
    "media_type": "CAROUSEL_ALBUM",
    "permalink": "https://www.instagram.com/p/CBbcdEFGhij/",
    "timestamp": "2026-11-20T09:00:00+0000",
    "children": {
        "data": [
            {
                "id": "17900000000000003",
                "media_type": "IMAGE",
                "media_url": "https://scontent.example/b.jpg?oe=6A000000",
            }
        ]
    },
}
#: Source: Instagram Platform, “IG Comment”; recorded 2026-11.
COMMENT = {
    "id": "17900000000000009",
    "text": "in! #acme",
    "timestamp": "2026-11-20T10:00:00+0000",
    "username": "Jane.Doe",
    "from": {"id": "1234536447", "username": "Jane.Doe"},
    "hidden": False,
}


def test_hit_becomes_an_item_without_author():
    (item,) = mapping.posts_from([HIT, HIT])
    assert (item.external_id, item.kind, item.text) == (HIT["id"], "post", "Mine! #acme")
    assert item.occurred_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (item.author, item.claim_key) == (None, "ig:CAbcdEFGhij")
    assert [each.url for each in item.media] == [HIT["media_url"]]


def test_album_gives_its_parts():
    (item,) = mapping.posts_from([ALBUM])
    assert [(each.kind, each.key) for each in item.media] == [
        (MediaKind.PHOTO, "17900000000000003")
    ]


def test_album_whose_parts_are_missing_has_no_picture():
    (item,) = mapping.posts_from([{**ALBUM, "children": None}])
    assert item.media == []


@pytest.mark.parametrize("missing", [name for name in HIT if name != "id"])
def test_hit_may_lack_anything_but_its_number(missing):
    (item,) = mapping.posts_from([{name: HIT[name] for name in HIT if name != missing}])
    assert item.external_id == HIT["id"]


def test_comment_names_its_author_by_the_folded_name():
    item = mapping.comment_from(COMMENT, {"id": "1", "permalink": "https://x.example/p/1/"})
    assert item is not None
    assert item.author is not None
    assert (item.author.provider, item.author.uid) == ("meta.ig_name", "jane.doe")
    assert (item.author.handle, item.parent_id) == ("Jane.Doe", "1")
    assert item.permalink == "https://x.example/p/1/"


def test_older_comment_without_name_takes_that_of_its_sender():
    raw = {name: COMMENT[name] for name in COMMENT if name != "username"}
    item = mapping.comment_from(raw)
    assert item is not None
    assert item.author is not None
    assert item.author.handle == "Jane.Doe"


def test_own_comment_names_nobody():
    raw = {**COMMENT, "username": None, "from": None, "user": {"id": "17841400000000001"}}
    assert mapping.comment_from(raw) is None


def test_hidden_comment_is_gone():
    item = mapping.comment_from({**COMMENT, "hidden": True})
    assert item is not None
    assert item.deleted


@pytest.mark.parametrize("wrong", ["", "1/../me", "1){id},x(2", "x", "1" * 41, None, True, {}])
def test_what_is_no_number_stands_in_no_address(wrong):
    assert mapping.id_of(wrong) is None


@given(st.lists(RAW, max_size=4))
def test_garbage_never_breaks_posts(found):
    for item in mapping.posts_from(found):
        assert mapping.ID.fullmatch(item.external_id)
        assert item.occurred_at is None or item.occurred_at.tzinfo is not None
        assert isinstance(item.text, str)
        assert all(each.url is None or isinstance(each.url, str) for each in item.media)


@given(st.lists(RAW, max_size=4), RAW)
def test_garbage_never_breaks_comments(found, post):
    for raw in mapping.with_replies(found):
        item = mapping.comment_from(raw, post)
        assert item is None or item.author is not None
    after_of(post)
    list(rows_of(post.get("media")))
