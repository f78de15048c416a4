from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Media, MediaKind
from tombola_meta.pictures import largest, media_from

#: Source: recorded answers of the Graph API (comment's and post's attachment), read 2026-11-21.
PHOTO = {
    "type": "photo",
    "media": {"image": {"height": 403, "width": 720, "src": "https://scontent.example/a.jpg"}},
    "target": {"id": "909150133277173", "url": "https://www.facebook.com/photo.php?fbid=9"},
    "url": "https://www.facebook.com/photo.php?fbid=9",
}


def test_photo_of_a_comment_is_media():
    assert media_from(PHOTO) == [
        Media(MediaKind.PHOTO, "https://scontent.example/a.jpg", "909150133277173", 720, 403)
    ]


def test_album_gives_its_pictures_once_each_and_not_its_cover():
    second = {**PHOTO, "target": {"id": "2"}}
    album = {
        "type": "album",
        "media": {"image": {"src": "https://scontent.example/cover.jpg"}},
        "subattachments": {"data": [PHOTO, second, PHOTO]},
    }
    assert [each.key for each in media_from({"data": [album]})] == ["909150133277173", "2"]


def test_sticker_and_preview_of_a_link_are_no_pictures_of_the_persons():
    for kind in ("sticker", "share", "something_new"):
        assert media_from({**PHOTO, "type": kind}) == []


def test_media_type_alone_is_enough():
    named = {name: value for name, value in PHOTO.items() if name != "type"}
    assert media_from({"data": [{**named, "media_type": "photo"}]})[0].kind is MediaKind.PHOTO


def test_largest_picture_is_taken():
    photo = {
        "id": "7",
        "images": [
            {"source": "https://s.example/s.jpg", "width": 100, "height": 50},
            {"source": "https://s.example/l.jpg", "width": 2000, "height": 1000},
            {"width": 9000},
        ],
    }
    assert largest(photo) == Media(MediaKind.PHOTO, "https://s.example/l.jpg", "7", 2000, 1000)
    assert largest({}) is None


names = st.sampled_from(["data", "type", "media", "image", "src", "subattachments", "target", "id"])
shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just("photo") | st.just("album"),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=5),
    max_leaves=25,
)


@given(shapes)
def test_attachments_of_any_shape_break_nothing(shape):
    for each in media_from(shape):
        assert each.url or each.key
