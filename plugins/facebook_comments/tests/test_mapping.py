from hypothesis import given
from hypothesis import strategies as st

from tombola.api import MediaKind
from tombola_facebook_comments import mapping
from tombola_facebook_comments.mapping import Under
from tombola_facebook_comments.posts import complaint, post_meant
from tombola_meta import reading
from tombola_meta.linking import page_person

OWN = Under("212_295", "212")
OTHERS = Under("313_295", None)
#: Source: recorded answer of “Object Comments”, shortened; read 2026-11-21.
RECORDED = {
    "id": "2954961744718970_2966313500250461",
    "created_time": "2021-03-11T08:35:18+0000",
    "message": "My nice car",
    "from": {"name": "Kim L", "id": "2711636948859886"},
    "attachment": {
        "type": "photo",
        "media": {"image": {"height": 403, "width": 720, "src": "https://scontent.example/a.jpg"}},
        "target": {"id": "909150133277173"},
    },
}


def test_recorded_comment_is_read():
    (item,) = mapping.items_from([RECORDED], OWN)
    assert item.external_id == RECORDED["id"]
    assert item.author == page_person("212", "2711636948859886", "Kim L")
    assert item.media[0].url == "https://scontent.example/a.jpg"
    assert mapping.small_photos([item]) == ["909150133277173"]


def test_photo_without_an_address_is_none():
    attachment = {"type": "photo", "target": {"id": "1"}}
    (item,) = mapping.items_from([RECORDED | {"attachment": attachment}], OWN)
    assert item.media == []


def test_larger_copy_takes_the_place_of_a_smaller_one_only():
    (item,) = mapping.items_from([RECORDED], OWN)
    (picture,) = item.media
    for width, expected in ((1440, "https://l/"), (200, picture.url)):
        photo = {
            "id": picture.key,
            "images": [{"source": "https://l/", "width": width, "height": 1}],
        }
        (grown,) = mapping.with_large_photos([item], {str(picture.key): photo})
        assert grown.media[0].url == expected
        assert (grown.media[0].kind, grown.media[0].key) == (MediaKind.PHOTO, picture.key)


def test_comment_without_id_is_named_by_its_address_or_by_what_it_says():
    bare = {"message": "Mine", "created_time": "2026-11-20T10:00:00+0000"}
    linked = bare | {"permalink_url": "https://www.facebook.com/313/posts/295?comment_id=777"}
    (by_address,) = mapping.items_from([linked], OTHERS)
    assert (by_address.external_id, by_address.claim_key) == ("295_777", "fb:777")
    (made,) = mapping.items_from([bare, dict(bare)], OTHERS)
    assert made.external_id.startswith("made-")
    assert made.claim_key is None
    (other,) = mapping.items_from([bare | {"message": "Yours"}], OTHERS)
    assert other.external_id != made.external_id
    assert mapping.items_from([{}, {"like_count": 3}], OTHERS) == []


def test_nobody_is_named_under_other_pages_posts():
    (item,) = mapping.items_from([RECORDED], OTHERS)
    assert item.author is None
    assert item.claim_key == "fb:2966313500250461"


names = st.sampled_from(
    [
        *["id", "message", "created_time", "from", "permalink_url", "attachment", "parent", "data"],
        *["post_id", "comment_id", "parent_id", "verb", "item", "media", "image", "src", "type"],
        *["target", "is_hidden", "sender_id", "photo", "images", "source", "width", "name"],
    ]
)
words = st.text(max_size=5) | st.sampled_from(["1_2", "photo", "comment", "add", "https://a.b/"])
shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=6),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(names, shapes, max_size=8), max_size=4), st.booleans())
def test_comments_of_any_shape_break_nothing(comments, own):
    under = OWN if own else OTHERS
    cleaned = [dict(each) for each in reading.objects(reading.clean(comments))]
    items = mapping.items_from(cleaned, under)
    assert len({item.external_id for item in items}) == len(items)
    mapping.times(cleaned)
    mapping.with_large_photos(items, {key: {} for key in mapping.small_photos(items)})
    for each in cleaned:
        about = mapping.told(each)
        if about is not None:
            mapping.item_from(reading.clean(mapping.comment_told(each, about, under)), under)


@given(st.text(max_size=50) | words.map("https://www.facebook.com/x/posts/{}".format))
def test_any_words_are_a_post_or_a_complaint(written):
    assert (post_meant(written) is None) <= (complaint(written) is not None)
