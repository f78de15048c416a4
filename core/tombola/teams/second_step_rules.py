"""Six digits of an app, by time (RFC 6238), and the codes for who has lost it."""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

#: What apps take without being told otherwise.
#: Source: RFC 6238, sections 4 and 5.2; RFC 4226, section 4 (the length of the secret).
DIGITS, STEP_S, SECRET_BYTES = 6, 30, 20
#: Steps before and after the present one whose digits are taken: clocks differ, people are slow.
DRIFT = 1
#: Codes that are given, and their letters: 80 bits.
CODES, CODE_LETTERS = 10, 16


def new_secret() -> str:
    """A new secret, as apps and people write it (base 32)."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def digits(secret: str, step: int) -> str:
    """The six digits of a half minute, counted since 1970."""
    totp = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S)  # noqa: S303 # what apps have
    return totp.generate(step * STEP_S).decode()


def step_of(at: datetime) -> int:
    """The half minute of a moment."""
    return int(at.timestamp()) // STEP_S


def matching_step(secret: str, typed: str, at: datetime, last_step: int) -> int | None:
    """The half minute whose digits were typed, if it is about now and newer than the last one."""
    here = step_of(at)
    found = None
    for step in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(digits(secret, step), typed) and step > last_step:
            found = step
    return found


def address(secret: str, issuer: str, account: str) -> str:
    """What the picture for the app says.

    Source: "Key Uri Format" of Google Authenticator, which all apps read; read 2026-11.
    """
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}"


def new_codes() -> list[str]:
    """Ways in without the app, in groups of four letters."""
    return [_grouped(_letters()) for _ in range(CODES)]


def plain_code(typed: str) -> str:
    """A code as it is hashed: without what people put between its letters."""
    return "".join(char for char in typed.lower() if char.isalnum())


def _letters() -> str:
    return base64.b32encode(secrets.token_bytes(CODE_LETTERS * 5 // 8)).decode().lower()


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))
