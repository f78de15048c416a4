"""How often each endpoint may be called.

Source: X, "Rate limits", read 2026-11. Windows begin with their first call.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tombola.testing.network import Clock
from tombola_sandbox.models import Caller

WINDOW: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """Calls for each 15 minutes, by app and by user; 0 where that kind of token is not taken."""

    app: int
    user: int
    each_second: int | None = None

    def most(self, caller: Caller) -> int:
        """Give how many calls this caller has."""
        return self.user if caller.person_id else self.app


RECENT = Limit(app=450, user=300)
ARCHIVE = Limit(app=300, user=0, each_second=1)
LOOKUP = Limit(app=3500, user=5000)
ME = Limit(app=0, user=75)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the headers say; ``resets_at`` is aware UTC."""

    limit: int
    remaining: int
    resets_at: datetime
    allowed: bool

    @property
    def headers(self) -> dict[str, str]:
        """The three headers that come with every answer; the reset in Unix seconds."""
        return {
            "x-rate-limit-limit": str(self.limit),
            "x-rate-limit-remaining": str(self.remaining),
            "x-rate-limit-reset": str(int(self.resets_at.timestamp())),
        }


class RateLimits:
    """Windows by endpoint and caller. Safe to use from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[datetime, int]] = {}
        self._last: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def take(self, endpoint: str, limit: Limit, caller: Caller) -> Seen:
        """Count one call; a refused one costs nothing."""
        now, key = self._clock(), (endpoint, caller.key)
        most = limit.most(caller)
        with self._lock:
            began, used = self._windows.get(key, (now, 0))
            if now >= began + WINDOW:
                began, used = now, 0
            allowed = used < most and not self._too_fast(key, limit, now)
            if allowed:
                used += 1
                self._last[key] = now
            self._windows[key] = (began, used)
        return Seen(most, max(0, most - used), began + WINDOW, allowed)

    def peek(self, endpoint: str, limit: Limit, caller: Caller) -> Seen:
        """Say how things stand, without counting."""
        now = self._clock()
        most = limit.most(caller)
        with self._lock:
            began, used = self._windows.get((endpoint, caller.key), (now, 0))
        return Seen(most, max(0, most - used), began + WINDOW, allowed=used < most)

    def untouched(self, limit: Limit) -> Seen:
        """Say what a caller who is not known could have."""
        most = limit.app or limit.user
        return Seen(most, most, self._clock() + WINDOW, allowed=False)

    def _too_fast(self, key: tuple[str, str], limit: Limit, now: datetime) -> bool:
        if limit.each_second is None or (last := self._last.get(key)) is None:
            return False
        return now - last < timedelta(seconds=1) / limit.each_second
