"""Ids in the form in which the network gives them: large, ordered by time, unlike each other."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta

EPOCH_MS = 1_288_834_974_657
"""Source: X, "Post IDs" (snowflake), read 2026-11: milliseconds since 2010-11-04T01:42:54.657Z."""

_TIME_SHIFT = 22


class Snowflakes:
    """Gives ids that grow with time and are never given twice. Safe to use from many threads."""

    def __init__(self, worker: int) -> None:
        self._worker = worker & 0x3FF
        self._given: set[int] = set()
        self._lock = threading.Lock()

    def next(self, at: datetime) -> int:
        """Give an id for something that happened at ``at``."""
        with self._lock:
            found = lowest_id(at) | self._worker << 12
            while found in self._given:
                found += 1
            self._given.add(found)
            return found

    def note(self, given: int) -> None:
        """Take notice of an id that was given earlier. Idempotent."""
        with self._lock:
            self._given.add(given)


def lowest_id(at: datetime) -> int:
    """Give the lowest id that something that happened at ``at`` may have."""
    since = at - datetime.fromtimestamp(0, UTC)
    return max(0, since // timedelta(milliseconds=1) - EPOCH_MS) << _TIME_SHIFT


def time_of(post_id: int) -> datetime:
    """Read the time out of an id, aware UTC, exact to the millisecond."""
    milliseconds = (post_id >> _TIME_SHIFT) + EPOCH_MS
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


def short_hash(text: str, length: int = 10) -> str:
    """Make a short word that is always the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def number_from(text: str, below: int) -> int:
    """Make a number from 0 to ``below``, always the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % below
