"""The Merkle-sum tree over the sorted pool: a root that says who was in, and with how much.

A leaf is SHA-256(0x00, tag, weight), a node SHA-256(0x01, left, its sum, right, its sum), sums and
weights in eight bytes. Nodes are paired from the left, level by level; an odd last one rises
unchanged. Leaves come in stretches of ``BLOCK``, which are whole subtrees, so that a pool of any
size needs the memory of one stretch.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Leaves of one stretch; a power of two, so that stretches are subtrees.
BLOCK = 1024
_LEAF = struct.Struct(">B32sQ").pack
_NODE = struct.Struct(">B32sQ32sQ").pack

#: Hash and sum of a subtree.
Sum = tuple[bytes, int]
#: From a leaf to the root: the neighbour's side (``left`` or ``right``), its hash and its sum.
Path = Sequence[tuple[str, bytes, int]]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the sorted pool: its first tag, its subtree's hash and its sum."""

    first: bytes
    digest: bytes
    weight: int


def leaf(tag: bytes, weight: int) -> bytes:
    """A leaf's hash."""
    return hashlib.sha256(_LEAF(0, tag, weight)).digest()


def node(left: Sum, right: Sum) -> Sum:
    """A node's hash and sum."""
    return hashlib.sha256(_NODE(1, *left, *right)).digest(), left[1] + right[1]


def block(tags: Sequence[bytes], weights: Sequence[int]) -> Block:
    """A stretch of at most ``BLOCK`` leaves, sorted by tag and not empty."""
    sha = hashlib.sha256
    hashes = [
        sha(_LEAF(0, tag, weight)).digest() for tag, weight in zip(tags, weights, strict=True)
    ]
    sums = list(weights)
    while len(hashes) > 1:
        odd = len(hashes) % 2
        last = [hashes[-1]] if odd else [], [sums[-1]] if odd else []
        pairs = zip(hashes[::2], sums[::2], hashes[1::2], sums[1::2], strict=False)
        hashes = [sha(_NODE(1, *pair)).digest() for pair in pairs] + last[0]
        sums = [a + b for a, b in zip(sums[::2], sums[1::2], strict=False)] + last[1]
    return Block(tags[0], hashes[0], sums[0])


def root(nodes: Sequence[Sum]) -> Sum:
    """The top over nodes of one level, such as all stretches of a pool; at least one."""
    level = list(nodes)
    while len(level) > 1:
        level = list(_paired(level))
    return level[0]


def path(nodes: Sequence[Sum], place: int) -> list[tuple[str, bytes, int]]:
    """The neighbours between the node at ``place`` and the top."""
    level, found = list(nodes), []
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            found.append(("left" if beside < place else "right", *level[beside]))
        level, place = list(_paired(level)), place // 2
    return found


def climb(tag: bytes, weight: int, way: Path) -> Sum:
    """The root that a path leads to from a leaf: who knows it needs nobody's word for it."""
    at = (leaf(tag, weight), weight)
    for side, digest, total in way:
        beside = (digest, total)
        at = node(beside, at) if side == "left" else node(at, beside)
    return at


def _paired(level: Sequence[Sum]) -> Iterator[Sum]:
    for place in range(0, len(level) - 1, 2):
        yield node(level[place], level[place + 1])
    if len(level) % 2:
        yield level[-1]
