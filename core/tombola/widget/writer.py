"""Group commit: one thread writes whatever came while it was writing, and each waits for its own.

A request's thread hands its part over and sleeps until the set that holds it is committed. Under
load the sets grow and the commits do not, so that a burst costs little more than one push.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from tombola.api import Busy

T = TypeVar("T")

#: Parts that may wait; beyond it the answer is "try again", which the script does by itself.
ROOM = 2_000
#: Seconds that a part waits for its commit, and after which a set that is still being committed
#: tells that the database is stuck: then nothing more is taken until it is done.
PATIENCE_S = 5.0
STUCK_S = 2.0
RETRY_AFTER = timedelta(seconds=1)

log = structlog.get_logger(__name__)


class _Waiting(Generic[T]):
    """A part and its sender, who sleeps on ``done``: of all ways to wait the cheapest."""

    __slots__ = ("done", "given_up", "part", "wrong")

    def __init__(self, part: T) -> None:
        self.part = part
        self.wrong: Exception | None = None
        self.given_up = False
        self.done = threading.Lock()
        self.done.acquire()


class Writer(Generic[T]):
    """Commits parts in sets, in the order of their arrival.

    Args:
        commit: Writes a set in one transaction; raises if it did not commit. Called by one
            thread at a time.
        largest: Weight of one set; a single part may exceed it.
        room: Parts that may wait.
        weigh: The weight of a part, at least 1.
        patience_s: Seconds that one waits.
        stuck_s: Seconds that a commit may take before more is refused at once.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], None],
        *,
        largest: int,
        room: int = ROOM,
        weigh: Callable[[T], int] = lambda _: 1,
        patience_s: float = PATIENCE_S,
        stuck_s: float = STUCK_S,
    ) -> None:
        self._commit = commit
        self._largest = largest
        self._room = room
        self._weigh = weigh
        self._patience_s = patience_s
        self._stuck_s = stuck_s
        self._committing_since = float("inf")
        self._waiting: deque[_Waiting[T]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def write(self, part: T) -> None:
        """Return when ``part`` is committed.

        Raises:
            Busy: too much waits already, or the wait was too long; the part may be given again.
            Exception: what ``commit`` raised for this part alone.
        """
        mine = _Waiting(part)
        with self._changed:
            if self._closed or len(self._waiting) >= self._room or self._is_stuck():
                raise Busy(RETRY_AFTER)
            self._waiting.append(mine)
            self._start()
            if len(self._waiting) == 1:  # else it is awake already
                self._changed.notify()
        if not mine.done.acquire(timeout=self._patience_s):
            mine.given_up = True
            raise Busy(RETRY_AFTER)
        if mine.wrong is not None:
            raise mine.wrong

    def close(self) -> None:
        """Write what waits and stop. Later parts are refused as busy."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _is_stuck(self) -> bool:
        return time.monotonic() - self._committing_since > self._stuck_s

    def _start(self) -> None:
        """Start the thread with the first part: a process that forks before it has none."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="tracking", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                parts = self._next_set()
            self._committing_since = time.monotonic()
            self._write_set([each for each in parts if not each.given_up])
            self._committing_since = float("inf")

    def _next_set(self) -> list[_Waiting[T]]:
        """Take what fits into one set, the first in any case, in the order of arrival."""
        parts = [self._waiting.popleft()]
        weight = self._weigh(parts[0].part)
        while self._waiting and weight + self._weigh(self._waiting[0].part) <= self._largest:
            parts.append(self._waiting.popleft())
            weight += self._weigh(parts[-1].part)
        return parts

    def _write_set(self, parts: list[_Waiting[T]]) -> None:
        if not parts:
            return
        try:
            self._commit([each.part for each in parts])
        except Busy as wait:
            _answer(parts, wait)
        except Exception as wrong:
            if len(parts) == 1:
                log.exception("push_not_written")
                _answer(parts, wrong)
                return
            # One that cannot be written takes no other with it.
            for each in parts:
                self._write_set([each])
        else:
            _answer(parts, None)


def _answer(parts: Sequence[_Waiting[T]], wrong: Exception | None) -> None:
    for each in parts:
        each.wrong = wrong
        each.done.release()
