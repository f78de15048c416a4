"""The freeze: one moment of the ledger becomes the pool, and the pool and all rules a commitment.

Nothing is published before the last of its transactions; a worker that dies on the way is followed
by one that begins anew and comes to the same bytes, as long as the ledger is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from tombola.campaigns import service as campaigns
from tombola.campaigns.models import campaign
from tombola.db.sets import insert_ignore, lock_alone
from tombola.draws import beacons, closing, log, pool, rules
from tombola.draws.models import draw, exclusion, pool_block, witness
from tombola.draws.models import pool as pool_table
from tombola.draws.sorting import Drawers, Sorted
from tombola.draws.store import change, row_by_id
from tombola.draws.types import DrawForm, Progress, State
from tombola.fairness.beacons import Chain
from tombola.fairness.bundle import ALGORITHM, DICE, Grade, moment_text
from tombola.fairness.hashing import MOST, canonical, exclusions_hash, hash_of, sha256
from tombola.fairness.tree import BLOCK, Block, block, root
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.rules import Actor

#: Stretches of the pool that one transaction writes. A fourth of it takes twice as long for a
#: million people, since each rewrites most of the index by person, and holds the lock no shorter.
BATCH = 16
#: Rows that one transaction takes away.
SWEEP = 5_000
_POOL = ("draw_id", "tag", "weight", "entrant_id", "salt")
_BLOCK = ("draw_id", "n", "first", "hash", "weight")
_LEFT = ("draw_id", "tag", "weight", "reason", "entrant_id", "salt")


@dataclass(frozen=True, slots=True)
class Frozen:
    """One moment of the ledger, sorted.

    Attributes:
        head: Number of the campaign's last event at that moment.
        out: Those left out: person, and why.
    """

    head: int
    people: Drawers
    out: list[tuple[Sorted, str, bool]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What has been written of the pool."""

    blocks: Sequence[Block]
    people: int
    excluded: int
    exclusions: str


def freeze(inst: Installation, held: Claim, row: RowMapping) -> None:
    """Take the pool, write it, and commit to it. Raises Fenced when another has taken over."""
    _sweep(inst, held, row["id"])
    frozen_at = _stop(inst, held, row)
    frozen = _read(inst, row)
    kept = _write(inst, held, row, frozen)
    chains = rules.beacons_for(Grade(row["form"]["grade"]), beacons.available(inst))
    _commit(inst, held, row["id"], frozen_at, frozen.head, kept, chains)


def _sweep(inst: Installation, held: Claim, draw_id: int) -> None:
    """Take away what a killed freeze has left, a little at a time: others write meanwhile."""
    for table, column in ((pool_table, "tag"), (exclusion, "tag"), (pool_block, "n")):
        mine = table.c.draw_id == draw_id
        some = select(table.c[column]).where(mine).limit(SWEEP)
        gone = SWEEP
        while gone == SWEEP:
            with inst.db.write() as conn:
                tasks.guard(conn, held, now=inst.clock())
                swept = table.delete().where(mine, table.c[column].in_(some))
                gone = conn.execute(swept).rowcount


def _stop(inst: Installation, held: Claim, row: RowMapping) -> datetime:
    """Wait for everybody who is writing entries."""
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        lock_alone(conn, row["campaign_id"])
        change(conn, row["id"], progress=Progress(step="pool").model_dump())
    return now


def _read(inst: Installation, row: RowMapping) -> Frozen:
    form = DrawForm.model_validate(row["form"])
    people = Drawers(_salt_key(inst, row))
    out: list[pool.Standing] = []
    with inst.db.read() as conn:
        pool.snapshot(conn)
        found = campaigns.ever(conn, row["campaign_id"])
        head = conn.execute(
            select(campaign.c.ledger_n).where(campaign.c.id == found.id)
        ).scalar_one()
        for part in pool.read(conn, pool.ask(conn, found, form)):
            people.put((one.entrant_id, one.uid, one.weight) for one in part if not one.reason)
            out += [one for one in part if one.reason]
    return Frozen(head, people, _sorted_out(out, _salt_key(inst, row)))


def _sorted_out(out: Sequence[pool.Standing], key: bytes) -> list[tuple[Sorted, str, bool]]:
    why = {one.entrant_id: one for one in out}
    drawers = Drawers(key)
    drawers.put((one.entrant_id, one.uid, one.weight) for one in out)
    return [
        (one, str(why[one.entrant_id].reason), why[one.entrant_id].erased)
        for part in drawers.stretches(BLOCK)
        for one in part
    ]


def _write(inst: Installation, held: Claim, row: RowMapping, frozen: Frozen) -> Kept:
    """Write the sorted pool, some stretches a transaction, and those left out."""
    draw_id, total = row["id"], len(frozen.people)
    blocks: list[Block] = []
    waiting: list[list[Sorted]] = []
    people = 0

    def flush() -> None:
        now = inst.clock()
        done = Progress(step="pool", done=people, total=total).model_dump()
        made = [block([p.tag for p in part], [p.weight for p in part]) for part in waiting]
        first = len(blocks)
        blocks.extend(made)
        with inst.db.write() as conn:
            tasks.guard(conn, held, now=now)
            for part in waiting:
                rows = [(draw_id, p.tag, p.weight, p.entrant_id, p.salt) for p in part]
                insert_ignore(conn, pool_table, _POOL, rows)
            fresh = [
                (draw_id, first + n, one.first, one.digest, one.weight)
                for n, one in enumerate(made)
            ]
            insert_ignore(conn, pool_block, _BLOCK, fresh)
            change(conn, draw_id, progress=done)
        waiting.clear()

    for part in frozen.people.stretches(BLOCK):
        waiting.append(part)
        people += len(part)
        if len(waiting) == BATCH:
            flush()
    if waiting:
        flush()
    left = [
        (draw_id, one.tag, one.weight, why, None if gone else one.entrant_id,
         None if gone else one.salt)
        for one, why, gone in frozen.out
    ]  # fmt: skip
    for start in range(0, len(left), inst.db.set_size):
        with inst.db.write() as conn:
            tasks.guard(conn, held, now=inst.clock())
            insert_ignore(conn, exclusion, _LEFT, left[start : start + inst.db.set_size])
    hashed = exclusions_hash((one.tag, one.weight, why) for one, why, _ in frozen.out)
    return Kept(blocks, people, len(left), hashed)


