"""Looks every second for what is due and rings for it; ends leases of the dead.

Any number of reconcilers may run: they only ring, and only claims decide who works.
"""

import signal
import threading
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tombola.queue import tasks
from tombola.queue.kinds import House
from tombola.queue.models import beat, task
from tombola.queue.rules import NEVER, State

log = structlog.get_logger("tombola.queue")

#: Seconds between two looks.
PERIOD = 1.0
#: A sign of life is written this often.
BEAT = timedelta(seconds=5)
#: How long a duty that ended well is kept.
KEEP_DONE = timedelta(days=1)
NAME = "reconciler"
#: Attempts of duties that always come back: they may rest, but never die.
ENDLESS = 1_000_000


def reconcile(house: House) -> None:
    """Ring for what is due until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    settle_in(house)
    while not stopping.is_set():
        try:
            for kind in tick(house):
                house.site.bell.ring(kind)
        except Exception:  # a database that is away comes back
            log.exception("tick_failed")
        stopping.wait(PERIOD)


def settle_in(house: House) -> None:
    """Make the rows of the duties that always come back."""
    now = house.site.clock()
    with house.site.db.write() as conn:
        for kind in house.kinds.values():
            if kind.every is not None:
                tasks.ensure(conn, kind.name, kind.name, now, max_attempts=ENDLESS)


def tick(house: House) -> list[str]:
    """One look: frees expired leases, buries what is spent, wakes what waits elsewhere.

    Returns:
        The known kinds with due duties that nobody holds, in the order of registration.
    """
    db, now = house.site.db, house.site.clock()
    with db.read() as conn:
        waiting = [
            kind.name for kind in house.kinds.values() if kind.waiting and kind.waiting(conn, now)
        ]
        overdue = _expired(conn, now)
        due = tasks.due_kinds(conn, now)
        beats = _needs_beat(conn, now)
    if waiting or overdue or beats:
        with db.write() as conn:
            for name in waiting:
                tasks.put(conn, name, name, now, max_attempts=ENDLESS)
            if overdue:
                release(conn, now)
            if beats:
                _beat(conn, now)
            due = tasks.due_kinds(conn, now)
    return [name for name in house.kinds if name in due]


def release(conn: Connection, now: datetime) -> tuple[int, int]:
    """End leases whose holder was silent too long, and wake what was parked long enough.

    Returns:
        How many are ready again, and how many have used up their attempts and are dead.
    """
    expired = and_(task.c.state == State.RUNNING, task.c.lease_until < now)
    free = {"lease_until": NEVER, "owner": ""}
    said = "The worker went silent in the middle of this, each time."
    spent = and_(expired, task.c.attempts >= task.c.max_attempts)
    dead = conn.execute(
        update(task).where(spent).values(state=State.DEAD, last_error=said, **free)
    ).rowcount
    ready = conn.execute(update(task).where(expired).values(state=State.READY, **free)).rowcount
    parked = and_(task.c.state == State.PARKED, task.c.due_at <= now)
    ready += conn.execute(update(task).where(parked).values(state=State.READY)).rowcount
    log.info("leases_ended", ready=ready, dead=dead)
    return ready, dead


def last_beat(conn: Connection) -> datetime | None:
    """When a reconciler last gave a sign of life; None for never."""
    found: datetime | None = conn.execute(select(beat.c.at).where(beat.c.name == NAME)).scalar()
    return found


def _expired(conn: Connection, now: datetime) -> bool:
    silent = and_(task.c.state == State.RUNNING, task.c.lease_until < now)
    parked = and_(task.c.state == State.PARKED, task.c.due_at <= now)
    return conn.execute(select(task.c.id).where(silent | parked).limit(1)).first() is not None


def _needs_beat(conn: Connection, now: datetime) -> bool:
    at = last_beat(conn)
    return at is None or abs(now - at) >= BEAT


def _beat(conn: Connection, now: datetime) -> None:
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(beat).values(name=NAME, at=now, info={})
    conn.execute(statement.on_conflict_do_update(index_elements=[beat.c.name], set_={"at": now}))
    old = and_(task.c.state == State.DONE, task.c.due_at < now - KEEP_DONE)
    conn.execute(delete(task).where(old))
