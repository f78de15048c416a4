"""What a turn writes besides its items: the run, the lane, the source, and the lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, literal, select, update

from tombola.api import Lane, Phrase, Text, render
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.importing.models import lane, run, source
from tombola.importing.rules import Counts, is_last, keeps_place, next_run
from tombola.importing.states import SourceState, Trouble
from tombola.importing.work import Work
from tombola.queue import tasks
from tombola.queue.rules import spread
from tombola.queue.tasks import Claim

#: Calls of a run that its log keeps, the newest.
CALLS_KEPT = 100
#: What a source reads: a page that was fetched for other values of these is not written.
_MEANING = (source.c.config, source.c.config_version, source.c.floor_at, source.c.cap)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an importer, for the run's log."""

    at: datetime
    took_ms: int
    outcome: str
    items: int = 0

    def stored(self) -> dict[str, Any]:
        """The document to store."""
        return {
            "at": self.at.isoformat(),
            "took_ms": self.took_ms,
            "outcome": self.outcome[:300],
            "items": self.items,
        }


class Paused(Exception):  # no error: somebody has pressed the button
    """The source was paused or removed while the turn was under way."""


class Changed(Exception):  # no error: what was fetched answers yesterday's question
    """The source was changed, or its run taken back, while the turn was under way."""


def check(conn: Connection, work: Work) -> None:
    """Ask whether the source still is what this turn began with, and keep it so until the commit.

    The source's row is locked first, before the duty's, in the order of those who change a source.

    Raises:
        Paused: Somebody has paused or removed it.
        Changed: It reads something else now, or this turn's run is no longer the lane's.
    """
    row = conn.execute(
        select(source.c.state, source.c.removed_at, *_MEANING, lane.c.run_id)
        .join(lane, lane.c.source_id == source.c.id)
        .where(*_lane(work))
        .with_for_update(of=source, key_share=True)
    ).one_or_none()
    if row is None or row.state == SourceState.PAUSED or row.removed_at is not None:
        raise Paused
    _compare(row, work, (*_MEANING, lane.c.run_id))


