"""The calls about posts that tag a page.

Source: Meta, Graph API v26.0, “Page Tagged”, read 2026-11-21.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tombola.api import (
    Account,
    CredentialExpired,
    Ctx,
    FetchError,
    NotFound,
    PermissionLost,
    SourceGone,
)
from tombola_meta.accounts import CONNECTOR, PAGE_KIND, page_token
from tombola_meta.graph import Answer, Graph, Listed
from tombola_meta.reading import Raw

#: What is asked of a post; of albums Graph gives every picture one level deeper.
_PICTURE: Final = "media_type,type,media,target,url"
_POST: Final = (
    f"id,message,created_time,permalink_url,attachments{{{_PICTURE},subattachments{{{_PICTURE}}}}}"
)
FIELDS: Final = f"{_POST},tagged_time"

#: Posts on a page. Ours: albums make long answers, which Graph refuses beyond some length.
PAGE: Final = 50


def page_of(ctx: Ctx, uid: str) -> Account:
    """Give the connected page.

    Raises:
        FetchError: it is not connected, has to be reconnected, or is no page.
    """
    try:
        account = ctx.account(CONNECTOR, uid)
    except NotFound as error:
        raise CredentialExpired("The page of this source is not connected any more") from error
    if account.kind != PAGE_KIND:
        raise PermissionLost(f"“{account.title}” is no page. Choose a page in this source")
    return account


def tagged(ctx: Ctx, page: Account, place: Mapping[str, str] | None) -> Listed:
    """Read one page of the list. Raises FetchError."""
    asked = {"fields": FIELDS, "limit": str(PAGE)}
    return Graph(ctx, page_token(page)).page(f"{page.uid}/tagged", asked, place)


def post(ctx: Ctx, page: Account, post_id: str) -> Raw | None:
    """Read one post; None where it is gone or hidden from the page. Raises FetchError."""
    try:
        return Graph(ctx, page_token(page)).get(post_id, {"fields": _POST}).body
    except SourceGone:
        return None


def posts(ctx: Ctx, page: Account, ids: Sequence[str]) -> Sequence[Raw]:
    """Read up to 50 posts, without those that are gone. Raises FetchError for any other trouble."""
    asked = [(each, {"fields": _POST}) for each in ids]
    return [found.body for found in map(_read, Graph(ctx, page_token(page)).batch(asked)) if found]


def _read(answer: Answer | FetchError) -> Answer | None:
    if isinstance(answer, SourceGone):
        return None
    if isinstance(answer, FetchError):
        raise answer
    return answer
