"""What became of a campaign, as its page tells it; rooms that know more than this one say it.

``rooms.py`` puts the readers in, since this room knows nothing of draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tombola.installation import Installation


@dataclass(frozen=True, slots=True)
class Outcome:
    """Winners that a team has published.

    Attributes:
        href: The page with everything about it.
        prizes: Each prize with the names of its winners, as short as the team has chosen, and how
            many there are besides.
        mine: The entrant's own private page; "" where there is none or nobody is known.
        weight: Their tickets; 0 where they did not take part.
        total: All tickets.
    """

    href: str
    prizes: Sequence[tuple[str, Sequence[str], int]]
    mine: str = ""
    weight: int = 0
    total: int = 0


#: Reads a campaign's outcomes for an entrant, both by number; the entrant may be unknown.
Reader = Callable[[Installation, int, int | None], Sequence[Outcome]]
_READERS: list[Reader] = []


def tell(reader: Reader) -> None:
    """Let a room tell of outcomes; saying it again changes nothing."""
    if reader not in _READERS:
        _READERS.append(reader)


def of_campaign(
    inst: Installation, campaign_id: int, entrant_id: int | None
) -> tuple[Outcome, ...]:
    """All outcomes, the newest first as each room has them."""
    return tuple(one for reader in _READERS for one in reader(inst, campaign_id, entrant_id))
