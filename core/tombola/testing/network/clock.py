"""The time of a fake network: the real one, or one that a test sets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives aware UTC. Every part of a fake network takes one and reads no other."""


def real_clock() -> datetime:
    """Read the machine's time, aware UTC."""
    return datetime.now(UTC)


class TestClock:
    """A clock that stands still until it is told to move."""

    __test__ = False  # its name begins like a test's

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def __call__(self) -> datetime:
        """Give the time it shows, aware UTC."""
        return self._now

    def set(self, now: datetime) -> None:
        """Show another time.

        Raises:
            ValueError: ``now`` has no zone.
        """
        if now.tzinfo is None:
            raise ValueError("the clock needs an aware time")
        self._now = now.astimezone(UTC)

    def advance(self, by: timedelta) -> datetime:
        """Move on, and give the new time."""
        self._now += by
        return self._now
