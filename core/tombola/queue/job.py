"""The one function that RQ may call."""

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog

from tombola.queue import bell
from tombola.queue.kinds import House
from tombola.queue.runner import run

log = structlog.get_logger("tombola.queue")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker process has at hand for its jobs."""

    house: House
    redis_url: str
    stopping: threading.Event = field(default_factory=threading.Event)


#: Set by the worker before it takes jobs: RQ calls a function by name and hands over text only.
bench: ContextVar[Bench] = ContextVar("bench")


def wake(envelope: str) -> None:
    """Look for due duties of the kind that the envelope names. Doubled calls are harmless.

    An envelope of another version is left alone: its duty stands in the database, and a worker that
    understands it will be rung.
    """
    at_hand = bench.get()
    name = bell.kind_of(envelope)
    kind = at_hand.house.kinds.get(name) if name else None
    if kind is None:
        log.warning("ring_not_understood", envelope=envelope[:200])
        return
    with _redis_may_be_away():
        bell.connect(at_hand.redis_url, patience=bell.ROUND_TRIP).delete(bell.rung(kind.name))
    taken = run(at_hand.house, kind, at_hand.stopping.is_set)
    log.info("wake_ended", kind=kind.name, duties=taken)


@contextlib.contextmanager
def _redis_may_be_away() -> Iterator[None]:
    from redis.exceptions import RedisError  # noqa: PLC0415 # loaded with the worker

    with contextlib.suppress(RedisError, OSError):
        yield
