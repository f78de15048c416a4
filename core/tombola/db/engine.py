"""The database: one class, two kinds of transaction."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from tombola.api import Busy
from tombola.db.turnstile import Turnstile

#: Milliseconds that SQLite waits for a lock that the turnstile does not cover (a backup, a shell).
BUSY_TIMEOUT = 10_000
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384")
#: PostgreSQL's words for "try again": serialization failure, deadlock, no room for one more
#: connection, and a server that restarts.
PASSING_STATES = frozenset({"40001", "40P01", "53300", "57P01", "57P02", "57P03"})
#: Seconds that PostgreSQL may take to let a connection in.
CONNECT_S = 5
RETRY_AFTER = timedelta(seconds=1)
#: Rows that one set may hold: measured so that SQLite's write lock is held a few milliseconds.
SET_SIZE = {"sqlite": 500, "postgresql": 5_000}


class Database:
    """An engine with the house's rules: short transactions, readers never wait for writers.

    ``write()`` and ``read()`` are the ways to a connection, and ``glance()`` to a single row.
    What passes by itself (a lock that somebody else holds too long, a deadlock, a server that
    restarts) is raised as Busy: nothing was written, and the whole transaction may be tried
    again. Neither may be entered inside the other by the same thread, and no network or plugin
    call belongs inside ``write()``.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        if self.dialect not in SET_SIZE:
            raise ValueError(f"Tombola keeps its data in SQLite or PostgreSQL, not {self.dialect}.")
        self.engine = _sqlite(self.url) if self.dialect == "sqlite" else _postgresql(self.url)
        self.set_size = SET_SIZE[self.dialect]
        self._open = threading.local()
        self._glances: dict[Select[Any], tuple[str, Sequence[str] | None]] = {}

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on any exception."""
        with self._transaction(writes=True) as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that reads a single state of the database."""
        with self._transaction(writes=False) as conn:
            yield conn

    def glance(self, statement: Select[Any], values: Mapping[str, int]) -> tuple[Any, ...] | None:
        """The first row of one statement without a transaction: the cheapest read there is.

        For the road that is asked more than all others together; it costs a fifth of ``read()``.

        Args:
            statement: Made once, with numbers as its only parameters and results.
            values: By the parameters' names.
        """
        if statement not in self._glances:
            compiled = statement.compile(dialect=self.engine.dialect)
            self._glances[statement] = str(compiled), getattr(compiled, "positiontup", None)
        text, order = self._glances[statement]
        try:
            raw = self.engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute(text, values if order is None else [values[name] for name in order])
                row: tuple[Any, ...] | None = cursor.fetchone()
                cursor.close()
                return row
            finally:
                raw.close()
        except self.engine.dialect.loaded_dbapi.OperationalError as error:
            raise Busy(RETRY_AFTER) from error

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self._plain_transaction(writes=writes) as conn:
                yield conn
        except DBAPIError as error:
            if _is_passing(error):
                raise Busy(RETRY_AFTER) from error
            raise

    @contextmanager
    def _plain_transaction(self, *, writes: bool) -> Iterator[Connection]:
        if writes and getattr(self._open, "writes", False):
            raise RuntimeError("A write transaction is already open in this thread.")
        with self.engine.connect().execution_options(tombola_writes=writes) as conn:
            if writes:
                self._open.writes = True
            try:
                with conn.begin():
                    yield conn
            finally:
                if writes:
                    self._open.writes = False

    def after_fork(self) -> None:
        """Forget the parent's connections: in a forked child, before the first transaction."""
        self.engine.dispose(close=False)
        self._open = threading.local()

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()


def _is_passing(error: DBAPIError) -> bool:
    """Whether the same transaction may well succeed in a moment: nothing of it has been written."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", "")
    if state is None and isinstance(error, OperationalError):
        return True  # no server answered
    return state in PASSING_STATES or "database is locked" in str(error.orig)


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("Tombola's SQLite database is a file, since several processes share it.")
    path = Path(url.database)
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT / 1000},
        pool_size=8,
        max_overflow=64,
    )

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-16384",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        record.info["turnstile"] = Turnstile(path)

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        if not conn.get_execution_options().get("tombola_writes"):
            conn.exec_driver_sql("BEGIN")
            return
        turnstile = conn.info["turnstile"]
        turnstile.enter()
        try:
            conn.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            turnstile.leave()
            raise

    @event.listens_for(engine, "reset")
    def reset(_connection: sqlite3.Connection, record: Any, _state: Any) -> None:
        record.info["turnstile"].leave()

    @event.listens_for(engine, "close")
    def close(_connection: sqlite3.Connection, record: Any) -> None:
        turnstile = record.info.pop("turnstile", None)
        if turnstile is not None:
            turnstile.close()

    return engine


def _postgresql(url: URL) -> Engine:
    # Without custom plans the eleventh set of the same statement flips to a bad generic plan.
    options = "-c plan_cache_mode=force_custom_plan -c idle_in_transaction_session_timeout=60000"
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": options, "connect_timeout": CONNECT_S},
        # Names, addresses and codes have no place in a log.
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=64,
    )
