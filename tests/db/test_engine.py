"""The engine: short transactions, one writer at a time, readers that wait for nobody."""

import fcntl
import os
import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tombola.db import Database, new_uid
from tombola.db.types import time_text
from tombola.plans.models import plan
from tombola.queue.models import beat


def add(conn, key):
    conn.execute(plan.insert().values(key=key, title=key, position=0))


def keys(database):
    with database.read() as conn:
        return set(conn.execute(select(plan.c.key)).scalars())


def test_a_failed_transaction_leaves_nothing(database):
    def fail():
        with database.write() as conn:
            add(conn, "half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert "half" not in keys(database)
    with database.write() as conn:
        add(conn, "whole")
    assert "whole" in keys(database)


def test_a_second_write_in_the_same_thread_is_a_mistake_and_says_so(database):
    with database.write(), pytest.raises(RuntimeError, match="already open"), database.write():
        pass


def test_writers_in_threads_lose_nothing(database):
    def work(name):
        for n in range(20):
            with database.write() as conn:
                add(conn, f"{name}-{n}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys(database)) >= 120


def test_a_reader_does_not_wait_for_a_writer(database):
    before = keys(database)
    with database.write() as conn:
        add(conn, "unfinished")
        seen = []
        reader = threading.Thread(target=lambda: seen.append(keys(database)))
        reader.start()
        reader.join(5)
        assert seen == [before]


def test_a_waiting_writer_is_next_before_one_that_takes_the_lock_again(sqlite_database):
    order = []
    waiting = threading.Event()

    def other():
        waiting.set()
        with sqlite_database.write():
            order.append("other")

    thread = threading.Thread(target=other)
    with sqlite_database.write():
        thread.start()
        waiting.wait(5)
        _until_blocked(sqlite_database)
    for _ in range(3):
        with sqlite_database.write():
            order.append("again")
    thread.join()
    assert order[0] == "other"


def _until_blocked(database):
    """Wait until the other thread stands at the gate: then the gate is taken."""
    descriptor = os.open(f"{database.url.database}.gate", os.O_RDWR)
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            time.sleep(0.005)
    finally:
        os.close(descriptor)
    pytest.fail("nobody came to the gate")


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://"])
def test_other_databases_are_refused_in_words(url):
    with pytest.raises(ValueError, match="SQLite"):
        Database(url)


def test_names_of_rows_sort_by_their_time():
    early = new_uid(datetime(2026, 1, 1, tzinfo=UTC))
    late = new_uid(datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert early < late
    assert early[14] == "7"
    assert early[19] in "89ab"


def test_time_as_text_sorts_as_time():
    moments = [datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, 23, 59, 59, 999, tzinfo=UTC)]
    assert sorted(map(time_text, moments)) == [time_text(at) for at in sorted(moments)]


def test_a_naive_time_is_refused(database):
    with pytest.raises(Exception, match="naive"), database.write() as conn:
        conn.execute(beat.insert().values(name="x", at=datetime(2026, 1, 1), info={}))  # noqa: DTZ001
