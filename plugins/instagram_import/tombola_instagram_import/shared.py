"""What the three sources have in common: their account, and how they complain about it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tombola.api import (
    Complaint,
    CredentialExpired,
    Ctx,
    FetchError,
    PermissionLost,
    SourceGone,
    Text,
)
from tombola_meta.accounts import CONNECTOR, INSTAGRAM_KIND

#: Source: Meta, Platform Terms, 3.d, and Instagram's deletions: what is shown elsewhere follows
#: what is at Instagram; it names no period. Ours: the day that a hashtag's list reaches back.
RAW_TTL: Final = timedelta(days=1)

#: Errors that only a person can mend; said where somebody is about to save a source.
LASTING: Final = (CredentialExpired, PermissionLost, SourceGone)
#: All others pass by themselves, and keep nobody from saving.
PASSING: Final = FetchError

#: Pictures that are shown in a preview. Ours.
SAMPLES: Final = 8

SITE: Final = "https://www.instagram.com"


def accounts_offered(ctx: Ctx, field: str, query: str) -> list[tuple[str, str]]:
    """Offer the connected Instagram accounts for the field ``account``."""
    if field != "account":
        return []
    known = (each for each in ctx.accounts(CONNECTOR) if each.kind == INSTAGRAM_KIND)
    wanted = query.casefold()
    return [(each.uid, each.title) for each in known if wanted in each.title.casefold()][:50]


def complaints_about(ctx: Ctx, uid: str) -> Iterator[Complaint]:
    """Complain about an account that is a page. What is not connected the core refuses."""
    kinds = {each.uid: each.kind for each in ctx.accounts(CONNECTOR)}
    if uid and kinds.get(uid, INSTAGRAM_KIND) != INSTAGRAM_KIND:
        yield Complaint("Choose an Instagram account, not a page.", "account")


def handle_of(ctx: Ctx, uid: str) -> str | None:
    """Give the name of the connected account; None where it has to be reconnected."""
    known = (each for each in ctx.accounts(CONNECTOR) if each.uid == uid)
    return next((each.handle for each in known), None)


def said(error: Exception) -> Text:
    """Give an error as a sentence."""
    return f"{str(error).rstrip('.')}."
