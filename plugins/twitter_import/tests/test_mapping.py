import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Identity, MediaKind
from tombola_twitter_import import mapping

PAGES = Path(__file__).parent / "pages"


def read_page(vocabulary):
    return json.loads((PAGES / f"{vocabulary}.json").read_text("utf-8"))


@pytest.fixture(params=["tweets", "posts"])
def page(request):
    return read_page(request.param)


@pytest.fixture
def items(page):
    return mapping.items_from(page)


def test_both_vocabularies_say_the_same():
    old, new = (mapping.items_from(read_page(name)) for name in ("tweets", "posts"))
    for item, same in zip(old, new, strict=True):
        for name in ("external_id", "occurred_at", "author", "text", "media", "details"):
            assert getattr(item, name) == getattr(same, name)
        assert (item.permalink, item.parent_id) == (same.permalink, same.parent_id)


def test_items_come_newest_first_without_retweets(items):
    assert [item.external_id for item in items] == [
        "1991500000000000001",
        "1991490000000000002",
        "1991480000000000003",
        "1991460000000000005",
    ]


def test_edited_post_keeps_its_first_id_and_shows_its_last_text(items):
    assert items[0].external_id == "1991500000000000001"
    assert items[0].text.startswith("Second try")
    assert items[0].permalink == "https://x.com/jane/status/1991500000000000008"


def test_media_are_joined_by_key_in_the_posts_order(items):
    first, second = items[0].media
    assert (first.kind, first.url) == (MediaKind.PHOTO, "https://pbs.example/a.jpg")
    assert (first.width, first.height, first.alt) == (1200, 900, "A pot & two cups")
    assert second.url == "https://pbs.example/b.jpg"


def test_films_have_only_a_still_picture(items):
    film, animation = items[2].media
    assert (film.kind, film.url) == (MediaKind.VIDEO, "https://pbs.example/film.jpg")
    assert (animation.kind, animation.url) == (MediaKind.ANIMATION, "https://pbs.example/gif.jpg")


def test_media_that_are_not_included_are_known_by_their_key(items):
    missing = items[3].media[0]
    assert (missing.kind, missing.url) == (MediaKind.PHOTO, None)


def test_author_missing_from_includes_is_kept_by_id(items):
    assert items[1].author == Identity("twitter_import.x", "1700000000000000077")
    assert items[1].permalink == "https://x.com/i/status/1991490000000000002"


def test_author_is_known_by_id_with_handle_and_name(items):
    assert items[0].author == Identity("twitter_import.x", "2244994945", "jane", "Jane")


def test_escapes_are_undone_and_text_is_nfc(items):
    assert items[1].text == "Tea & toast <3 #KettleLeaf #Teé https://t.co/aBcD2"
    assert items[1].details == {"hashtags": "#KettleLeaf #Teé"}


def test_long_post_is_read_whole_with_its_late_hashtags(items):
    assert items[2].text.endswith("where it says #kettleleaf")
    assert items[2].details == {"hashtags": "#kettleleaf"}


def test_reply_names_what_it_answers(items):
    assert items[3].parent_id == "1991450000000000009"


def test_time_is_the_posts_own(items):
    assert items[1].occurred_at == datetime(2026, 11, 20, 9, 40, 12, tzinfo=UTC)


def test_time_that_was_not_given_is_read_from_the_id():
    item = mapping.items_from({"data": [{"id": "1541815603606036480", "text": "x"}]})[0]
    assert item.occurred_at == datetime(2022, 6, 28, 16, 7, 40, 105000, tzinfo=UTC)


def test_old_id_without_time_has_no_time():
    assert mapping.items_from({"data": [{"id": "20", "text": "x"}]})[0].occurred_at is None


def test_post_without_author_is_nobodys():
    item = mapping.items_from({"data": [{"id": "20", "text": "x"}]})[0]
    assert item.author is None
    assert item.permalink == "https://x.com/i/status/20"


def test_raw_holds_the_post_its_author_and_its_media_alone(items, page):
    raw = items[0].raw
    assert raw["data"] == page["data"][0]
    assert [user["username"] for user in raw["includes"]["users"]] == ["jane"]
    assert len(raw["includes"]["media"]) == 2
    assert "users" not in items[1].raw["includes"]


def test_page_without_data_has_no_hits():
    empty = {"meta": {"result_count": 0}}
    assert mapping.items_from(empty) == []
    assert mapping.ids(empty) == []
    assert mapping.next_token(empty) is None


@pytest.mark.parametrize("data", [{}, "posts", [1], [{"text": "no id"}], [{"id": "12a"}], None])
def test_what_is_no_list_of_posts_is_refused(data):
    with pytest.raises(ValueError, match="no list of posts"):
        mapping.items_from({"data": data})


def test_two_versions_on_one_page_are_one_item_with_the_later_text():
    history = ["9", "10"]
    data = [
        {"id": "9", "text": "old", "edit_history_post_ids": history[:1]},
        {"id": "10", "text": "new", "edit_history_post_ids": history},
    ]
    assert [(i.external_id, i.text) for i in mapping.items_from({"data": data})] == [("9", "new")]


def test_first_of_the_history_is_the_smallest_number_not_the_first_text():
    assert mapping.first_id({"id": "10", "edit_history_tweet_ids": ["10", "9"]}) == "9"


def test_reads_count_included_people_and_posts(page):
    assert mapping.reads(page) == (5, 2)


IDS = st.integers(min_value=10**15, max_value=10**19 - 1).map(str)


@given(st.lists(IDS, min_size=1, max_size=20, unique=True), st.randoms())
def test_every_post_becomes_one_item_however_the_includes_are_ordered(found, chance: random.Random):
    users = [{"id": f"u{n}", "username": f"name{n}", "name": "n"} for n in range(3)]
    media = [
        {"media_key": f"3_{i}", "type": "photo", "url": f"https://p.example/{i}"} for i in found
    ]
    data = [
        {
            "id": i,
            "text": i,
            "author_id": f"u{n % 4}",
            "attachments": {"media_keys": [f"3_{i}"]},
            "edit_history_post_ids": [i],
        }
        for n, i in enumerate(found)
    ]
    chance.shuffle(users)
    chance.shuffle(media)
    items = mapping.items_from({"data": data, "includes": {"users": users, "media": media}})
    assert [item.external_id for item in items] == found
    for n, item in enumerate(items):
        assert item.media[0].url == f"https://p.example/{found[n]}"
        assert item.author is not None
        assert item.author.handle == (f"name{n % 4}" if n % 4 < 3 else None)


@given(st.lists(IDS, min_size=1, max_size=30))
def test_ids_are_compared_as_numbers(found):
    page = {"data": [{"id": i} for i in found], "meta": {}}
    assert max(mapping.ids(page), key=int) == str(max(map(int, found)))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5) | st.booleans(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "type", "url", "media_keys", "hashtags", "tag", "text", "users", "media"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(
        [
            "attachments",
            "entities",
            "note_post",
            "referenced_posts",
            "edit_history_post_ids",
            "created_at",
            "text",
            "author_id",
        ]
    ),
)
def test_strange_field_never_loses_the_post(strange, name):
    page = {"data": [{"id": "1991500000000000008", name: strange}], "includes": strange}
    items = mapping.items_from(page)
    assert name == "referenced_posts" or len(items) == 1
