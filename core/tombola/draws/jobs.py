"""The duty that brings a draw from its close to its winners, step by step and over any kill."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import RowMapping, select

from tombola.draws import closing, drawing, log, rules
from tombola.draws.beacons import NotThere, fetch
from tombola.draws.freeze import freeze
from tombola.draws.models import witness
from tombola.draws.store import DRAW, change, row_by_id
from tombola.draws.types import Progress, State
from tombola.fairness.beacons import is_genuine
from tombola.fairness.bundle import Commitment, Grade
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Kind, Result
from tombola.queue.tasks import Claim
from tombola.teams.rules import Actor
from tombola.teams.service import team_by_id

logger = structlog.get_logger("tombola.draws")
#: How long a silent worker keeps a draw; reading a large pool renews nothing meanwhile.
LEASE = timedelta(minutes=3)
#: How long one job goes on, as long as the queue lets a job be: a large pool is read in one piece.
BUDGET = timedelta(seconds=80)


def kinds() -> Sequence[Kind]:
    """The one kind."""
    return (Kind(DRAW, take, lease=LEASE, budget=BUDGET, concurrency=1),)


def take(inst: Installation, held: Claim) -> Result:
    """Do every step that can be done now. Each is idempotent and guarded by the claim's fence."""
    while True:
        with inst.db.read() as conn:
            row = row_by_id(conn, held.payload["draw"])
        step = STEPS.get(State(row["state"]))
        if step is None:
            return Done()
        result = step(inst, held, row)
        if result is not None:
            return result


def _close(inst: Installation, held: Claim, row: RowMapping) -> Result | None:
    """Ask for the last imports and wait for them, then freeze."""
    if not row["revealed"].get("asked"):
        with inst.db.read() as conn:
            of = team_by_id(conn, row["team_id"])
        closing.begin(inst, Actor.system(of.id, of.uid), row["campaign_id"])
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        looked = closing.look(conn, row["campaign_id"], row["closing_at"])
        sources = looked.read + looked.open
        progress = Progress(step="imports", done=looked.read, total=sources)
        if not looked.open:
            progress = Progress(step="rechecks", total=looked.rechecks)
        change(conn, row["id"], progress=progress.model_dump(), revealed={"asked": True})
        if not looked.done and now < row["closing_at"] + rules.CLOSING:
            return Again(now + rules.wait(now - row["closing_at"]))
        notes = [f"Not read before the freeze: {each}" for each in looked.stuck]
        if not looked.done:
            notes.append("The last imports took too long and were not waited for any more.")
        change(conn, row["id"], notes=notes)
    freeze(inst, held, row)
    return None


def _publish_secret(inst: Installation, held: Claim, row: RowMapping) -> Result | None:
    """Show the operator's secret, if the beacon's round is still to come; else it stays out."""
    now = inst.clock()
    said = Commitment.model_validate_json(row["commitment"])
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        log.hold(conn)
        revealed = dict(row["revealed"])
        if in_time(said, log.log_end(conn, now)[2]):
            secret = inst.vault.open(f"draw {row['uid']}", row["secret"])
            log.append(conn, row["uid"], row["number"], "secret", now, secret=secret)
            revealed["secret"] = secret
        else:
            revealed["fallback"] = True
        change(conn, row["id"], state=State.WAITING.value, revealed=revealed)
    logger.info("draw_frozen", draw=row["number"], people=row["people"])
    return None


def in_time(said: Commitment, now: datetime) -> bool:
    """Whether every beacon's round is still to come."""
    return all(now < each.chain.round_at(int(each.round)) for each in said.randomness.beacons)


def _wait(inst: Installation, held: Claim, row: RowMapping) -> Result | None:
    """Gather the randomness; when all is there, draw."""
    said = Commitment.model_validate_json(row["commitment"])
    if said.randomness.grade == Grade.C.value:
        return _with_people(inst, held, row, said)
    now = inst.clock()
    if row["randomness_at"] is not None and now < row["randomness_at"]:
        return Again(row["randomness_at"])
    missing = _gather(inst, held, row, said)
    if missing is None:
        drawing.draw(inst, held, row["id"])
        return None
    logger.warning("beacon_missing", draw=row["number"], why=missing)
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        notes = [note for note in row["notes"] if not note.startswith(WAITS)]
        change(conn, row["id"], notes=[*notes, f"{WAITS} {missing}"])
    return Again(now + rules.wait(now - row["randomness_at"]))


#: What a note about a missing beacon begins with.
WAITS = "Waiting for the beacon."


def _gather(inst: Installation, held: Claim, row: RowMapping, said: Commitment) -> str | None:
    """Ask for rounds that are missing and keep those that are genuine; say what is missing."""
    known: dict[str, Any] = dict(row["revealed"].get("beacons") or {})
    missing = None
    for place, each in enumerate(said.randomness.beacons):
        if str(place) in known:
            continue
        try:
            given = fetch(inst, row["revealed"]["addresses"][place], int(each.round))
        except NotThere as away:
            missing = str(away)
            continue
        if given.number != int(each.round) or not is_genuine(each.chain, given):
            missing = f"{each.name} has not signed what it answered."
            continue
        known[str(place)] = {"signature": given.signature.hex(), "previous": given.previous.hex()}
        now = inst.clock()
        with inst.db.write() as conn:
            tasks.guard(conn, held, now=now)
            fresh = row_by_id(conn, row["id"], alone=True)["revealed"]
            change(conn, row["id"], revealed={**fresh, "beacons": known})
    return missing


def _with_people(
    inst: Installation, held: Claim, row: RowMapping, said: Commitment
) -> Result | None:
    """Draw once every witness has spoken or the dice are entered; they put this duty again."""
    with inst.db.read() as conn:
        silent = conn.execute(
            select(witness.c.id).where(
                witness.c.draw_id == row["id"], witness.c.revealed_at.is_(None)
            )
        ).first()
    if silent is not None or (int(said.randomness.dice) and not row["revealed"].get("dice")):
        return Done()
    drawing.draw(inst, held, row["id"])
    return None


Step = Callable[[Installation, Claim, RowMapping], Result | None]
STEPS: dict[State, Step] = {
    State.CLOSING: _close,
    State.FROZEN: _publish_secret,
    State.WAITING: _wait,
}
