"""What a reward shows to somebody, which codes are usable, and when stock is low. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tombola.campaigns.rules import Phase

#: Codes that one prize may have in stock at a time.
MOST_CODES = 1_000_000
#: Characters of a code at most: a link with a code in it fits.
LONGEST_CODE = 300
#: Stock is low when so few are left, or one of so many of all. Of a handful only the last matters.
LOW_PIECES = 5
LOW_PART = 10
HANDFUL = 10


class State(StrEnum):
    """Where a claim stands."""

    #: Theirs, and the team has yet to deliver it; a code or text waits to be seen.
    CLAIMED = "claimed"
    #: Seen, or sent by the team.
    DELIVERED = "delivered"
    #: Taken back by the team.
    UNDONE = "undone"


class Standing(StrEnum):
    """What a reward shows to one entrant."""

    LOCKED = "locked"
    #: Everything is done: there is a button.
    UNLOCKED = "unlocked"
    #: Theirs.
    CLAIMED = "claimed"
    #: The team took it back.
    UNDONE = "undone"
    SOLD_OUT = "sold out"
    #: Before the start or after the end.
    SHUT = "shut"


def standing(phase: Phase, claimed: State | None, *, left: int, in_stock: bool) -> Standing:
    """What a reward shows.

    Args:
        phase: The campaign's.
        claimed: The entrant's claim of it; None without one.
        left: Actions that the entrant still has to do.
        in_stock: Whether anybody could claim it.
    """
    if claimed is not None:
        return Standing.UNDONE if claimed is State.UNDONE else Standing.CLAIMED
    if phase is not Phase.RUNNING:
        return Standing.SHUT
    if not in_stock:
        return Standing.SOLD_OUT
    return Standing.LOCKED if left else Standing.UNLOCKED


@dataclass(frozen=True, slots=True)
class Supply:
    """How many pieces there are of a prize.

    Attributes:
        total: All that there ever were; None without a limit.
        left: Those that can be claimed; None without a limit.
    """

    total: int | None
    left: int | None

    @property
    def in_stock(self) -> bool:
        """Whether one can be claimed."""
        return self.left is None or self.left > 0

    @property
    def is_low(self) -> bool:
        """Whether the team should hear of it: few are left, or none."""
        if self.total is None or self.left is None:
            return False
        few = max(LOW_PIECES, self.total // LOW_PART) if self.total > HANDFUL else 0
        return self.left <= few


def supply(stock: int | None, claimed: int, codes: int | None, free: int) -> Supply:
    """How many are left by both limits.

    Args:
        stock: The prize's own limit; None for none.
        claimed: How many are claimed and not undone.
        codes: Codes that were ever given; None for a prize without codes.
        free: Those of them that nobody has.

    >>> supply(10, 4, None, 0).left, supply(10, 4, 100, 3).left, supply(None, 4, None, 0).left
    (6, 3, None)
    """
    totals = [number for number in (stock, codes) if number is not None]
    lefts = [] if stock is None else [max(stock - claimed, 0)]
    if codes is not None:
        lefts.append(free)
    return Supply(min(totals, default=None), min(lefts, default=None))


@dataclass(frozen=True, slots=True)
class Sorted:
    """Lines of a list of codes.

    Attributes:
        codes: The usable ones, each once, in their order.
        repeated: Lines that stood in the list before.
        too_long: Lines with more than ``LONGEST_CODE`` characters.
        empty: Lines without a code.
    """

    codes: tuple[str, ...]
    repeated: int
    too_long: int
    empty: int


def sort_codes(lines: Iterable[str]) -> Sorted:
    """Tell usable codes from what is none. Letters' case is kept, and tells codes apart.

    >>> sort_codes(["A1", " a1 ", "A1", "", "x" * 301])
    Sorted(codes=('A1', 'a1'), repeated=1, too_long=1, empty=1)
    """
    codes: dict[str, None] = {}
    repeated = too_long = empty = 0
    for line in lines:
        code = line.strip()
        if not code:
            empty += 1
        elif len(code) > LONGEST_CODE:
            too_long += 1
        elif code in codes:
            repeated += 1
        else:
            codes[code] = None
    return Sorted(tuple(codes), repeated, too_long, empty)
