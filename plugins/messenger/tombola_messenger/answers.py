"""What stands behind a button that we send: which question of which campaign it answers. Pure."""

from dataclasses import dataclass
from typing import Final

from tombola.api import Purpose

_MARK: Final = "tombola"
_PARTS: Final = 4
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """A tapped answer."""

    about: Purpose
    campaign: str
    yes: bool


def payload(about: Purpose, campaign: str, *, yes: bool) -> str:
    """Give what comes back when the button is tapped.

    >>> read(payload(Purpose.CONSENT, "0189", yes=False))
    Answer(about=<Purpose.CONSENT: 'consent'>, campaign='0189', yes=False)
    """
    return ":".join((_MARK, about.value, campaign, _YES if yes else _NO))


def read(given: str | None) -> Answer | None:
    """Read what came back; None when it is not ours.

    >>> read("GET_STARTED"), read("tombola:mystery:0189:yes"), read(None)
    (None, None, None)
    """
    parts = (given or "").split(":")
    if len(parts) != _PARTS or parts[0] != _MARK or parts[3] not in {_YES, _NO}:
        return None
    try:
        return Answer(Purpose(parts[1]), parts[2], yes=parts[3] == _YES)
    except ValueError:
        return None
