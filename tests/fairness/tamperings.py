"""Ways to cheat, each with the check that has to fail. Used for both verifiers."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Tampering:
    """A text that must be refused, and by which check; ``log`` and ``noted`` as given to both."""

    name: str
    text: str
    fails: str
    log: list[dict[str, Any]] | None = None
    noted: str | None = None


def all_of(forge: Any, kit: Any) -> Iterator[Tampering]:  # noqa: PLR0915 # a list, one by one
    """Everything that we could think of. ``kit`` is the module of the conftest."""
    honest = forge()

    def edit(name: str, fails: str, change: Callable[[dict[str, Any]], Any]) -> Tampering:
        return Tampering(name, honest.changed(change), fails)

    def made(name: str, fails: str, **options: Any) -> Tampering:
        return Tampering(name, forge(**options).text(), fails)

    extra = [kit.tagged("late").hex(), "5"]
    yield edit("late entrant added", "pool", lambda d: d["pool"].append(extra))
    yield edit(
        "late entrant added in order",
        "pool",
        lambda d: d.update(pool=sorted([*d["pool"], extra])),
    )
    yield edit("entrant dropped", "pool", lambda d: d["pool"].pop(3))
    yield edit("one worth changed", "pool", lambda d: d["pool"][2].__setitem__(1, "8"))
    yield edit("order changed", "pool", lambda d: d["pool"].reverse())
    yield edit("duplicate tag", "pool", lambda d: d["pool"].insert(1, d["pool"][0]))
    rows = honest.rows
    yield made("duplicate tag, all recomputed", "pool", rows=[rows[0], *rows])
    yield made("zero weight, all recomputed", "pool", rows=[(rows[0][0], 0), *rows[1:]])
    huge = [(one, 2**62) for one, _ in rows[:2]]
    yield made("tickets beyond 2^63, all recomputed", "pool", rows=[*huge, *rows[2:]])
    yield edit(
        "tickets beyond 2^64", "pool", lambda d: d["pool"][0].__setitem__(1, str(9 * 10**18))
    )
    yield made("several tickets a person", "pool", said={"mode": "per_person"})
    left = [(rows[0][0], 1, "also out")]
    yield made("somebody in and out at once", "pool", left_out=left)
    yield edit("algorithm swapped", "algorithm", lambda d: d["commitment"].update(algorithm="x/2"))
    yield made("algorithm swapped, all recomputed", "algorithm", said={"algorithm": "x/2"})
    yield edit("another kind of file", "algorithm", lambda d: d.update(kind="tombola/bundle/9"))
    forged = [{"signature": "ab" * 48, "previous": ""}]
    yield made("beacon value forged", "beacon", reveals={"beacons": forged})
    other = kit.BEACONS[0].round(77)
    another = [{"signature": other.signature.hex(), "previous": ""}]
    yield made("another round of the beacon", "beacon", reveals={"beacons": another})
    yield made("beacon left out", "beacon", reveals={"beacons": []})
    yield made("round known before", "beacon", round_after=timedelta(seconds=-90))
    mine = kit.Beacon("mine", "First", "Harbour", "bls-unchained-g1-rfc9380", 3, kit.GENESIS)
    key = mine.public_key
    yield edit(
        "another key of the beacon",
        "commitment",
        lambda d: d["commitment"]["randomness"]["beacons"][0].update(public_key=key),
    )
    yield made("secret withheld", "secret", reveals={"secret": ""})
    yield made("secret in time, and left out", "secret", reveals={"secret": "", "fallback": True})
    yield made("secret published late and used", "secret", secret_after=timedelta(minutes=2))
    yield made("another secret", "secret", secret=hashlib.sha256(b"another").digest())
    yield made("secret withheld without a beacon", "secret", grade="D", fallback=True)

    def swap(document: dict[str, Any]) -> None:
        winners = document["result"]["winners"]
        winners[0], winners[1] = winners[1], winners[0]

    yield edit("winners swapped", "winners", swap)
    yield edit("winner dropped", "winners", lambda d: d["result"]["winners"].pop(0))
    yield edit(
        "backup given a prize", "winners", lambda d: d["result"]["winners"][4].update(prize="1")
    )
    yield edit(
        "winner's tickets changed",
        "winners",
        lambda d: d["result"]["winners"][0].update(weight="3"),
    )
    yield edit("seed changed", "seed", lambda d: d["result"].update(seed="5" * 64))
    yield edit("result not the logged one", "result", lambda d: d["result"].update(fallback=True))
    yield edit("reason changed", "exclusions", lambda d: d["exclusions"][0].__setitem__(2, "fine"))
    yield edit("exclusion hidden", "exclusions", lambda d: d["exclusions"].clear())
    yield edit(
        "prizes changed", "commitment", lambda d: d["commitment"]["prizes"][0].update(winners="1")
    )
    yield edit("fewer backups", "commitment", lambda d: d["commitment"].update(backups="1"))
    yield edit("another title", "commitment", lambda d: d["commitment"].update(title="Else"))
    yield made("grade raised", "grade", said={"randomness": {**honest.randomness(), "grade": "A"}})
    same = honest.randomness()["beacons"] * 2
    both = {**honest.randomness(), "grade": "A", "beacons": same}
    yield made("one beacon twice", "grade", said={"randomness": both})
    yield made("witness says something else", "witness", grade="C", phrases={"Bo": "ten bottles!"})
    yield made("few dice", "grade", grade="C", dice="1234")
    dice = forge(grade="C", dice="6" * 20)
    yield Tampering(
        "dice changed",
        dice.changed(lambda d: d["reveals"].update(dice="1" + "6" * 19)),
        "seed",
    )
    yield edit("log record changed", "log", lambda d: d["log"][1]["body"].update(draw="2"))
    yield edit("log record taken out", "log", lambda d: d["log"].pop(1))
    yield edit("secret's time changed", "log", lambda d: d["log"][1]["body"].update(at=EARLIER))

    first = kit.commit_record(1, 1, "0" * 64)
    second = forge(number=2, before=[first])
    whole = [first, *second.head()["log"]]
    yield Tampering("run twice, one not shown", second.text(), "other draws", log=whole)
    alone = forge()
    yield Tampering("run twice, the other one forgotten", alone.text(), "other draws", log=whole)
    gap = kit.commit_record(3, 4, honest.head()["log"][-1]["hash"])
    yield Tampering(
        "a draw missing in the published log", honest.text(), "other draws",
        log=[*honest.head()["log"], gap],
    )  # fmt: skip
    yield Tampering("not what was noted", honest.text(), "noted", noted="1" * 64)
    unsure = json.loads(honest.text())["log"]
    yield Tampering(
        "published log without its beginning", honest.text(), "other draws", log=unsure[1:]
    )


EARLIER = "2026-11-20T12:00:00.500000Z"
