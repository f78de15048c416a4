"""Secrets of browsers: what of them is kept, and the token that a link carries to another site."""

import secrets
from datetime import UTC, datetime, timedelta

from tombola.teams.rules import token_hash
from tombola.toolkit.vault import SealBroken, Vault

#: How long a link's token is good: from the click until the page there has loaded.
LINK_LIVES = timedelta(minutes=30)
#: How long a page's word on who is in is good: two pages of one browser pass it on at once.
HAND_LIVES = timedelta(minutes=2)


def new_secret() -> str:
    """A secret for a browser's cookie."""
    return secrets.token_urlsafe(32)


def cookie_hash(team_id: int, secret: str) -> str:
    """What is kept of a cookie's secret. Teams cannot tell that they share a browser."""
    return token_hash(f"cookie {team_id} {secret}")


def page_hash(team_id: int, name: str) -> str:
    """What is kept of the name that a tracking page's storage gives a browser.

    The page knows that name, so it must never pass for a cookie's secret.
    """
    return token_hash(f"page {team_id} {name}")


def link_token(vault: Vault, key: str, visitor_id: int, now: datetime) -> str:
    """A token for one campaign that says which visitor of the widget follows a link."""
    until = int((now + LINK_LIVES).timestamp())
    sealed = vault.seal(_context(key), f"{visitor_id} {until}")
    return f"{key}.{sealed.rstrip('=')}"


def linked_visitor(
    vault: Vault, token: str, key: str, now: datetime, *, grace: timedelta = timedelta(0)
) -> int | None:
    """The visitor that a token names; None if it is another campaign's, too old, or not ours.

    ``grace`` is what is added to its life for a site's backend, which keeps the token it was given.
    """
    campaign, _, sealed = token.partition(".")
    if campaign != key:
        return None
    try:
        text = vault.open(_context(key), sealed + "=" * (-len(sealed) % 4))
    except SealBroken:
        return None
    visitor_id, _, until = text.partition(" ")
    return int(visitor_id) if now < datetime.fromtimestamp(int(until), UTC) + grace else None


def hand_token(vault: Vault, key: str, entrant_id: int, now: datetime) -> str:
    """What the landing page of a campaign gives the frame that opened it: who is in here."""
    return vault.seal(f"hand {key}", f"{entrant_id} {int((now + HAND_LIVES).timestamp())}")


def handed_entrant(vault: Vault, key: str, sealed: str, now: datetime) -> int | None:
    """The entrant of such a token; None if it is too old, another campaign's, or not ours."""
    try:
        entrant_id, _, until = vault.open(f"hand {key}", sealed).partition(" ")
    except SealBroken:
        return None
    return int(entrant_id) if now < datetime.fromtimestamp(int(until), UTC) else None


def _context(key: str) -> str:
    return f"link {key}"
