"""Public randomness that proves itself: rounds of a drand chain, checked without a network.

A chain signs each round with BLS on the curve BLS12-381. The round's value is the hash of its
signature, which exists only once, so that neither the chain's operators nor we can choose it.
Source: drand documentation, "Specification" and "Cryptography", read 2026-11.
"""

import hashlib
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tombola.fairness.hashing import sha256, u64

CHAINED = "pedersen-bls-chained"
UNCHAINED = "pedersen-bls-unchained"
QUICK = "bls-unchained-g1-rfc9380"
_DST_G1 = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_DST_G2 = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"

Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})*$", max_length=2000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Chain(BaseModel):
    """A beacon: who runs it, and what its rounds are checked with.

    Attributes:
        operator: Who runs it; two beacons of one operator are not independent.
        public_key: Compressed point, hex.
        period: Seconds between rounds.
        genesis: Of round 1, in seconds since 1970.
        address: Where its HTTP API answers ``public/<round>``; not part of any proof.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Line
    operator: Line
    scheme: Annotated[str, StringConstraints(pattern=f"^({CHAINED}|{UNCHAINED}|{QUICK})$")]
    public_key: Hex
    period: int = Field(ge=1, le=86_400)
    genesis: int = Field(ge=0, lt=2**40)
    address: str = ""

    def round_at(self, number: int) -> datetime:
        """When a round is due."""
        return datetime.fromtimestamp(self.genesis, UTC) + timedelta(
            seconds=(number - 1) * self.period
        )

    def first_after(self, moment: datetime) -> int:
        """The first round that is due after a moment."""
        passed = (moment - datetime.fromtimestamp(self.genesis, UTC)) // timedelta(
            seconds=self.period
        )
        return max(passed + 2, 1)

    def document(self, number: int) -> dict[str, str]:
        """The chain and a round of it, as a commitment names them."""
        return {
            "name": self.name,
            "operator": self.operator,
            "scheme": self.scheme,
            "public_key": self.public_key,
            "period": str(self.period),
            "genesis": str(self.genesis),
            "round": str(number),
        }


#: Those that everybody can reach. One operator runs both, so that together they are grade B still.
LEAGUE = (
    Chain(
        name="drand quicknet",
        operator="League of Entropy",
        scheme=QUICK,
        public_key="83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
        "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
        "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
        period=3,
        genesis=1692803367,
        address="https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    ),
    Chain(
        name="drand default",
        operator="League of Entropy",
        scheme=CHAINED,
        public_key="868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a5699"
        "37c529eeda66c7293784a9402801af31",
        period=30,
        genesis=1595431050,
        address="https://api.drand.sh/8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce",
    ),
)


@dataclass(frozen=True, slots=True)
class Round:
    """A round as a chain's API gives it; ``previous`` is empty for chains that do not chain."""

    number: int
    signature: bytes = field(repr=False)
    previous: bytes = field(default=b"", repr=False)

    @property
    def value(self) -> bytes:
        """The randomness: 32 bytes."""
        return sha256(self.signature)


def message(scheme: str, number: int, previous: bytes) -> bytes:
    """What a round's signature signs."""
    return sha256(previous if scheme == CHAINED else b"", u64(number))


def is_genuine(chain: Chain, shown: Round) -> bool:
    """Whether the chain has signed this round. Takes about half a second."""
    try:
        key = bytes.fromhex(chain.public_key)
        said = message(chain.scheme, shown.number, shown.previous)
        check = _short if chain.scheme == QUICK else _long
        return check(key, said, shown.signature)
    except (ValueError, OverflowError):  # no point of the curve, no number of a round
        return False


def _short(key: bytes, said: bytes, signature: bytes) -> bool:
    """Signature in G1 (48 bytes), key in G2 (96 bytes)."""
    curve, hash_to_curve, point_compression = library()

    if len(key) != 96 or len(signature) != 48:  # noqa: PLR2004 # see above
        return False
    halves = _number(key[:48]), _number(key[48:])
    public = point_compression.decompress_G2(halves)
    point = point_compression.decompress_G1(_number(signature))
    return _equal(
        curve,
        (public, hash_to_curve.hash_to_G1(said, _DST_G1, hashlib.sha256)),
        (curve.G2, point),
    )


def _long(key: bytes, said: bytes, signature: bytes) -> bool:
    """Signature in G2 (96 bytes), key in G1 (48 bytes)."""
    curve, hash_to_curve, point_compression = library()

    if len(key) != 48 or len(signature) != 96:  # noqa: PLR2004 # see above
        return False
    public = point_compression.decompress_G1(_number(key))
    halves = _number(signature[:48]), _number(signature[48:])
    point = point_compression.decompress_G2(halves)
    return _equal(
        curve,
        (hash_to_curve.hash_to_G2(said, _DST_G2, hashlib.sha256), public),
        (point, curve.G1),
    )


def library() -> tuple[Any, Any, Any]:
    """Load what signatures are checked with: the curve, hashing to it, and packing of points.

    The library lets every program recurse 100,000 deep as soon as it is loaded. Deeply nested JSON
    then ends the process, where it was refused before, so the old limit is put back.
    """
    limit = sys.getrecursionlimit()
    try:
        # Loads for half a second, and only a beacon's signature needs it.
        from py_ecc import optimized_bls12_381 as curve  # noqa: PLC0415 # see above
        from py_ecc.bls import hash_to_curve, point_compression  # noqa: PLC0415 # see above
    finally:
        sys.setrecursionlimit(limit)
    return curve, hash_to_curve, point_compression


def _equal(curve: Any, one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Whether two pairings (G2, G1) are the same, of points that are in their groups."""
    points = (*one, *other)
    if any(curve.is_inf(point) for point in points):
        return False
    if any(not curve.is_inf(curve.multiply(point, curve.curve_order)) for point in points):
        return False
    product = curve.pairing(*one, final_exponentiate=False) * curve.pairing(
        other[0], curve.neg(other[1]), final_exponentiate=False
    )
    return bool(curve.final_exponentiate(product) == curve.FQ12.one())


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
