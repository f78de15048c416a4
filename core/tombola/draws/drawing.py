"""The draw itself: from the randomness to winners, in one transaction."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.draws import log, rules
from tombola.draws.models import pool, pool_block, winner, witness
from tombola.draws.store import change, row_by_id
from tombola.draws.types import DrawForm, Progress, State
from tombola.fairness.bundle import Commitment
from tombola.fairness.hashing import canonical, hash_of, sha256
from tombola.fairness.selection import Drawn, Interval, seed
from tombola.fairness.selection import select as choose
from tombola.fairness.tree import BLOCK
from tombola.installation import Installation
from tombola.outbox.service import announce
from tombola.queue import tasks
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.rules import Actor


class Stored:
    """The pool in the database, of which only the stretches that are needed are read."""

    def __init__(self, conn: Connection, draw_id: int) -> None:
        self._conn, self._draw_id = conn, draw_id
        rows = conn.execute(
            select(pool_block.c.first, pool_block.c.weight)
            .where(pool_block.c.draw_id == draw_id)
            .order_by(pool_block.c.n)
        ).all()
        self._firsts = [row[0] for row in rows]
        self._starts = [0, *accumulate(row[1] for row in rows)]
        self.total = self._starts[-1]

    def interval_at(self, place: int) -> Interval:
        """The person who holds a ticket."""
        n = bisect_right(self._starts, place) - 1
        start = self._starts[n]
        for tag, weight in stretch(self._conn, self._draw_id, self._firsts[n]):
            if place < start + weight:
                return Interval(start, weight, tag)
            start += weight
        raise ValueError("the pool holds fewer tickets than its stretches say")


def stretch(conn: Connection, draw_id: int, first: bytes) -> Sequence[Any]:
    """Tags and tickets of the stretch that begins with a tag, sorted."""
    return conn.execute(
        select(pool.c.tag, pool.c.weight)
        .where(pool.c.draw_id == draw_id, pool.c.tag >= first)
        .order_by(pool.c.tag)
        .limit(BLOCK)
    ).all()


def draw(inst: Installation, held: Claim, draw_id: int) -> None:
    """Choose the people and write them down, once. Raises Fenced."""
    with inst.db.read() as conn:
        row = row_by_id(conn, draw_id)
        values = _values(conn, row)
        form = DrawForm.model_validate(row["form"])
        secret = bytes.fromhex(row["revealed"].get("secret") or "")
        found = seed(bytes.fromhex(row["root"]), secret, values)
        stored = Stored(conn, draw_id)
        most = form.places + form.backups
        order = list(choose(found, stored.total, stored.interval_at, most))
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        log.hold(conn)
        result = _result(row, form, found, order)
        log.append(conn, row["uid"], row["number"], "result", now, result=hash_of(result))
        _keep(conn, row, form, order, now)
        notes = [note for note in row["notes"] if not note.startswith("Waiting")]
        if len(order) < form.places:
            notes.append(f"Only {len(order)} people took part, so not every prize is won.")
        change(
            conn, draw_id, state=State.DRAWN.value, drawn_at=now, seed=found.hex(),
            result=canonical(result), notes=notes,
            progress=Progress(step="selection", done=len(order), total=most).model_dump(),
        )  # fmt: skip
        told = {"number": row["number"], "winners": min(len(order), form.places)}
        audit(conn, Actor.system(row["team_id"]), "draw.drawn", row["uid"], told, now)


def _values(conn: Connection, row: RowMapping) -> list[bytes]:
    """The outside randomness in the order of the commitment."""
    said = Commitment.model_validate_json(row["commitment"]).randomness
    shown = row["revealed"]
    rounds = [shown["beacons"][str(place)] for place in range(len(said.beacons))]
    phrases = conn.execute(
        select(witness.c.phrase).where(witness.c.draw_id == row["id"]).order_by(witness.c.position)
    ).scalars()
    dice = [shown["dice"].encode()] if int(said.dice) else []
    signed = [sha256(bytes.fromhex(each["signature"])) for each in rounds]
    return [*signed, *((phrase or "").encode() for phrase in phrases), *dice]


def _result(
    row: RowMapping, form: DrawForm, found: bytes, order: Sequence[Drawn]
) -> dict[str, Any]:
    return {
        "draw": str(row["number"]),
        "seed": found.hex(),
        "fallback": bool(row["revealed"].get("fallback")),
        "winners": [
            {
                "rank": str(rank),
                "tag": one.tag.hex(),
                "weight": str(one.weight),
                "block": str(one.block),
                "prize": str(rules.prize_of(form, rank) or 0),
            }
            for rank, one in enumerate(order, 1)
        ],
    }


def _keep(
    conn: Connection, row: RowMapping, form: DrawForm, order: Sequence[Drawn], now: datetime
) -> None:
    for rank, one in enumerate(order, 1):
        prize = rules.prize_of(form, rank)
        person = conn.execute(
            select(pool.c.entrant_id).where(pool.c.draw_id == row["id"], pool.c.tag == one.tag)
        ).scalar_one()
        number = insert_one(
            conn, winner, uid=new_uid(now), draw_id=row["id"], rank=rank, tag=one.tag,
            weight=one.weight, block=one.block, prize=prize, entrant_id=person,
            placed_at=now if prize else None,
        )  # fmt: skip
        if prize and person is not None:
            told = {"winner": number}
            announce(conn, row["team_id"], row["campaign_id"], "winner_drawn", told, now)
