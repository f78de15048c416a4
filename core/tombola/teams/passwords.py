"""Passwords: what a new one has to be, and checking an old one.

Long rather than odd (OWASP ASVS 5.0, 6.2): ten characters, any of them, and none that people who
guess would try first.
"""

from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr

from tombola.api import Invalid
from tombola.settings import Settings
from tombola.web.i18n import gettext as _

LEAST, MOST = 10, 200
#: Different characters that a password has at least.
DIFFERENT = 5
_COMMON = Path(__file__).parent / "common_passwords.txt"


def hasher(settings: Settings) -> PasswordHasher:
    """Argon2id with the operator's memory cost (19 MiB and two passes: OWASP's second choice)."""
    return PasswordHasher(time_cost=2, memory_cost=settings.password_memory, parallelism=1)


def need_good(password: SecretStr, *known: str, field: str = "password") -> None:
    """Refuse a password that would be guessed.

    Args:
        password: as typed.
        known: what everybody knows of the member: name and address.
        field: the form's field to complain at.

    Raises:
        Invalid: says what is wrong with it.
    """
    text = password.get_secret_value()
    low = text.casefold()
    if not LEAST <= len(text) <= MOST:
        raise Invalid({field: _("A password has between 10 and 200 characters.")})
    if len(set(low)) < DIFFERENT:
        raise Invalid({field: _("This repeats itself too much. Take a few words of your own.")})
    own = {part for one in known for part in (one.casefold(), one.casefold().partition("@")[0])}
    without = min((low.replace(part, "") for part in own if len(part) > 3), key=len, default=low)  # noqa: PLR2004 # shorter ones are in many words
    if low in _common() or low.strip("0123456789!.") in _common() or len(without) < DIFFERENT:
        raise Invalid({field: _("This is one of the first that would be guessed. Take another.")})


def is_right(hashes: PasswordHasher, stored: str, password: str) -> bool:
    """Whether a password is the one; without a stored one it takes as long to say no."""
    if not stored:
        hashes.hash(password)
        return False
    try:
        return hashes.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
