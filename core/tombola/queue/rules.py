"""What happens to a duty, decided without clock and database."""

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum

#: Before any moment that a duty may be due: the lease of a duty that nobody holds.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: The first wait after a failure; each further one doubles it.
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=30)
#: How long a duty whose plugin is away waits before it is looked at again.
PARKED_FOR = timedelta(minutes=5)
#: Words of an error that are kept; a traceback's end tells more than its beginning.
ERROR_LENGTH = 2_000


class State(StrEnum):
    """States of a duty.

    ``ready`` waits for its time, ``running`` has a lease, ``parked`` waits for its plugin, ``done``
    has ended well, ``dead`` has used up its attempts and waits for a person.
    """

    READY = "ready"
    RUNNING = "running"
    PARKED = "parked"
    DONE = "done"
    DEAD = "dead"


def wait_after(attempts: int, key: str, first: timedelta = FIRST_WAIT) -> timedelta:
    """How long a duty waits after its ``attempts``-th failure in a row.

    The wait doubles from ``first`` to half an hour. Up to a quarter is added by the hash of the
    key, so that what failed together does not come back together; the same key waits alike.
    """
    doublings = min(max(attempts, 1) - 1, 16)
    return min(first * (1 << doublings), LONGEST_WAIT) * (1 + spread(key) / 4)


def spread(key: str) -> float:
    """A number from 0 to below 1 that belongs to the key, the same on every machine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6]) / 2**48


def after_failure(attempts: int, max_attempts: int) -> State:
    """Whether a duty that has failed ``attempts`` times in a row is tried again."""
    return State.DEAD if attempts >= max_attempts else State.READY


def short(error: str) -> str:
    """The end of an error's text, as much as a row keeps; without what a database refuses."""
    kept = error.replace("\x00", "").encode("utf-8", "replace").decode()
    return kept if len(kept) <= ERROR_LENGTH else f"…{kept[1 - ERROR_LENGTH :]}"
