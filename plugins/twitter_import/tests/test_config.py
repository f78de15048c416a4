import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tombola_twitter_import.config import HashtagConfig, OperatorSettings, TeamSettings, hashtag


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("kettleleaf", "kettleleaf"),
        ("#KettleLeaf", "KettleLeaf"),
        ("\uff03茶", "茶"),
        (" tea_time2 ", "tea_time2"),
        ("हिन्दी", "हिन्दी"),
        ("paral·lel", "paral·lel"),
        ("cafe\u0301", "café"),
        ("2026tea", "2026tea"),
    ],
)
def test_hashtag_of_any_script_is_taken_and_tidied(typed, tidy):
    assert hashtag(typed) == tidy


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "missing"),
        ("#", "missing"),
        ("two words", "contains a space"),
        ("tea-time", "contains “-”"),
        ("a#b", "contains “#”"),
        ("tea🫖", "contains “🫖”"),
        ("2026", "at least one letter"),
        ("___", "at least one letter"),
        ("x" * 101, "longer than 100"),
    ],
)
def test_hashtag_that_cannot_be_is_refused_in_words(typed, says):
    with pytest.raises(ValidationError, match=says):
        HashtagConfig(hashtags=(typed,))


def test_hashtags_equal_but_for_case_are_kept_once_in_order():
    assert HashtagConfig(hashtags=("Tea", "pot", "#tea")).hashtags == ("Tea", "pot")


def test_source_without_hashtags_is_refused():
    with pytest.raises(ValidationError, match="hashtags"):
        HashtagConfig(hashtags=())


def test_photos_only_is_the_default():
    assert HashtagConfig(hashtags=("tea",)).photos_only


@given(st.text(min_size=1, max_size=30))
def test_hashtag_taken_once_is_taken_unchanged_again(typed):
    try:
        tag = hashtag(typed)
    except ValueError:
        return
    assert hashtag(tag) == tag
    assert not any(char.isspace() or char in '#()":' for char in tag)


def test_secrets_do_not_show_in_settings():
    operator = OperatorSettings.model_validate({"bearer_token": "AAAA-secret"})
    team = TeamSettings.model_validate({"own_api_secret": "AAAA-secret"})
    assert "AAAA" not in f"{operator!r}{team!r}{operator.model_dump_json()}"


@pytest.mark.parametrize("address", ["ftp://x", "https://x.com/", "https://x.com?a", "x.com"])
def test_address_that_is_no_origin_is_refused(address):
    with pytest.raises(ValidationError):
        OperatorSettings(api_url=address)


def test_no_name_is_both_operators_and_teams_so_that_apps_are_never_mixed():
    assert not set(OperatorSettings.model_fields) & set(TeamSettings.model_fields)
