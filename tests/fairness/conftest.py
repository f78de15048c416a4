import copy
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tombola.fairness.beacons import QUICK, UNCHAINED
from tombola.fairness.bundle import moment_text, write
from tombola.fairness.hashing import (
    canonical,
    exclusions_hash,
    hash_of,
    record_hash,
    tag,
    witness_commitment,
)
from tombola.fairness.selection import Listed, seed, select
from tombola.fairness.tree import BLOCK, block, root
from tombola.testing.beacon import Beacon

FREEZE = datetime(2026, 11, 20, 12, tzinfo=UTC)
GENESIS = int(FREEZE.timestamp()) - 3000
SECRET = hashlib.sha256(b"the operator's secret").digest()
BEACONS = [
    Beacon("one", "First", "Harbour", QUICK, 3, GENESIS),
    Beacon("two", "Second", "Hill", UNCHAINED, 5, GENESIS),
]
PHRASES = {"Ada": "a long walk by the sea", "Bo": "eleven green bottles"}


def tagged(name: str) -> bytes:
    return tag(hashlib.sha256(name.encode()).digest()[:16], name)


def pool(weights: list[int]) -> list[tuple[bytes, int]]:
    return sorted((tagged(f"person {n}"), weight) for n, weight in enumerate(weights))


@dataclass
class Forge:
    """Makes bundles that hold together, whatever is wrong with what they tell.

    Everything derived (root, hashes, chain, seed, winners) follows from the fields, unless it is
    overridden: what somebody with the operator's whole machine could do.
    """

    rows: list[tuple[bytes, int]] = field(default_factory=lambda: pool([1, 4, 2, 9, 3, 30, 1, 7]))
    left_out: list[tuple[bytes, int, str]] = field(
        default_factory=lambda: [(tagged("left"), 2, "works here")]
    )
    grade: str = "B"
    said: dict[str, Any] = field(default_factory=dict)
    before: list[dict[str, Any]] = field(default_factory=list)
    secret: bytes = SECRET
    secret_after: timedelta = timedelta(seconds=1)
    fallback: bool = False
    round_after: timedelta = timedelta(seconds=60)
    dice: str = ""
    phrases: dict[str, str] = field(default_factory=dict)
    reveals: dict[str, Any] = field(default_factory=dict)
    number: int = 1
    number_of_record: int | None = None
    stop: str = ""
    void: bool = False

    def chains(self) -> list[tuple[Beacon, int]]:
        count = {"A": 2, "B": 1}.get(self.grade, 0)
        return [
            (one, one.chain().first_after(FREEZE + self.round_after)) for one in BEACONS[:count]
        ]

    def randomness(self) -> dict[str, Any]:
        witnesses = [
            {"name": name, "commitment": witness_commitment(name, phrase)}
            for name, phrase in PHRASES.items()
        ]
        return {
            "grade": self.grade,
            "beacons": [one.chain().document(number) for one, number in self.chains()],
            "witnesses": witnesses if self.grade == "C" and not self.dice else [],
            "dice": str(len(self.dice)),
        }

    def commitment(self) -> dict[str, Any]:
        total = sum(weight for _, weight in self.rows)
        parts = [self.rows[at : at + BLOCK] for at in range(0, len(self.rows), BLOCK)]
        blocks = [block([r[0] for r in part], [r[1] % 2**64 for r in part]) for part in parts]
        top = [(one.digest, one.weight % 2**64) for one in blocks]
        return {
            "algorithm": "tombola/draw/1",
            "draw": str(self.number),
            "campaign": "campaign-1",
            "title": "Lämps: “all” of them",
            "mode": "weighted",
            "since": None,
            "until": moment_text(FREEZE),
            "actions": [],
            "unclaimed_may_win": True,
            "repeats": False,
            "frozen_at": moment_text(FREEZE),
            "ledger_head": "77",
            "sources_read": "1",
            "sources_unread": "0",
            "root": root(top)[0].hex() if top else "0" * 64,
            "total": str(total),
            "people": str(len(self.rows)),
            "excluded": str(len(self.left_out)),
            "exclusions": exclusions_hash(self.left_out),
            "prizes": [{"title": "Lamp", "winners": "2"}, {"title": "Bulb", "winners": "1"}],
            "backups": "2",
            "secret": hashlib.sha256(SECRET).hexdigest(),
            "randomness": self.randomness(),
            "earlier": [],
            **self.said,
        }

    def head(self) -> dict[str, Any]:
        said = self.commitment()
        log = copy.deepcopy(self.before)

        def tell(kind: str, after: timedelta, **more: str) -> dict[str, Any]:
            seq = int(log[-1]["seq"]) + 1 if log else 1
            prev = log[-1]["hash"] if log else "0" * 64
            at = moment_text(FREEZE + after)
            number = str(self.number_of_record or self.number)
            body = {"kind": kind, "draw": number, "at": at, **more}
            record = {"seq": str(seq), "prev": prev, "body": body}
            log.append({**record, "hash": record_hash(seq, prev, body)})
            return log[-1]

        start = len(log)
        told = {"campaign": said["campaign"], "commitment": hash_of(said)}
        tell("commit", timedelta(seconds=0), **told)
        if self.secret and not self.fallback:
            tell("secret", self.secret_after, secret=self.secret.hex())
        signed = [one.round(number) for one, number in self.chains()]
        phrases = list({**PHRASES, **self.phrases}.values())
        reveals = {
            "secret": "" if self.fallback else self.secret.hex(),
            "fallback": self.fallback,
            "beacons": [{"signature": r.signature.hex(), "previous": ""} for r in signed],
            "phrases": phrases if said["randomness"]["witnesses"] else [],
            "dice": self.dice,
            **self.reveals,
        }
        result = None
        if not self.stop:
            result = self._result(said, reveals)
            tell("result", timedelta(minutes=5), result=hash_of(result))
        if self.void:
            tell("void", timedelta(minutes=6), reason="0" * 64)
        return {
            "kind": "tombola/bundle/1",
            "commitment": said,
            "log": log[start:],
            "reveals": reveals,
            "result": result,
            "exclusions": [[t.hex(), str(w), why] for t, w, why in self.left_out],
        }

    def _result(self, said: dict[str, Any], reveals: dict[str, Any]) -> dict[str, Any]:
        values = [
            *(hashlib.sha256(bytes.fromhex(b["signature"])).digest() for b in reveals["beacons"]),
            *(phrase.encode() for phrase in reveals["phrases"]),
            *([reveals["dice"].encode()] if reveals["dice"] else []),
        ]
        found = seed(bytes.fromhex(said["root"]), bytes.fromhex(reveals["secret"]), values)
        listed = Listed((t, w % 2**63) for t, w in self.rows)
        places = [str(n) for n, p in enumerate(said["prizes"], 1) for _ in range(int(p["winners"]))]
        most = len(places) + int(said["backups"])
        order = list(select(found, listed.total, listed.interval_at, most))
        return {
            "draw": said["draw"],
            "seed": found.hex(),
            "fallback": reveals["fallback"],
            "winners": [
                {
                    "rank": str(rank),
                    "tag": one.tag.hex(),
                    "weight": str(one.weight),
                    "block": str(one.block),
                    "prize": places[rank - 1] if rank <= len(places) else "0",
                }
                for rank, one in enumerate(order, 1)
            ],
        }

    def text(self) -> str:
        return "".join(write(self.head(), self.rows))

    def changed(self, change: Any) -> str:
        """The text after a change of the finished document, nothing derived anew."""
        document = json.loads(self.text())
        change(document)
        rows = document.pop("pool")
        body = ",\n".join(canonical(row) for row in rows)
        return f'{canonical(document)[:-1]},"pool":[\n{body}\n]}}\n'


@pytest.fixture
def forge() -> type[Forge]:
    return Forge


def commit_record(number: int, seq: int, prev: str, campaign: str = "campaign-1") -> dict[str, Any]:
    """Another draw's commitment in the log, before ours."""
    at = moment_text(FREEZE - timedelta(hours=1))
    body = {
        "kind": "commit", "draw": str(number), "at": at, "campaign": campaign,
        "commitment": hashlib.sha256(b"another").hexdigest(),
    }  # fmt: skip
    return {"seq": str(seq), "prev": prev, "body": body, "hash": record_hash(seq, prev, body)}
