"""Ids as Meta gives them: a different one for the same person in every scope.

Source: Meta, "App-Scoped and Page-Scoped User IDs", read 2026-11.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from tombola_sandbox.ids import number_from

_DIGITS: Final = {
    "asid": ("10", 15),
    "psid": ("2", 15),
    "igsid": ("12", 13),
    "ig_app": ("25", 15),
    "account": ("1784140", 10),
    "media": ("179", 14),
    "ig_media": ("180", 14),
    "remark": ("178", 14),
    "ig_remark": ("181", 14),
    "hashtag": ("1784", 13),
    "wall": ("1", 15),
    "page": ("10", 13),
    "post": ("1", 14),
    "comment": ("9", 14),
    "photo": ("3", 14),
    "app": ("1", 14),
    "event": ("7", 14),
    "template": ("8", 14),
}
"""First digits and how many follow, by kind of id."""


def scoped(kind: str, scope: str, inner: str) -> str:
    """Give the id of ``inner`` within one scope; always the same, unlike in any other scope."""
    first, more = _DIGITS[kind]
    return first + str(number_from(f"{kind}/{scope}/{inner}", 10**more)).zfill(more)


class ScopedIds:
    """Finds out whose scoped id this is. Reads new candidates only once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, str]] = {}
        self._seen: dict[tuple[str, str], int] = {}

    def find(self, kind: str, scope: str, outer: str, candidates: Iterable[str]) -> str | None:
        """Give the inner id, or None.

        Args:
            kind: which sort of id.
            scope: the app or page.
            outer: the id as it came.
            candidates: inner ids, in an order to which later calls only add.
        """
        key = (kind, scope)
        known = self._known.setdefault(key, {})
        everybody = list(candidates)
        for inner in everybody[self._seen.get(key, 0) :]:
            known[scoped(kind, scope, inner)] = inner
        self._seen[key] = len(everybody)
        return known.get(outer)


def shortcode(media_id: str) -> str:
    """Give the code in the address of something at Instagram: 11 signs, the first a C or a D."""
    raw = hashlib.sha256(media_id.encode()).digest()
    return "CD"[raw[0] % 2] + base64.urlsafe_b64encode(raw[1:9]).decode()[:10].rstrip("=")


def trace_id(text: str) -> str:
    """Make the mark that every error carries."""
    return "A" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:10]


def proof_of(secret: str, token: str) -> str:
    """Sign a token.

    Source: Meta, "Secure Graph API Calls", ``appsecret_proof``, read 2026-11.
    """
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
