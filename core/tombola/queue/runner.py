"""One job of a worker: claims due duties of a kind and does them in threads, for a while."""

import os
import socket
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

import structlog

from tombola.api import Fenced
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, House, Kind, Parked, Result, Settled, Site
from tombola.queue.tasks import Claim

log = structlog.get_logger("tombola.queue")

#: Seconds between two looks for more duties while some are being done.
LOOK = 0.5
#: Seconds after its budget at which a job leaves threads that do not come back to their fate: their
#: leases end, and others take over.
GRACE = 60.0


def owner_name() -> str:
    """Who holds a lease, for people who look at the table."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


def _never() -> bool:
    return False


class Run:
    """One job's run over a kind."""

    def __init__(self, house: House, kind: Kind, stopping: Callable[[], bool]) -> None:
        self._site = house.site
        self._kind = kind
        self._stopping = stopping
        self._owner = owner_name()
        self._end = time.monotonic() + kind.budget.total_seconds()
        self._at_work: dict[Future[None], Claim] = {}

    def over(self) -> bool:
        """Whether no new work should be begun: time is used, or the worker is shutting down."""
        return self._stopping() or time.monotonic() >= self._end

    def __call__(self) -> int:
        """Do what is due; returns how many duties were taken."""
        taken = 0
        pool = ThreadPoolExecutor(self._kind.concurrency, thread_name_prefix=self._kind.name)
        try:
            while True:
                taken += self._take(pool)
                if not self._at_work or time.monotonic() > self._end + GRACE:
                    return taken
                done, _ = wait(self._at_work, timeout=LOOK, return_when=FIRST_COMPLETED)
                for future in done:
                    del self._at_work[future]
                    future.result()
        finally:
            for left in self._at_work.values():
                log.error("duty_abandoned", kind=left.kind, key=left.key)
            pool.shutdown(wait=False, cancel_futures=True)

    def _take(self, pool: ThreadPoolExecutor) -> int:
        room = self._kind.concurrency - len(self._at_work)
        if room <= 0 or self.over():
            return 0
        claims = tasks.claim(
            self._site.db,
            self._kind.name,
            limit=room,
            lease=self._kind.lease,
            now=self._site.clock(),
            owner=self._owner,
        )
        for held in claims:
            at_work = replace(held, over=self.over)
            self._at_work[pool.submit(do, self._site, self._kind, at_work)] = at_work
        return len(claims)


def do(site: Site, kind: Kind, held: Claim) -> None:
    """Do one claimed duty and write down how it ended. Raises nothing that the duty raised."""
    try:
        _write(site, kind, held, kind.handle(site, held))
    except Fenced:
        log.warning("duty_fenced", kind=held.kind, key=held.key, fence=held.fence)
    except Parked as parked:
        _unless_fenced(_park, site, held, str(parked))
    except Exception as error:  # a duty that fails is tried again, the worker lives
        log.exception("duty_failed", kind=held.kind, key=held.key, attempts=held.attempts)
        said = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        _unless_fenced(_fail, site, held, said)


def _write(site: Site, kind: Kind, held: Claim, result: Result) -> None:
    if isinstance(result, Settled):
        return
    now = site.clock()
    with site.db.write() as conn:
        if isinstance(result, Again):
            tasks.again(conn, held, result.due_at)
        elif isinstance(result, Done) and kind.every is not None:
            tasks.again(conn, held, now + kind.every)
        else:
            tasks.finish(conn, held)


def _fail(site: Site, held: Claim, said: str) -> None:
    with site.db.write() as conn:
        tasks.fail(conn, held, said, now=site.clock())


def _park(site: Site, held: Claim, reason: str) -> None:
    log.info("duty_parked", kind=held.kind, key=held.key)
    with site.db.write() as conn:
        tasks.park(conn, held, reason, now=site.clock())


def _unless_fenced(
    write: Callable[[Site, Claim, str], None], site: Site, held: Claim, said: str
) -> None:
    try:
        write(site, held, said)
    except Fenced:
        log.warning("duty_fenced_at_its_end")
    except Exception:  # the lease will end by itself
        log.exception("duty_not_written")


def run(house: House, kind: Kind, stopping: Callable[[], bool] = _never) -> int:
    """Do what is due of a kind until nothing is left or the time is used.

    Args:
        house: The installation.
        kind: The kind.
        stopping: Says that the worker is about to end; running duties finish their step.

    Returns:
        How many duties were taken.
    """
    return Run(house, kind, stopping)()
