"""A beacon as drand's HTTP API shows one, with a key of its own: real signatures, no network.

It is one of the two kinds that do not chain; rounds of the kind that chains follow from all that
were before, so that only a recorded one can be tried.
"""

import hashlib
from datetime import datetime
from functools import cached_property
from typing import Any

from werkzeug.wrappers import Request, Response

from tombola.fairness.beacons import QUICK, UNCHAINED, Chain, Round, library, message
from tombola.testing.network.network import Network, json_response

_DST = {
    QUICK: b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
    UNCHAINED: b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_",
}


class Beacon:
    """One beacon.

    Args:
        slug: its place in addresses.
        name: for people.
        operator: who runs it.
        scheme: ``QUICK`` (signatures in G1) or ``UNCHAINED`` (in G2).
        period: seconds between rounds.
        genesis: of round 1, in seconds since 1970.
    """

    def __init__(
        self, slug: str, name: str, operator: str, scheme: str, period: int, genesis: int
    ) -> None:
        self.slug, self.name, self.operator = slug, name, operator
        self.scheme, self.period, self.genesis = scheme, period, genesis
        self._signed: dict[int, Round] = {}

    @cached_property
    def _key(self) -> int:
        drawn = hashlib.sha512(f"{self.slug} {self.operator}".encode()).digest()
        order: int = _curve().curve_order
        return int.from_bytes(drawn, "big") % order

    @cached_property
    def public_key(self) -> str:
        """Compressed, in hex."""
        curve = _curve()
        generator = curve.G2 if self.scheme == QUICK else curve.G1
        return _packed(curve.multiply(generator, self._key), in_g2=self.scheme == QUICK).hex()

    def chain(self, address: str = "") -> Chain:
        """What it is checked with."""
        return Chain(
            name=self.name,
            operator=self.operator,
            scheme=self.scheme,
            public_key=self.public_key,
            period=self.period,
            genesis=self.genesis,
            address=f"{address}/{self.slug}" if address else "",
        )

    def round(self, number: int) -> Round:
        """Sign a round, whenever it is due."""
        if number not in self._signed:
            _, hash_to_curve, _ = library()
            said, tag = message(self.scheme, number, b""), _DST[self.scheme]
            hashed = (
                hash_to_curve.hash_to_G1(said, tag, hashlib.sha256)
                if self.scheme == QUICK
                else hash_to_curve.hash_to_G2(said, tag, hashlib.sha256)
            )
            point = _curve().multiply(hashed, self._key)
            signature = _packed(point, in_g2=self.scheme == UNCHAINED)
            self._signed[number] = Round(number, signature)
        return self._signed[number]


def mount(network: Network, path: str, beacons: list[Beacon]) -> None:
    """Serve beacons under a path: their list there, each one's rounds beneath.

    A round that is not due yet is not found, as with the real ones.
    """
    known = {beacon.slug: beacon for beacon in beacons}

    @network.get(path)
    def listed(request: Request) -> Response:
        here = f"{request.host_url.rstrip('/')}{path}"
        return json_response([each.chain(here).model_dump() for each in beacons])

    @network.get(f"{path}/<slug>/public/<number>")
    def shown(_: Request, slug: str, number: str) -> Response:
        beacon = known.get(slug)
        wanted = _due(beacon, number, network.clock()) if beacon else None
        if beacon is None or wanted is None:
            return json_response({"error": "no such round"}, 404)
        signed = beacon.round(wanted)
        body = {"round": wanted, "randomness": signed.value.hex()}
        return json_response({**body, "signature": signed.signature.hex()})


def _due(beacon: Beacon, number: str, now: datetime) -> int | None:
    passed = int(now.timestamp()) - beacon.genesis
    last = passed // beacon.period + 1 if passed >= 0 else 0
    wanted = last if number == "latest" else int(number) if number.isdecimal() else 0
    return wanted if 1 <= wanted <= last else None


def _curve() -> Any:
    return library()[0]


def _packed(point: Any, *, in_g2: bool) -> bytes:
    _, _, point_compression = library()
    if in_g2:
        halves = point_compression.compress_G2(point)
        return b"".join(int(half).to_bytes(48, "big") for half in halves)
    return int(point_compression.compress_G1(point)).to_bytes(48, "big")
