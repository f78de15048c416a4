"""A pool of any size, sorted by tag in little memory: records of fixed length in a drawer each."""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tombola.fairness.hashing import ENTRANT, SALT

#: One for each value of a tag's first byte.
_DRAWERS = 256
_ID = 8
#: As ``Sorted`` has it, the tag first, so that records sort as their tags do.
_FORM = struct.Struct(f">32s{SALT}sQQ")
_RECORD = _FORM.size


class Sorted(NamedTuple):
    """One person of the sorted pool. A tuple, since there are so many of them."""

    tag: bytes
    salt: bytes
    weight: int
    entrant_id: int


class Drawers:
    """Takes people in any order, 64 bytes each, and gives them in the order of their tags.

    Args:
        key: 32 bytes that the salts come from; with the same key everybody has the same salt
            again, so that a freeze that was killed half-way ends as it would have.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._drawers = [bytearray() for _ in range(_DRAWERS)]

    def __len__(self) -> int:
        return sum(map(len, self._drawers)) // _RECORD

    def put(self, people: Iterable[tuple[int, str, int]]) -> None:
        """Take number, public name and tickets of people."""
        key, drawers = self._key, self._drawers
        sha, salted = hashlib.sha256, hashlib.blake2b
        for number, uid, weight in people:
            own = number.to_bytes(_ID, "big")
            salt = salted(own, key=key, digest_size=SALT).digest()
            tag = sha(ENTRANT + salt + uid.encode()).digest()
            drawers[tag[0]] += tag + salt + weight.to_bytes(8, "big") + own

    def stretches(self, size: int) -> Iterator[list[Sorted]]:
        """Give all, sorted, at most ``size`` at once; drawers are emptied on the way."""
        ready: list[Sorted] = []
        for place, drawer in enumerate(self._drawers):
            records = sorted(
                bytes(drawer[at : at + _RECORD]) for at in range(0, len(drawer), _RECORD)
            )
            self._drawers[place] = bytearray()
            ready += map(Sorted._make, _FORM.iter_unpack(b"".join(records)))
            while len(ready) >= size:
                yield ready[:size]
                ready = ready[size:]
        if ready:
            yield ready