def _commit(
    inst: Installation,
    held: Claim,
    draw_id: int,
    frozen_at: datetime,
    head: int,
    kept: Kept,
    chains: Sequence[Chain] | None,
) -> None:
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        log.hold(conn)
        row = row_by_id(conn, draw_id, alone=True)
        trouble = _trouble(kept, chains)
        if trouble is not None:
            notes = [*row["notes"], trouble]
            change(conn, draw_id, state=State.FAILED.value, notes=notes, salt_key=None)
            return
        number = log.last_draw(conn) + 1
        due = now + rules.LEAD
        rounds = [(chain, chain.first_after(due)) for chain in chains or ()]
        said = _said(conn, inst, row, frozen_at, head, kept, number, rounds)
        log.append(
            conn, row["uid"], number, "commit", now,
            campaign=said["campaign"], commitment=hash_of(said),
        )  # fmt: skip
        actor = Actor.system(row["team_id"])
        audit(conn, actor, "draw.committed", row["uid"], {"number": number}, now)
        change(
            conn, draw_id, number=number, state=State.FROZEN.value, frozen_at=frozen_at,
            ledger_head=head, root=said["root"], total=int(said["total"]), people=kept.people,
            commitment=canonical(said), salt_key=None,
            revealed={"addresses": [chain.address for chain, _ in rounds]},
            randomness_at=max((c.round_at(n) for c, n in rounds), default=None),
            progress=Progress(step="randomness", total=len(rounds)).model_dump(),
        )  # fmt: skip


def _trouble(kept: Kept, chains: Sequence[Chain] | None) -> str | None:
    if not kept.blocks:
        return "Nobody takes part: there is nothing to draw from."
    if sum(one.weight for one in kept.blocks) > MOST:
        return "There are more tickets than a draw can hold; lower the worth of the actions."
    if chains is None:
        return "The beacons of this grade are no longer among those of the installation."
    return None


def _said(
    conn: Connection,
    inst: Installation,
    row: RowMapping,
    frozen_at: datetime,
    head: int,
    kept: Kept,
    number: int,
    rounds: Sequence[tuple[Chain, int]],
) -> dict[str, Any]:
    """What is committed to, member by member as ``docs/draw.md`` lists them."""
    form = DrawForm.model_validate(row["form"])
    digest, total = root([(one.digest, one.weight) for one in kept.blocks])
    looked = closing.look(conn, row["campaign_id"], row["closing_at"])
    secret = bytes.fromhex(inst.vault.open(f"draw {row['uid']}", row["secret"]))
    campaign_uid = conn.execute(
        select(campaign.c.uid).where(campaign.c.id == row["campaign_id"])
    ).scalar_one()
    return {
        "algorithm": ALGORITHM,
        "draw": str(number),
        "campaign": campaign_uid,
        "title": form.title,
        "mode": form.mode.value,
        "since": moment_text(form.since) if form.since else None,
        "until": moment_text(form.until) if form.until else None,
        "actions": sorted(set(form.actions)),
        "unclaimed_may_win": form.unclaimed_may_win,
        "repeats": form.repeats,
        "frozen_at": moment_text(frozen_at),
        "ledger_head": str(head),
        "sources_read": str(looked.read),
        "sources_unread": str(len(looked.stuck) + looked.open),
        "root": digest.hex(),
        "total": str(total),
        "people": str(kept.people),
        "excluded": str(kept.excluded),
        "exclusions": kept.exclusions,
        "prizes": [{"title": p.title, "winners": str(p.winners)} for p in form.prizes],
        "backups": str(form.backups),
        "secret": sha256(secret).hex(),
        "randomness": _randomness(conn, row["id"], form, rounds),
        "earlier": _earlier(conn, row),
    }


def _randomness(
    conn: Connection, draw_id: int, form: DrawForm, rounds: Sequence[tuple[Chain, int]]
) -> dict[str, Any]:
    people = conn.execute(
        select(witness.c.name, witness.c.commitment)
        .where(witness.c.draw_id == draw_id)
        .order_by(witness.c.position)
    ).all()
    dice = form.grade is Grade.C and not people
    return {
        "grade": form.grade.value,
        "beacons": [chain.document(number) for chain, number in rounds],
        "witnesses": [{"name": name, "commitment": said} for name, said in people],
        "dice": str(DICE if dice else 0),
    }


def _earlier(conn: Connection, row: RowMapping) -> list[dict[str, str]]:
    rows = conn.execute(
        select(draw.c.number, draw.c.commitment)
        .where(draw.c.campaign_id == row["campaign_id"], draw.c.number.is_not(None))
        .order_by(draw.c.number)
    ).all()
    return [{"draw": str(n), "commitment": sha256(said.encode()).hex()} for n, said in rows]


def _salt_key(inst: Installation, row: RowMapping) -> bytes:
    return bytes.fromhex(inst.vault.open(f"salts {row['uid']}", row["salt_key"]))
