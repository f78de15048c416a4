"""Pages and Instagram accounts, from Graph's JSON to what a team can choose. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tombola.api import Account, Text
from tombola_meta.permissions import (
    INSTAGRAM,
    INSTAGRAM_PAGE,
    PAGE,
    missing_permissions,
    missing_tasks,
)
from tombola_meta.reading import Raw, mapping, text, uid, words
from tombola_meta.tokens import Token, TokenFacts

#: The connector's key.
CONNECTOR: Final = "meta.facebook"

PAGE_KIND: Final = "page"
INSTAGRAM_KIND: Final = "instagram"

#: Source: Meta, Graph API v26.0, “User Accounts” and “Page”, read 2026-11-21.
FIELDS: Final = "id,name,access_token,tasks,instagram_business_account{id,username}"

#: Longest title that is kept. Ours.
TITLE_MAX: Final = 200


def accounts_from(
    pages: Sequence[Raw], token: Token, facts: TokenFacts, now: datetime
) -> Sequence[Account]:
    """Give each page, followed by the Instagram account that is linked to it.

    Args:
        pages: as ``/me/accounts`` gave them, with ``FIELDS``.
        token: of the person, long-lived.
        facts: of that token.
        now: aware UTC; when the access was granted.
    """
    found = [each for raw in pages for each in _both(raw, token, facts, now)]
    return list({(each.kind, each.uid): each for each in found}.values())


def lacking(account: Account, facts: TokenFacts) -> Sequence[str]:
    """Name the permissions that an account of this kind needs and no longer has."""
    page = page_of(account)
    if account.kind == PAGE_KIND:
        return facts.lacks(PAGE, page)
    return [*facts.lacks(INSTAGRAM, account.uid), *facts.lacks(INSTAGRAM_PAGE, page)]


def page_of(account: Account) -> str:
    """Give the id of the page itself, or of that which an Instagram account is linked to."""
    return account.uid if account.kind == PAGE_KIND else str(account.facts.get("page") or "")


def page_token(account: Account) -> str:
    """Give the token that speaks for the page; "" where Facebook gave none."""
    name = "token" if account.kind == PAGE_KIND else "page_token"
    return account.secrets.get(name, "")


def _both(raw: Raw, token: Token, facts: TokenFacts, now: datetime) -> Iterator[Account]:
    page = uid(raw.get("id"))
    if page is None:
        return
    tasks = words(raw.get("tasks"))
    key = text(raw.get("access_token")) or ""
    missing = (*missing_tasks(tasks), *_missing_key(key))
    name = text(raw.get("name")) or page
    linked = mapping(raw.get("instagram_business_account"))
    professional = uid(linked.get("id"))
    granted = _granted(facts, now)
    yield Account(
        page,
        name[:TITLE_MAX],
        PAGE_KIND,
        secrets={"token": key},
        facts={**granted, "tasks": list(tasks), "instagram": professional},
        missing=(*missing, *missing_permissions(facts.lacks(PAGE, page))),
    )
    if professional is None:
        return
    username = text(linked.get("username"))
    yield Account(
        professional,
        (f"@{username}" if username else name)[:TITLE_MAX],
        INSTAGRAM_KIND,
        handle=username,
        secrets={"token": token.value, "page_token": key},
        facts={**granted, "tasks": list(tasks), "page": page, "page_title": name[:TITLE_MAX]},
        missing=(
            *missing,
            *missing_permissions(
                [*facts.lacks(INSTAGRAM, professional), *facts.lacks(INSTAGRAM_PAGE, page)]
            ),
        ),
    )


def _missing_key(key: str) -> Iterator[Text]:
    if not key:
        yield "Facebook gave no key to this page. Connect again and choose it in Facebook's window."


def _granted(facts: TokenFacts, now: datetime) -> Mapping[str, Any]:
    return {
        "scopes": sorted(facts.scopes),
        "granted_at": now.isoformat(),
        "expires_at": _iso(facts.expires_at),
        "data_until": _iso(facts.data_until),
        "person": facts.person,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
