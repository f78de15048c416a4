"""Ends a process that should not go on: its parent is gone, or it sits in a write transaction.

A forked job that outlives its worker would work beside its successor; one that freezes inside a
write transaction would stop every writer of SQLite. Both cost nothing to end: leases run out and
others take over.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection, event

from tombola.db import Database

log = structlog.get_logger("tombola.queue")

#: Seconds between two looks.
PERIOD = 0.25
#: Seconds that one write transaction may take; a normal one takes milliseconds.
LONGEST_WRITE = 5.0


@dataclass
class Writes:
    """When each open write transaction of this process began (monotonic seconds)."""

    begun: dict[int, float] = field(default_factory=dict)

    def oldest(self) -> float:
        """Seconds since the oldest open one began; 0 without any."""
        now = time.monotonic()
        return max((now - at for at in list(self.begun.values())), default=0.0)


def observe(db: Database) -> Writes:
    """Note the beginning and the end of every write transaction from now on.

    On SQLite the beginning is when the lock is held, not when the turn is awaited.
    """
    writes = Writes()

    @event.listens_for(db.engine, "begin")
    def begin(conn: Connection) -> None:
        if conn.get_execution_options().get("tombola_writes"):
            writes.begun[id(conn)] = time.monotonic()

    @event.listens_for(db.engine, "commit")
    def commit(conn: Connection) -> None:
        writes.begun.pop(id(conn), None)

    @event.listens_for(db.engine, "rollback")
    def rollback(conn: Connection) -> None:
        writes.begun.pop(id(conn), None)

    return writes


def guard_child(db: Database, parent: int) -> None:
    """Watch over a forked job from a thread of its own, until the process ends."""
    writes = observe(db)
    threading.Thread(target=_watch, args=(writes, parent), name="watchdog", daemon=True).start()


def _watch(writes: Writes, parent: int) -> None:
    while True:
        time.sleep(PERIOD)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        if writes.oldest() > LONGEST_WRITE:
            log.error("write_transaction_too_long", seconds=round(writes.oldest(), 1))
            os.kill(os.getpid(), signal.SIGKILL)
