"""Who is drawn: exact integers, so that any language finds the same people."""

import hmac
from array import array
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tombola.fairness.hashing import prefixed, sha256, u64

SEED = b"tombola/seed/1"
DRAW = b"tombola/draw/1"
_ALL = 2**256


@dataclass(frozen=True, slots=True)
class Drawn:
    """One place in the order: whose, with how many tickets, and by which block of the stream."""

    tag: bytes
    weight: int
    block: int


@dataclass(frozen=True, slots=True)
class Interval:
    """The tickets of one person: from ``start`` on, ``weight`` of them."""

    start: int
    weight: int
    tag: bytes


def seed(root: bytes, secret: bytes, values: Sequence[bytes]) -> bytes:
    """What decides everything: the pool, the operator's secret, and the outside randomness.

    Args:
        root: Of the pool's tree, 32 bytes.
        secret: 32 bytes; empty where the committed fallback without it is used.
        values: In the order of the commitment: 32 bytes for a beacon, else text in UTF-8.
    """
    return sha256(*map(prefixed, (SEED, root, secret, *values)))


def select(
    seed: bytes, total: int, interval_at: Callable[[int], Interval], most: int
) -> Iterator[Drawn]:
    """Draw up to ``most`` people one after another, each with all their tickets.

    Args:
        seed: 32 bytes.
        total: All tickets; 0 draws nobody.
        interval_at: Finds the person whose tickets, in the order of the pool, hold a number.
        most: Stops earlier when nobody is left.
    """
    taken: list[tuple[int, int]] = []
    block = -1
    while len(taken) < most and total > 0:
        block += 1
        number = int.from_bytes(hmac.digest(seed, DRAW + u64(block), "sha256"), "big")
        if number >= _ALL - _ALL % total:
            continue
        place = number % total
        for start, weight in taken:
            if place < start:
                break
            place += weight
        found = interval_at(place)
        insort(taken, (found.start, found.weight))
        total -= found.weight
        yield Drawn(found.tag, found.weight, block)


class Listed:
    """A pool in memory, 40 bytes a person, to be filled in the order of the tags."""

    def __init__(self, rows: Iterable[tuple[bytes, int]] = ()) -> None:
        self.total = 0
        self._tags = bytearray()
        self._starts = array("Q")
        for tag, weight in rows:
            self.add(tag, weight)

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, tag: bytes, weight: int) -> None:
        """Put one more person at the end: a tag of 32 bytes."""
        self._tags += tag
        self._starts.append(self.total)
        self.total += weight

    def interval_at(self, place: int) -> Interval:
        """The person who holds a ticket."""
        n = bisect_right(self._starts, place) - 1
        end = self._starts[n + 1] if n + 1 < len(self._starts) else self.total
        start = self._starts[n]
        return Interval(start, end - start, bytes(self._tags[n * 32 : n * 32 + 32]))
