"""The queue itself: rows with a due time, a lease and a fence.

A claim is one UPDATE, and every write of the work carries the claim's fence: whoever lost the
lease changes nothing any more. See ``docs/decisions/`` for why the database is the queue.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Insert, and_, case, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tombola.api import Fenced, NotFound
from tombola.db import Database
from tombola.db.types import UtcDateTime
from tombola.queue.models import task
from tombola.queue.rules import NEVER, PARKED_FOR, State, after_failure, short, wait_after

#: Tries of a duty without any progress between them.
ATTEMPTS = 5
_CLAIMED = (
    *("id", "kind", "key", "team_id", "owner", "fence", "asked", "attempts"),
    *("due_at", "payload", "progress"),
)


def _not_over() -> bool:
    return False


@dataclass(frozen=True)
class Claim:
    """A duty that this worker holds until its lease ends.

    Attributes:
        owner: Whose it is. SQLite gives the number of a dropped row to a new one, whose fences
            begin anew, so that number and fence alone would not tell the two apart.
        fence: Grows with each claim; writes that carry an older one are refused.
        asked: How often it had been put; a ``put`` meanwhile makes the duty run again.
        due_at: When it was due.
        lease: How long it holds without a sign of life.
        over: Says that this run should end at the next good moment (time used, or shut-down).
    """

    id: int
    kind: str
    key: str
    team_id: int | None
    owner: str
    fence: int
    asked: int
    attempts: int
    due_at: datetime
    payload: Mapping[str, Any]
    progress: Mapping[str, Any]
    lease: timedelta
    over: Callable[[], bool] = field(default=_not_over, compare=False)


class Duty(BaseModel):
    """A row of the queue as pages show it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    kind: str
    key: str
    team_id: int | None
    state: State
    due_at: datetime
    lease_until: datetime
    attempts: int
    max_attempts: int
    last_error: str | None


def put(
    conn: Connection,
    kind: str,
    key: str,
    due_at: datetime,
    *,
    team_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
    max_attempts: int = ATTEMPTS,
) -> None:
    """Ask for a run of a duty. The same (kind, key) waits only once.

    One that waits keeps the earlier time; one that has ended, or has died, is new again; one that
    runs at this moment will run once more after it. The newest payload counts.
    """
    conn.execute(
        _put(conn.dialect.name),
        {
            "kind": kind,
            "key": key,
            "team_id": team_id,
            "state": State.READY,
            "due_at": due_at,
            "lease_until": NEVER,
            "owner": "",
            "fence": 0,
            "asked": 1,
            "attempts": 0,
            "max_attempts": max_attempts,
            "payload": dict(payload or {}),
            "progress": {},
        },
    )


