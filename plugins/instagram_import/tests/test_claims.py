import pytest

from tombola.api import ClaimView, CredentialExpired, Identity, Who
from tombola_instagram_import.hashtags import HashtagImporter

CODE = "K7RM2PQX"


@pytest.fixture
def claim(town):
    """Somebody claims a post; keywords are what they say of themselves."""

    def make(post, handle="ann.pro", identity=None):
        identities = (identity,) if identity else ()
        key = f"ig:{post.shortcode}"
        return ClaimView(key, None, handle, CODE, Who("e1", identities))

    return make


@pytest.fixture
def look(ctx, hashtag):
    return lambda view: HashtagImporter().evidence(ctx, hashtag(), view)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://www.instagram.com/p/CAbcdEFGhij/",
        "instagram.com/reel/CAbcdEFGhij",
        "https://m.instagram.com/reels/CAbcdEFGhij/?igsh=abc",
        " https://www.instagram.com/some.one/p/CAbcdEFGhij/?img_index=2 ",
        "http://instagram.com/tv/CAbcdEFGhij/#comments",
    ],
)
def test_addresses_of_one_post_are_one_key(pasted):
    assert HashtagImporter().claim_key(pasted) == "ig:CAbcdEFGhij"


@pytest.mark.parametrize(
    "pasted",
    ["", "CAbcdEFGhij", "https://example.org/p/CAbcdEFGhij/", "https://www.instagram.com/jane/"],
)
def test_other_texts_are_no_address(pasted):
    assert HashtagImporter().claim_key(pasted) is None


def test_name_alone_is_a_note_and_no_proof(look, claim, town):
    post = town.post(who=town.ann)
    found = look(claim(post, "@Ann.Pro"))
    assert not found.proven
    assert "is one of @Ann.Pro" in str(found.note)


def test_code_in_the_caption_is_proof(look, claim, town):
    post = town.post(f"#tea {CODE.lower()}", who=town.ann)
    found = look(claim(post))
    assert found.proven
    assert "caption" in str(found.note)


def test_code_in_the_biography_is_proof_for_their_own_posts_alone(look, claim, town, meta):
    mine, janes = town.post(who=town.ann), town.post()
    meta.things.change(town.ann, biography=f"Tea. {CODE}")
    assert look(claim(mine)).proven
    assert not look(claim(janes)).proven


def test_log_in_with_the_account_is_proof(look, claim, town):
    post = town.post(who=town.ann)
    ann = Identity("meta.instagram", town.ann.id, handle="ann.pro")
    assert look(claim(post, handle=None, identity=ann)).proven
    somebody = Identity("meta.instagram", "17841499999999999", handle="ann.pro")
    assert not look(claim(post, handle=None, identity=somebody)).proven


def test_older_posts_are_found_by_paging(look, claim, town):
    post = town.post(who=town.ann)
    for _ in range(120):
        town.post(who=town.ann)
    assert "is one of" in str(look(claim(post)).note)


def test_unknown_and_personal_accounts_are_said_to_be_so(look, claim, town):
    post = town.post()
    assert "no professional account" in str(look(claim(post, "jane")).note)
    assert "not among the 0" in str(look(claim(post, "ann.pro")).note)


@pytest.mark.parametrize("name", [None, "", "a){id},me(", "two words"])
def test_what_is_no_name_is_not_looked_up(look, claim, town, network, name):
    post = town.post()
    assert not look(claim(post, name)).proven
    assert network.calls.total == 0


def test_dead_key_is_no_evidence_against_anybody(look, claim, town, meta):
    post = town.post(who=town.ann)
    meta.access.kill_all(460)
    with pytest.raises(CredentialExpired):
        look(claim(post))
