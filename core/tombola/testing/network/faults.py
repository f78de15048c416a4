"""What can be broken in a fake network, and the board on which it is broken."""

import fnmatch
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class FaultKind(StrEnum):
    """The ways in which a network fails."""

    TOO_MANY = "429"
    """Answers 429 in the network's own words, with its own headers."""
    OUT_OF_CREDIT = "402"
    """Answers 402 in the network's own words."""
    UNAUTHORIZED = "401"
    """Refuses the key or token, in the network's own words."""
    FORBIDDEN = "403"
    """Refuses the permission, in the network's own words."""
    NOT_FOUND = "404"
    """Knows nothing of what is asked for, in the network's own words."""
    SERVER_ERROR = "5xx"
    """Answers 503 with a page of HTML, as a load balancer does."""
    GARBAGE = "garbage"
    """Answers 200 with JSON's content type and anything inside, ``says`` where it is given."""
    TRUNCATED = "truncated"
    """Answers rightly, and only the first half arrives."""
    SLOW = "slow"
    """Answers rightly, after a while."""
    HANG = "hang"
    """Takes the call and says nothing until mended."""
    RESET = "reset"
    """Drops the connection."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is broken.

    Attributes:
        pattern: shell pattern over the path, such as ``/2/tweets/search/*``.
        kind: how it fails.
        times: how many calls it still hits; None until mended.
        lasts: how long SLOW waits; other kinds do not look at it.
        says: the body that GARBAGE answers: HTML, nothing, wrong types, 50 MB, deep nesting.
    """

    pattern: str
    kind: FaultKind
    times: int | None = None
    lasts: timedelta = timedelta(seconds=5)
    says: bytes | None = None


class Switchboard:
    """Faults by route pattern. Safe to use from many threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._mended = threading.Condition(self._lock)

    def break_(
        self,
        pattern: str,
        kind: FaultKind,
        *,
        times: int | None = None,
        lasts: timedelta = timedelta(seconds=5),
        says: bytes | None = None,
    ) -> Fault:
        """Break every route whose path matches ``pattern``.

        A later fault stands before an earlier one with the same pattern and replaces it.
        """
        fault = Fault(pattern, FaultKind(kind), times, lasts, says)
        with self._lock:
            self._faults = [fault, *(f for f in self._faults if f.pattern != pattern)]
        return fault

    def mend(self, pattern: str | None = None) -> None:
        """Mend one pattern, or everything; calls that hang are let go."""
        with self._mended:
            self._faults = [f for f in self._faults if pattern is not None and f.pattern != pattern]
            self._mended.notify_all()

    def standing(self) -> Sequence[Fault]:
        """Say what is broken now, newest first."""
        with self._lock:
            return tuple(self._faults)

    def take(self, path: str) -> Fault | None:
        """Find the fault that hits this call, and count the call."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fnmatch.fnmatchcase(path, fault.pattern):
                    self._count(index, fault)
                    return fault
        return None

    def wait_until_mended(self, fault: Fault, at_most: timedelta) -> None:
        """Wait as a hanging call does: until its pattern is mended, or the time has passed."""
        with self._mended:
            self._mended.wait_for(
                lambda: all(f.pattern != fault.pattern for f in self._faults),
                timeout=at_most.total_seconds(),
            )

    def _count(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self._faults[index]
        else:
            self._faults[index] = replace(fault, times=fault.times - 1)
