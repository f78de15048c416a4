"""How many actions somebody has to do, and how many of them are left. Pure."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is.

    Attributes:
        have: Actions of those asked for that are done.
        total: Actions asked for; 0 where nothing is.
    """

    have: int
    total: int

    @property
    def left(self) -> int:
        """Actions still to be done; 0 when all is done."""
        return self.total - self.have


def progress(
    done: Collection[int], needs: int, mandatory: Collection[int] = frozenset()
) -> Progress:
    """Say how far somebody is who has done these actions.

    Args:
        done: Different actions that are done, by number.
        needs: How many different ones are asked for, whichever they are.
        mandatory: Those that have to be among them.

    >>> progress({1, 2}, 3)
    Progress(have=2, total=3)
    >>> progress({2, 3, 4}, 3, {1})  # enough of them, and one that must be is missing
    Progress(have=2, total=3)
    >>> progress({1}, 0, {1, 2}).left
    1
    """
    finished, must = frozenset(done), frozenset(mandatory)
    total = max(needs, len(must))
    left = max(needs - len(finished), len(must - finished), 0)
    return Progress(have=total - left, total=total)
