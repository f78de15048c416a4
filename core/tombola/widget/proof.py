"""Signatures of a site's backend. Pure.

A site signs the lines ``v1``, campaign key, unix time, nonce, visitor, name and, if there is one,
the value, joined by one line feed each, with HMAC-SHA256. Only the value, which comes last, may
hold line feeds, so that no two events have one text.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

#: How far a signature's time may be from ours, either way.
SKEW = timedelta(minutes=5)
VERSION = "v1"
_SIGNATURE = re.compile(r"v1\.([1-9][0-9]{8,10})\.([0-9A-Za-z_-]{16,64})\.([0-9a-f]{64})", re.ASCII)


class Flaw(StrEnum):
    """What is wrong with a signature."""

    FORGED = "forged signature"
    EXPIRED = "expired signature"
    USED = "used before"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature says for itself."""

    unix: int
    nonce: str
    mac: str

    @property
    def ends_at(self) -> datetime:
        """From then on it is too old."""
        return datetime.fromtimestamp(self.unix, UTC) + SKEW


@dataclass(frozen=True, slots=True)
class Claim:
    """What is signed: this name and value, of this visitor, in this campaign."""

    key: str
    visitor: str
    name: str
    value: str | None

    def text(self, unix: int, nonce: str) -> str | None:
        """The text that is signed; None where it would not be plain what belongs where."""
        lines = [VERSION, self.key, str(unix), nonce, self.visitor, self.name]
        if any("\n" in line for line in lines):
            return None
        return "\n".join(lines if self.value is None else [*lines, self.value])


def parse(signature: str) -> Signed | None:
    """Read ``v1.<unix>.<nonce>.<hex>``; None if it is anything else."""
    found = _SIGNATURE.fullmatch(signature)
    return Signed(int(found[1]), found[2], found[3]) if found else None


def sign(secret: str, claim: Claim, unix: int, nonce: str) -> str:
    """The signature that a site's backend makes; ours is for tests, samples and the console."""
    text = claim.text(unix, nonce)
    if text is None:
        raise ValueError("a name has no line feed")
    return f"{VERSION}.{unix}.{nonce}.{_mac(secret, text)}"


def flaw(
    signature: str, claims: Iterable[Claim], secrets: Iterable[str], now: datetime
) -> Flaw | None:
    """What is wrong with a signature, its use apart; None if nothing is.

    Args:
        signature: As the page gave it.
        claims: What it may stand for: the event, for each name that this visitor has.
        secrets: The campaign's, any number.
        now: Ours.
    """
    signed = parse(signature)
    if signed is None:
        return Flaw.FORGED
    texts = [text for claim in claims if (text := claim.text(signed.unix, signed.nonce))]
    # All are compared, so that time tells nothing of which secret or name came near.
    good = [
        hmac.compare_digest(signed.mac, _mac(secret, text)) for secret in secrets for text in texts
    ]
    if not any(good):
        return Flaw.FORGED
    is_near = abs(now.timestamp() - signed.unix) <= SKEW.total_seconds()
    return None if is_near else Flaw.EXPIRED


def _mac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode("utf-8", "replace"), "sha256").hexdigest()
