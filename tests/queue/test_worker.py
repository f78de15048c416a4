"""Real workers and reconcilers, killed in every way."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from redis import Redis
from rq import Worker
from rq.exceptions import StopRequested
from sqlalchemy import update

from tombola.queue import bell, tasks
from tombola.queue.models import task
from tombola.queue.rules import NEVER, State
from tombola.queue.worker import ForkingWorker

PROGRAM = Path(__file__).with_name("duties.py")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class Company:
    """The processes of one test, on one database and one Valkey."""

    def __init__(self, database, url, redis, folder):
        self.database, self.url, self.redis, self.folder = database, url, redis, folder

    @contextmanager
    def start(self, role):
        log = (self.folder / f"{role}.log").open("ab")
        words = [sys.executable, str(PROGRAM), role, self.url, self.redis, str(self.folder)]
        with log, subprocess.Popen(words, stdout=log, stderr=log) as process:
            try:
                yield process
            finally:
                ended = process.poll() is not None
                family = [] if ended else psutil.Process(process.pid).children(recursive=True)
                for one in (*family, process):
                    one.kill()

    def put(self, kind, key, **more):
        with self.database.write() as conn:
            tasks.put(conn, kind, key, datetime.now(UTC), **more)

    def state(self, kind, key):
        with self.database.read() as conn:
            found = tasks.get(conn, kind, key)
        assert found is not None
        return found.state

    def pids(self, key):
        found = (path.suffix.lstrip(".") for path in self.folder.glob(f"{key}.*"))
        return [int(number) for number in found if number.isdigit()]

    def until(self, fact, seconds=60):
        deadline = time.monotonic() + seconds
        while not fact():
            if time.monotonic() > deadline:
                said = "".join(log.read_text() for log in self.folder.glob("*.log"))
                pytest.fail(f"It did not happen in {seconds} s.\n{said[-4000:]}")
            time.sleep(0.02)


@pytest.fixture
def company(database, database_url, valkey_url, tmp_path):
    return Company(database, database_url, valkey_url, tmp_path)


@pytest.fixture
def quick_company(sqlite_database, sqlite_url, valkey_url, tmp_path):
    return Company(sqlite_database, sqlite_url, valkey_url, tmp_path)


def test_due_duty_is_done_in_a_fork(company):
    with company.start("reconcile"), company.start("worker") as worker:
        company.put("note", "a")
        company.until(lambda: company.state("note", "a") == State.DONE)

    (pid,) = company.pids("a")
    assert pid != worker.pid


def test_flushed_redis_loses_no_duty(company):
    with company.start("reconcile"), company.start("worker"):
        with Redis.from_url(company.redis) as line:
            for n in range(10):
                company.put("note", f"n{n}")
                line.flushall()
        company.until(lambda: all(company.state("note", f"n{n}") == State.DONE for n in range(10)))


@pytest.mark.parametrize("who", ["worker", "horse", "both"])
def test_duty_of_a_killed_worker_is_taken_over(quick_company, who):
    company = quick_company
    with ExitStack() as stack:
        stack.enter_context(company.start("reconcile"))
        worker = stack.enter_context(company.start("worker"))
        company.put("linger", "a")
        company.until(lambda: company.pids("a"))
        (horse,) = company.pids("a")
        victims = {"worker": [worker.pid], "horse": [horse], "both": [worker.pid, horse]}
        for pid in victims[who]:
            os.kill(pid, signal.SIGKILL)
        if who != "horse":
            stack.enter_context(company.start("worker"))
        company.until(lambda: not psutil.pid_exists(horse) or _is_dead(horse), 20)
        _expire(company, "linger", "a")
        company.until(lambda: company.state("linger", "a") == State.DONE, 90)

    assert len(company.pids("a")) == 2


def test_orphan_leaves_when_its_parent_dies(quick_company):
    company = quick_company
    with company.start("reconcile"), company.start("worker") as worker:
        company.put("linger", "a")
        company.until(lambda: company.pids("a"))
        (horse,) = company.pids("a")
        worker.kill()
        company.until(lambda: _is_dead(horse), 20)

    assert not (company.folder / "a.ended").exists()


def test_terminated_worker_ends_its_step_and_its_lease(quick_company):
    company = quick_company
    with company.start("reconcile"), company.start("worker") as worker:
        company.put("linger", "a")
        company.until(lambda: company.pids("a"))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0

    assert company.state("linger", "a") == State.DONE


def test_poison_kills_no_worker_and_is_dead_with_its_reason(quick_company):
    company = quick_company
    with company.start("reconcile"), company.start("worker") as worker:
        company.put("poison", "p", max_attempts=2)
        company.put("note", "a")
        company.until(lambda: company.state("poison", "p") == State.DEAD, 90)
        company.until(lambda: company.state("note", "a") == State.DONE)
        assert worker.poll() is None


def test_process_frozen_in_a_write_transaction_is_ended(quick_company):
    company = quick_company
    with company.start("reconcile"), company.start("worker"):
        company.put("freeze", "f")
        company.until(lambda: company.pids("f"))
        (horse,) = company.pids("f")
        company.until(lambda: _is_dead(horse), 30)
        started = time.monotonic()
        company.put("note", "a")
        assert time.monotonic() - started < 5


def test_polling_worker_needs_no_redis(company):
    company.redis = "unix:///nowhere/at-all.sock"
    with company.start("poll") as worker:
        company.put("note", "a")
        company.until(lambda: company.state("note", "a") == State.DONE)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0


def test_garbage_in_redis_stops_no_worker(quick_company):
    company = quick_company
    with Redis.from_url(company.redis) as line:
        line.rpush(f"rq:queue:{bell.QUEUE}", "no-such-job", "broken")
        line.hset("rq:job:broken", mapping={"data": b"\x80\x04.", "created_at": "never"})
        line.hset("rq:job:stale", mapping={"status": "started"})
        line.zadd(f"rq:wip:{bell.QUEUE}", {"stale:1": 1, "nonsense": 1})
    with company.start("reconcile"), ExitStack() as stack:
        workers = [stack.enter_context(company.start("worker"))]
        company.put("note", "a")

        def done():
            # A supervisor restarts on any exit.
            if workers[-1].poll() is not None:
                workers.append(stack.enter_context(company.start("worker")))
            return company.state("note", "a") == State.DONE

        company.until(done, 90)
        assert len(workers) <= 3


def _is_dead(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _expire(company, kind, key):
    """Let the lease end at once, as if its time had passed."""
    with company.database.write() as conn:
        mine = (task.c.kind == kind, task.c.key == key, task.c.state == State.RUNNING)
        conn.execute(update(task).where(*mine).values(lease_until=NEVER))


def test_stop_in_the_middle_of_tidying_ends_the_worker_without_a_fault(monkeypatch):
    def asked(_worker):
        raise StopRequested

    monkeypatch.setattr(Worker, "run_maintenance_tasks", asked)
    with pytest.raises(StopRequested):
        ForkingWorker.__new__(ForkingWorker).run_maintenance_tasks()
