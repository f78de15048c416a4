import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola_instagram_import import tags
from tombola_instagram_import.config import HashtagConfig


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("#tea", "tea"),
        (" Tea ", "Tea"),
        ("\uff03茶", "茶"),
        ("क्षत्रिय", "क्षत्रिय"),
        ("tea_4u", "tea_4u"),
    ],
)
def test_hashtags_are_tidied(typed, tag):
    assert tags.hashtag(typed) == tag


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "missing"),
        ("#", "missing"),
        ("green tea", "a space"),
        ("tea!", "“!”"),
        ("tea🍵", "🍵"),
        ("2026", "at least one letter"),
        ("a" * 101, "longer than 100"),
    ],
)
def test_what_is_no_hashtag_is_explained(typed, why):
    with pytest.raises(ValueError, match=why):
        tags.hashtag(typed)


def test_each_hashtag_counts_once():
    config = HashtagConfig(hashtags=("#Tea", "TEA", "Straße", "Strasse"))
    assert config.hashtags == ("Tea", "Straße", "Strasse")
    with pytest.raises(ValueError, match="hashtags"):
        HashtagConfig(hashtags=())


def test_hashtags_are_found_in_texts():
    text = "In! #Tea,#cup\uff03Über x#side # none"
    assert tags.tags_in(text) == {"tea", "cup", "über", "side"}
    assert tags.missing(("TEA", "pot"), text) == ("pot",)
    assert tags.missing(("te",), text) == ("te",)
    assert tags.tags_in(unicodedata.normalize("NFD", "#Über")) == {"über"}


@given(st.text())
def test_every_hashtag_that_is_taken_is_found_again(typed):
    try:
        tag = tags.hashtag(typed)
    except ValueError:
        return
    assert tags.missing([tag], f"Mine #{tag}!") == ()
