"""A clock that tests set."""

from datetime import UTC, datetime, timedelta

#: A Monday noon, far from any change of summer time.
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Clock:
    """Stands still until a test moves it; called, it says the time (aware UTC)."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The moment that this clock shows."""
        return self.now

    def set(self, now: datetime) -> None:
        """Show another moment, earlier or later."""
        if now.tzinfo is None:
            raise ValueError("A clock shows an aware time; attach the zone.")
        self.now = now.astimezone(UTC)

    def advance(self, step: timedelta) -> datetime:
        """Move on by ``step`` and return the new time."""
        self.now += step
        return self.now
