"""The worker: RQ's, on one queue, a fork for each job; or without Redis, by looking itself."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.job import Job

from tombola.queue import bell, job, reconciler, watchdog
from tombola.queue.kinds import House
from tombola.queue.runner import run

log = structlog.get_logger("tombola.queue")

#: Seconds between two looks of a worker that polls.
PERIOD = 1.0
#: Seconds of a blocking wait for the next job, plus what RQ takes off (15).
IDLE_TTL = 45


class ForkingWorker(Worker):
    """RQ's worker with the house's rules for its forked child.

    RQ's own bookkeeping is worth nothing to us: what fails there is logged and passed over.
    """

    bench: job.Bench

    def main_work_horse(self, rq_job: Job, queue: Queue) -> None:
        """Begin the forked child: own connections, a watchdog, a gentle end on SIGUSR1."""
        site = self.bench.house.site
        site.db.after_fork()
        watchdog.guard_child(site.db, os.getppid())
        signal.signal(signal.SIGUSR1, lambda *_: self.bench.stopping.set())
        job.bench.set(self.bench)
        super().main_work_horse(rq_job, queue)

    def handle_warm_shutdown_request(self) -> None:
        """Ask the child to end at its next good moment."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call] # in RQ
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGUSR1)

    def run_maintenance_tasks(self) -> None:
        """Tidy up in Redis; a corrupt job there must not end the worker again and again."""
        try:
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call] # in RQ
        except StopRequested:  # asked to end in the middle of it: no fault of Redis
            raise
        except Exception:  # whatever stands in Redis, duties stand in the database
            log.exception("redis_not_tidied")
            for queue in self.queues:
                queue.release_maintenance_lock()  # type: ignore[no-untyped-call] # in RQ


def work(house: House, redis_url: str) -> None:
    """Take jobs from Redis until SIGTERM or SIGINT; a running job ends its step first.

    Returns also when Redis fails in the middle of a job: the supervisor starts a new worker.
    """
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until a child has its own answer
    line = bell.connect(redis_url, patience=IDLE_TTL)
    worker = ForkingWorker(
        [Queue(bell.QUEUE, connection=line, serializer="json")],
        connection=line,
        serializer="json",
        worker_ttl=IDLE_TTL,
        maintenance_interval=60,
        job_monitoring_interval=10,
        log_job_description=False,
    )
    worker.bench = job.Bench(house, redis_url)
    house.site.db.close()  # a fork must not share a connection
    worker.work(logging_level="WARNING")


def poll(house: House) -> None:
    """Look for due duties once a second, without Redis, until SIGTERM or SIGINT.

    It does the reconciler's work as well, so that one process is enough.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    reconciler.settle_in(house)
    while not stopping.is_set():
        due = reconciler.tick(house)
        for name in due:
            _in_child(partial(run, house, house.kinds[name], stopping.is_set), house)
        if not due:
            stopping.wait(PERIOD)


def _in_child(act: Callable[[], Any], house: House) -> None:
    """Run ``act`` in a forked child and wait for it; whatever it does to itself ends there."""
    house.site.db.close()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setpgrp()
            house.site.db.after_fork()
            watchdog.guard_child(house.site.db, parent)
            act()
            code = 0
        finally:
            os._exit(code)
    while True:
        try:
            _, status = os.waitpid(child, 0)
            break
        except InterruptedError:
            time.sleep(0)
    if status:
        log.warning("child_ended_badly", status=status)