def check_source(conn: Connection, work: Work) -> None:
    """The same for work that belongs to no lane. Raises Paused, Changed."""
    row = conn.execute(
        select(source.c.state, source.c.removed_at, *_MEANING)
        .where(source.c.id == work.source_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None or row.state == SourceState.PAUSED or row.removed_at is not None:
        raise Paused
    _compare(row, work, _MEANING)


def _compare(row: Any, work: Work, columns: Sequence[Any]) -> None:
    names = [column.name for column in columns]
    if [getattr(row, name) for name in names] != [getattr(work, name) for name in names]:
        raise Changed


def begin(conn: Connection, work: Work, now: datetime) -> int:
    """Open a run. Returns its number."""
    run_id = insert_one(
        conn,
        run,
        uid=new_uid(now),
        team_id=work.team_id,
        source_id=work.source_id,
        lane=work.lane.value,
        state="running",
        counts=Counts().stored(),
        calls=[],
        started_at=now,
        seen_at=now,
    )
    conn.execute(update(lane).where(*_lane(work)).values(run_id=run_id, finished_at=None))
    return run_id


def keep_page(
    conn: Connection,
    work: Work,
    run_id: int,
    counts: Counts,
    calls: list[dict[str, Any]],
    cursor: Mapping[str, Any] | None,
    checkpoint: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Save how far a run has come."""
    conn.execute(
        update(run)
        .where(run.c.id == run_id)
        .values(counts=counts.stored(), calls=calls[-CALLS_KEPT:], seen_at=now)
    )
    places = {"cursor": cursor, "checkpoint": checkpoint}
    conn.execute(update(lane).where(*_lane(work)).values(**places))
    stand(conn, work.source_id, SourceState.ACTIVE, None)
    told = (source.c.id == work.source_id, source.c.told_at.is_not(None))
    conn.execute(update(source).where(*told).values(told_at=None))


def end(
    conn: Connection, work: Work, held: Claim, run_id: int, why: str, now: datetime
) -> datetime | None:
    """Close a run that has read what there was, and plan the next one.

    Returns:
        When the lane runs next; None when it is finished for good.
    """
    closed = {"state": "finished", "reason": why, "finished_at": now}
    conn.execute(update(run).where(run.c.id == run_id).values(**closed))
    last = is_last(work.lane, why)
    values: dict[str, Any] = {"run_id": None, "finished_at": now if last else None}
    if not keeps_place(why):
        values["cursor"] = None
    conn.execute(update(lane).where(*_lane(work)).values(**values))
    if last:
        tasks.finish(conn, held)
        return None
    upcoming = next_run(now, work.every, spread(work.source_uid))
    if work.lane is Lane.LIVE:
        planned = {"last_run_at": now, "next_run_at": upcoming}
        conn.execute(update(source).where(source.c.id == work.source_id).values(**planned))
    tasks.again(conn, held, upcoming)
    return upcoming


def hurt(
    conn: Connection,
    work: Work,
    held: Claim,
    trouble: Trouble,
    counts: Counts,
    calls: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Write down a call that brought nothing, and when the lane goes on."""
    stand(conn, work.source_id, trouble.state, trouble.says, tried_at=now)
    if work.run_id is not None:
        values: dict[str, Any] = {
            "counts": counts.stored(),
            "calls": calls[-CALLS_KEPT:],
            "seen_at": now,
        }
        if trouble.ends:
            said = render(trouble.says)
            values |= {"state": "failed", "reason": said, "finished_at": now}
        mine = (run.c.id == work.run_id, run.c.state == "running")
        conn.execute(update(run).where(*mine).values(**values))
    place: dict[str, Any] = {}
    if trouble.loses_place:
        place |= {"cursor": None, "checkpoint": None}
    if trouble.ends:
        place["run_id"] = None
    if place:
        conn.execute(update(lane).where(*_lane(work)).values(**place))
    if trouble.stops:
        tasks.finish(conn, held)
        return
    upcoming = trouble.resume_at or next_run(now, work.every, spread(work.source_uid))
    conn.execute(update(source).where(source.c.id == work.source_id).values(next_run_at=upcoming))
    tasks.again(conn, held, upcoming)


def rest(
    conn: Connection, work: Work, held: Claim, state: SourceState, says: Text, until: datetime
) -> None:
    """Make no call now and look again at ``until``."""
    stand(conn, work.source_id, state, says)
    conn.execute(update(source).where(source.c.id == work.source_id).values(next_run_at=until))
    tasks.again(conn, held, until)


#: States that only a person ends.
_KEPT = (SourceState.PAUSED, SourceState.GONE)


def stand(
    conn: Connection,
    source_id: int,
    state: SourceState,
    says: Text | None,
    *,
    tried_at: datetime | None = None,
) -> None:
    """Let a source stand so; writes only what changes.

    A person's pause stays, and so does a source that is gone: the other lane, still under way,
    does not speak over what only a person can end.

    ``tried_at`` is the moment of a call that brought nothing, for the team to see.
    """
    detail: dict[str, Any] = {}
    if isinstance(says, Phrase):
        detail |= {"says": says.key, "values": dict(says.values)}
    if tried_at is not None:
        detail["tried_at"] = tried_at.isoformat()
    reason = render(says) if says is not None else None
    same = and_(
        source.c.state == state,
        source.c.reason.is_not_distinct_from(reason),
        literal(tried_at is None),
    )
    conn.execute(
        update(source)
        .where(source.c.id == source_id, source.c.state.not_in(_KEPT), ~same)
        .values(state=state, reason=reason, detail=detail)
    )


def _lane(work: Work) -> tuple[Any, Any]:
    return lane.c.source_id == work.source_id, lane.c.lane == work.lane.value
