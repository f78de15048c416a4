import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola_meta.permalinks import (
    PostAddress,
    comment_of,
    facebook_claim_key,
    instagram_claim_key,
    instagram_profile,
    post_address,
    shortcode,
)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.instagram.com/p/CAbcdEFGhij/",
        "https://instagram.com/p/CAbcdEFGhij",
        "http://www.instagram.com/p/CAbcdEFGhij/?igsh=x&utm_source=y#top",
        "instagram.com/reel/CAbcdEFGhij/",
        "  www.instagram.com/reels/CAbcdEFGhij/ ",
        "https://m.instagram.com/tv/CAbcdEFGhij/",
        "https://www.instagram.com/jane.doe/p/CAbcdEFGhij/",
        "https://instagr.am/p/CAbcdEFGhij/",
        "HTTPS://WWW.INSTAGRAM.COM/p/CAbcdEFGhij/",
    ],
)
def test_every_form_of_an_address_is_the_same_post(address):
    assert instagram_claim_key(address) == "ig:CAbcdEFGhij"


def test_capitals_tell_posts_apart():
    assert shortcode("instagram.com/p/ABCDEFG") != shortcode("instagram.com/p/abcdefg")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "CAbcdEFGhij",
        "https://www.instagram.com/jane/",
        "https://www.instagram.com/stories/jane/123456789/",
        "https://evil.example/www.instagram.com/p/CAbcdEFGhij/",
        "https://instagram.com.evil.example/p/CAbcdEFGhij/",
        "https://notinstagram.com/p/CAbcdEFGhij/",
        "https://www.instagram.com@evil.example/p/CAbcdEFGhij/",
        "javascript://instagram.com/p/CAbcdEFGhij/",
        "https://[instagram.com/p/CAbcdEFGhij/",
        "https://www.instagram.com/p/" + "x" * 3_000,
        "https://www.instagram.com/p/a%2F..",
    ],
)
def test_what_is_no_post_of_instagrams_has_no_key(address):
    assert instagram_claim_key(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://www.facebook.com/212/posts/3800298753387424",
        "https://www.facebook.com/jane/posts/3800298753387424/?ref=share",
        "https://m.facebook.com/jane/posts/lunch-at-acme/3800298753387424/",
        "https://www.facebook.com/permalink.php?story_fbid=3800298753387424&id=212",
        "facebook.com/story.php?story_fbid=3800298753387424&id=212",
        "https://www.facebook.com/photo/?fbid=3800298753387424&set=a.1",
        "https://www.facebook.com/photo.php?fbid=3800298753387424",
        "https://www.facebook.com/groups/212/permalink/3800298753387424/",
        "https://www.facebook.com/jane/photos/a.1/3800298753387424/",
        "https://www.facebook.com/jane/videos/3800298753387424",
        "https://www.facebook.com/reel/3800298753387424",
    ],
)
def test_every_form_of_an_address_at_facebook_is_the_same_post(address):
    assert facebook_claim_key(address) == "fb:3800298753387424"


@pytest.mark.parametrize(
    ("address", "owner", "in_group"),
    [
        ("https://www.facebook.com/212/posts/3800298753387424", "212", False),
        ("https://www.facebook.com/acme.tea/posts/3800298753387424", "acme.tea", False),
        ("facebook.com/permalink.php?story_fbid=3800298753387424&id=212", "212", False),
        ("https://www.facebook.com/groups/212/posts/3800298753387424", "212", True),
        ("https://www.facebook.com/photo?fbid=3800298753387424", None, False),
        ("https://www.facebook.com/watch/?v=3800298753387424", None, False),
        ("https://www.facebook.com/reel/3800298753387424", None, False),
    ],
)
def test_address_names_whose_post_it_is(address, owner, in_group):
    assert post_address(address) == PostAddress(owner, "3800298753387424", in_group)


def test_hidden_number_is_a_key_of_its_own():
    hidden = "pfbid02abcDEFghi123"
    assert facebook_claim_key(f"https://www.facebook.com/jane/posts/{hidden}") == f"fb:{hidden}"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://www.facebook.com/jane",
        "https://www.facebook.com/share/p/1AbCdEf/",
        "https://evil.example/www.facebook.com/jane/posts/3800298753387424",
        "https://facebook.com.evil.example/jane/posts/3800298753387424",
        "https://www.facebook.com/permalink.php?story_fbid=x&id=212",
        "https://www.instagram.com/p/3800298753387424/",
    ],
)
def test_what_is_no_post_at_facebook_has_no_key(address):
    assert facebook_claim_key(address) is None


@given(st.text(max_size=200))
def test_nothing_that_is_pasted_breaks_it(pasted):
    instagram_claim_key(pasted)
    comment_of(pasted)
    facebook_claim_key(pasted)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://www.facebook.com/212/posts/295/?comment_id=296", "296"),
        ("https://m.facebook.com/p?comment_id=296&reply_comment_id=297", "297"),
        ("https://www.facebook.com/212/posts/295/", None),
        ("https://www.facebook.com/p?comment_id=Y29tbWVudDoxXzI%3D", None),
        ("https://evil.example/?comment_id=296", None),
    ],
)
def test_comment_is_found_in_its_address(address, found):
    assert comment_of(address) == found


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x" * 31, "jane doe", "jané"])
def test_profile_is_of_names_that_instagram_has(name):
    assert instagram_profile(name) is None
    assert instagram_profile("jane.d_9") == "https://www.instagram.com/jane.d_9/"