@cache
def _put(dialect: str) -> Insert:
    """The statement of ``put``; making it takes longer than SQLite takes to run it."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(task)
    new = statement.excluded
    waits = task.c.state == State.READY
    runs = task.c.state == State.RUNNING
    earlier = case((and_(waits, task.c.due_at < new.due_at), task.c.due_at), else_=new.due_at)
    return statement.on_conflict_do_update(
        index_elements=[task.c.kind, task.c.key],
        set_={
            "due_at": earlier,
            "asked": task.c.asked + 1,
            "state": case((runs, task.c.state), else_=State.READY.value),
            "attempts": case((waits | runs, task.c.attempts), else_=0),
            "max_attempts": new.max_attempts,
            "payload": new.payload,
        },
    )


def ensure(
    conn: Connection, kind: str, key: str, due_at: datetime, *, max_attempts: int = ATTEMPTS
) -> None:
    """Make sure that a duty exists; one that is there is left as it is."""
    found = conn.execute(select(task.c.id).where(task.c.kind == kind, task.c.key == key)).first()
    if found is None:
        put(conn, kind, key, due_at, max_attempts=max_attempts)


def claim(
    db: Database, kind: str, *, limit: int, lease: timedelta, now: datetime, owner: str
) -> list[Claim]:
    """Take up to ``limit`` duties that are due, the longest waiting first.

    One UPDATE in a transaction of its own: two workers never take the same row. Each claim counts
    as an attempt until the work shows progress or ends well.
    """
    free = and_(
        task.c.kind == kind,
        task.c.state == State.READY,
        task.c.due_at <= now,
        task.c.lease_until < now,
    )
    first = select(task.c.id).where(free).order_by(task.c.due_at, task.c.id).limit(limit)
    # A plain subquery would not do: PostgreSQL may run it once a row and pass over the limit.
    chosen = first.with_for_update(skip_locked=True).cte("chosen")
    statement = (
        update(task)
        .where(task.c.id.in_(select(chosen.c.id)), free)
        .values(
            state=State.RUNNING,
            fence=task.c.fence + 1,
            lease_until=now + lease,
            owner=owner,
            attempts=task.c.attempts + 1,
        )
        .returning(task)
    )
    with db.write() as conn:
        rows = conn.execute(statement).mappings().all()
    found = [Claim(lease=lease, **{name: row[name] for name in _CLAIMED}) for row in rows]
    return sorted(found, key=lambda one: (one.due_at, one.id))


def guard(
    conn: Connection,
    held: Claim,
    *,
    now: datetime,
    lease: timedelta | None = None,
    progress: Mapping[str, Any] | None = None,
) -> None:
    """Renew the lease inside the transaction of the work, or stop it.

    It is as long as the kind says, unless ``lease`` says otherwise.
    With ``progress`` the attempts start anew, since they count tries that brought nothing.

    Raises:
        Fenced: Another worker has taken the duty; the caller's transaction must not commit.
    """
    values: dict[str, Any] = {"lease_until": now + (lease or held.lease)}
    if progress is not None:
        values |= {"progress": dict(progress), "attempts": 1}
    _settle(conn, held, values)


def finish(conn: Connection, held: Claim) -> None:
    """The duty is done, unless it was put again meanwhile. Raises Fenced."""
    state = case((task.c.asked != held.asked, State.READY.value), else_=State.DONE.value)
    _settle(conn, held, _released(state=state, attempts=0, last_error=None))


def again(
    conn: Connection, held: Claim, due_at: datetime, *, progress: Mapping[str, Any] | None = None
) -> None:
    """This run ended well and the duty goes on at ``due_at``, or earlier if put. Raises Fenced."""
    values = _released(state=State.READY, attempts=0, last_error=None)
    if progress is not None:
        values["progress"] = dict(progress)
    _settle(conn, held, values | {"due_at": _sooner(held, due_at)})


def fail(
    conn: Connection,
    held: Claim,
    error: str,
    *,
    now: datetime,
    due_at: datetime | None = None,
    max_attempts: int | None = None,
) -> State:
    """This run failed: wait and try again, or give up. Raises Fenced.

    Args:
        conn: The transaction.
        held: The claim.
        error: For people who look at it.
        now: The moment.
        due_at: When to try again; None waits by the number of failures.
        max_attempts: Another number than the row's.

    Returns:
        ``ready``, or ``dead`` when the attempts are spent.
    """
    allowed = max_attempts
    if allowed is None:
        row = conn.execute(select(task.c.max_attempts).where(task.c.id == held.id)).first()
        allowed = row[0] if row else 0
    state = after_failure(held.attempts, allowed)
    values = _released(state=state, attempts=held.attempts, last_error=short(error))
    wanted = due_at or now + wait_after(held.attempts, held.key)
    _settle(conn, held, values | {"due_at": wanted})
    return state


def park(conn: Connection, held: Claim, reason: str, *, now: datetime) -> None:
    """Put the duty aside while what does it is away; looked at again later. Raises Fenced.

    This look counts as no attempt, and those before it stay: a duty that makes its plugin fail
    until the plugin rests would else never have spent them.
    """
    values = _released(
        state=State.PARKED, attempts=max(held.attempts - 1, 0), last_error=short(reason)
    )
    _settle(conn, held, values | {"due_at": now + PARKED_FOR})


def retry(conn: Connection, task_id: int, now: datetime) -> None:
    """Give a dead or parked duty all its attempts again, at once: the button's act.

    Raises:
        NotFound: There is no dead or parked duty of this number.
    """
    stuck = task.c.state.in_([State.DEAD, State.PARKED])
    values = {"state": State.READY, "attempts": 0, "due_at": now, "lease_until": NEVER}
    found = conn.execute(update(task).where(task.c.id == task_id, stuck).values(**values))
    if found.rowcount != 1:
        raise NotFound("This duty neither died nor waits for its plugin.")


def forget(conn: Connection, task_id: int) -> Duty:
    """Take a dead or parked duty away for good: the other button's act. Gives what it was.

    Raises:
        NotFound: There is no dead or parked duty of this number.
    """
    stuck = task.c.state.in_([State.DEAD, State.PARKED])
    statement = delete(task).where(task.c.id == task_id, stuck).returning(task)
    gone = conn.execute(statement).mappings().first()
    if gone is None:
        raise NotFound("This duty neither died nor waits for its plugin.")
    return Duty.model_validate(dict(gone))


def wake(conn: Connection, team_id: int | None, now: datetime) -> None:
    """Let every parked duty of a team, or of none, be looked at now; it keeps its attempts."""
    whose = task.c.team_id.is_(None) if team_id is None else task.c.team_id == team_id
    mine = and_(task.c.state == State.PARKED, whose)
    conn.execute(update(task).where(mine).values(state=State.READY, due_at=now))


def drop(conn: Connection, kind: str, keys: Iterable[str]) -> None:
    """Forget duties; a worker that holds one is fenced at its next write."""
    conn.execute(delete(task).where(task.c.kind == kind, task.c.key.in_(list(keys))))


def stuck(conn: Connection, limit: int = 100) -> list[Duty]:
    """Duties that wait for a person or a plugin, the newest first."""
    rows = conn.execute(
        select(task)
        .where(task.c.state.in_([State.DEAD, State.PARKED]))
        .order_by(task.c.due_at.desc(), task.c.id.desc())
        .limit(limit)
    ).mappings()
    return [Duty.model_validate(dict(row)) for row in rows]


def get(conn: Connection, kind: str, key: str) -> Duty | None:
    """One duty by its name, or None."""
    row = conn.execute(select(task).where(task.c.kind == kind, task.c.key == key)).mappings()
    found = row.first()
    return Duty.model_validate(dict(found)) if found else None


def due_kinds(conn: Connection, now: datetime) -> dict[str, int]:
    """How many duties of each kind are due and held by nobody."""
    rows = conn.execute(
        select(task.c.kind, func.count())
        .where(task.c.state == State.READY, task.c.due_at <= now, task.c.lease_until < now)
        .group_by(task.c.kind)
    )
    return {row[0]: row[1] for row in rows}


def _released(**values: Any) -> dict[str, Any]:
    return {"lease_until": NEVER, "owner": "", **values}


def _sooner(held: Claim, due_at: datetime) -> Any:
    """The wanted time, unless a put while it ran asked for an earlier one."""
    sooner = task.c.due_at < literal(due_at, UtcDateTime())
    put_meanwhile = and_(task.c.asked != held.asked, sooner)
    return case((put_meanwhile, task.c.due_at), else_=literal(due_at, UtcDateTime()))


def _settle(conn: Connection, held: Claim, values: Mapping[str, Any]) -> None:
    mine = and_(
        task.c.id == held.id,
        task.c.kind == held.kind,
        task.c.key == held.key,
        task.c.owner == held.owner,
        task.c.fence == held.fence,
        task.c.state == State.RUNNING,
    )
    if conn.execute(update(task).where(mine).values(**values)).rowcount != 1:
        raise Fenced(f"{held.kind} {held.key}: another worker has taken it over.")
