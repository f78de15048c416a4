"""Whose a post is that Instagram shows without its author: what can be found out.

Source: Instagram Platform, “Business Discovery”, read 2026-11-21: professional accounts alone,
their biography, posts and captions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tombola.api import ClaimView, Ctx, Evidence, Phrase
from tombola_instagram_import.client import Instagram, after_of, rows_of
from tombola_instagram_import.mapping import CAPTION, words
from tombola_meta.errors import NoUser
from tombola_meta.identity import INSTAGRAM
from tombola_meta.permalinks import USERNAME, instagram_claim_key
from tombola_meta.reading import Raw, mapping, text, uid

#: Pages of 50 posts that are looked through. Ours: posts of a campaign are among the newest.
LOOKED_MAX: Final = 5

NO_NAME: Final = "Nobody named an account, so nothing could be looked up."
NO_ACCOUNT: Final = (
    "Instagram tells nothing of @%(name)s: there is no professional account with this name."
)
NOT_THEIRS: Final = "The post is not among the %(count)s newest ones of @%(name)s."
THEIRS: Final = "The post is one of @%(name)s. That this is the claimant is not proven."
CODE_IN_CAPTION: Final = "The post is one of @%(name)s, and the code stands in its caption."
CODE_IN_BIO: Final = "The post is one of @%(name)s, and the code stands in their biography."
LOGGED_IN: Final = "The post is one of @%(name)s, with whose account the claimant has logged in."


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of an account.

    Attributes:
        uid: its number.
        biography: what it says of itself.
        post: the claimed post, if it is one of theirs.
        looked: posts that were looked at.
    """

    uid: str | None
    biography: str
    post: Raw | None
    looked: int


def evidence(ctx: Ctx, account: str, claim: ClaimView) -> Evidence:
    """Look for a claimed post among those of the account that the claimant names.

    Proof is a log-in with that account, or the claim's code where only its owner can have written
    it. A name alone proves nothing.

    Raises:
        FetchError: Instagram did not answer.
    """
    known = claim.who.identity(INSTAGRAM)
    name = (known.handle if known is not None else None) or (claim.handle or "").removeprefix("@")
    if not USERNAME.fullmatch(name):
        return Evidence(note=NO_NAME)
    found = _look(ctx, account, name, claim.claim_key)
    if found is None:
        return Evidence(note=Phrase(NO_ACCOUNT, {"name": name}))
    if found.post is None:
        return Evidence(note=Phrase(NOT_THEIRS, {"name": name, "count": str(found.looked)}))
    words_of = {"name": name}
    for shown, note in (
        (known is not None and found.uid == known.uid, LOGGED_IN),
        (_holds(words(found.post, CAPTION), claim.code), CODE_IN_CAPTION),
        (_holds(found.biography, claim.code), CODE_IN_BIO),
    ):
        if shown:
            return Evidence(proven=True, note=Phrase(note, words_of))
    return Evidence(note=Phrase(THEIRS, words_of))


def _look(ctx: Ctx, account: str, name: str, key: str) -> _Found | None:
    """Look through somebody's newest posts; None where Instagram tells nothing of them."""
    looked, first = 0, None
    try:
        for user in _pages(Instagram(ctx, account), name):
            first = first or user
            for post in rows_of(user.get("media")):
                looked += 1
                if instagram_claim_key(text(post.get("permalink")) or "") == key:
                    return _found(first, post, looked)
    except NoUser:
        return None
    return _found(first, None, looked) if first else None


def _pages(instagram: Instagram, name: str) -> Iterator[Raw]:
    after: str | None = None
    for _ in range(LOOKED_MAX):
        user = instagram.discovered(name, after)
        yield user
        after = after_of(mapping(user.get("media")))
        if after is None:
            return


def _found(user: Raw, post: Raw | None, looked: int) -> _Found:
    return _Found(uid(user.get("id")), text(user.get("biography")) or "", post, looked)


def _holds(said: str, code: str) -> bool:
    return bool(code) and code.casefold() in said.casefold()
