"""The doorbell: tells a worker that there is something to do. Losing a ring costs seconds.

RQ carries one kind of job, ``wake(kind)``; what is to be done stands in the database. Redis away,
slow, full or empty is therefore never an error of the caller.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from redis import Redis
    from rq import Queue

log = structlog.get_logger("tombola.queue")

#: The one queue: a worker of several takes jobs in a way that a kill can lose (RQ 3.0, BLPOP).
QUEUE = "tombola"
#: Path of the one function that RQ may call.
WAKE = "tombola.queue.job.wake"
#: Version of the envelope; a worker leaves newer ones to newer workers.
VERSION = 1
#: Seconds a ring waits for Redis at each of its round trips, and altogether before it is no friend.
ROUND_TRIP = 0.1
BUDGET = 0.2
#: Seconds without a try after a failure: the first, and the longest after more of them.
REST = 1.0
LONGEST_REST = 15.0
#: Seconds after which a ring that no worker answered is repeated.
UNANSWERED = 5
#: Seconds that RQ keeps a waiting, a failed and a running job at most.
TTL = 60
FAILURE_TTL = 300
JOB_TIMEOUT = 150


class Bell:
    """Rings workers through RQ, at most once until one has answered."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._queue: Queue | None = None
        self._silent_until = 0.0
        self._failures = 0

    def ring(self, kind: str) -> bool:
        """Ask a worker to look for due duties of a kind. Never raises, never waits long.

        Returns:
            True when a job waits for a worker now; False when nobody was asked, because Redis is
            away or no address is set. The reconciler rings again.
        """
        if not self._url or self._clock() < self._silent_until:
            return False
        try:
            queue = self._open()
            started = self._clock()
            self._enqueue(queue, kind)
        except Exception as error:  # noqa: BLE001 # whatever Redis does, the caller goes on
            self._rest(type(error).__name__)
            return False
        if self._clock() - started > BUDGET:
            self._rest("slow")
        else:
            self._failures = 0
        return True

    def _enqueue(self, queue: "Queue", kind: str) -> None:
        if not queue.connection.set(rung(kind), "1", nx=True, ex=UNANSWERED):
            return
        queue.enqueue_call(
            WAKE,
            args=(envelope(kind),),
            job_id=f"wake-{kind}-{uuid.uuid4().hex}",
            timeout=JOB_TIMEOUT,
            ttl=TTL,
            result_ttl=0,
            failure_ttl=FAILURE_TTL,
        )

    def _open(self) -> "Queue":
        if self._queue is None:
            from rq import Queue  # noqa: PLC0415 # a quarter of a second that only a ring needs

            line = connect(self._url, patience=ROUND_TRIP)
            self._queue = Queue(QUEUE, connection=line, serializer="json")
        return self._queue

    def _rest(self, why: str) -> None:
        rest = min(REST * 2**self._failures, LONGEST_REST)
        self._failures = min(self._failures + 1, 10)
        self._silent_until = self._clock() + rest
        log.warning("bell_rests", why=why, rest_s=rest)


def connect(url: str, *, patience: float) -> "Redis":
    """A line to Redis without repeats of its own: a repeated enqueue is a doubled job."""
    from redis import Redis  # noqa: PLC0415 # see above
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    options: dict[str, Any] = {"socket_timeout": patience, "socket_connect_timeout": patience}
    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options)


def rung(kind: str) -> str:
    """The key that says: a ring for this kind waits for its answer."""
    return f"tombola:rung:{kind}"


def envelope(kind: str) -> str:
    """What a job carries: JSON, no data, no path of a plugin."""
    return json.dumps({"v": VERSION, "kind": kind})


def kind_of(text: str) -> str | None:
    """The kind in an envelope; None for one that this version does not understand."""
    try:
        opened = json.loads(text)
    except ValueError:
        return None
    if not isinstance(opened, dict) or opened.get("v") != VERSION:
        return None
    kind = opened.get("kind")
    return kind if isinstance(kind, str) else None
