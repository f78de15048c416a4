"""POST /t: takes what a site's page reports. One pure handler over plain data."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tombola.api import Busy
from tombola.installation import Installation
from tombola.widget import store
from tombola.widget.directory import Directory
from tombola.widget.rules import LONGEST_BODY, Unreadable, is_excessive, read_push
from tombola.widget.store import Arrival
from tombola.widget.writer import Writer

#: Any page may push; nothing personal is in the answer.
_CORS = (("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as plain data, for Flask or any other front."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


class Tracker:
    """Takes pushes for one process."""

    def __init__(self, inst: Installation, directory: Directory) -> None:
        self._inst = inst
        self._writer: Writer[Arrival] = Writer(
            lambda arrivals: store.keep(inst, directory, arrivals),
            largest=inst.db.set_size,
            weigh=_rows,
        )

    def take(self, body: bytes, origin: str | None) -> Answer:
        """Store a push and answer after the commit.

        An unknown campaign is answered like a known one. What is too long is a final no, noted
        among the near misses; what the server cannot take now asks to be sent again.
        """
        if len(body) > LONGEST_BODY:
            return Answer(413, _CORS)
        try:
            push = read_push(body)
        except Unreadable:
            return Answer(400, _CORS)
        try:
            self._writer.write(Arrival(push, site(origin), self._inst.clock()))
        except Busy as busy:
            wait = str(max(1, round(busy.retry_after.total_seconds())))
            return Answer(503, (*_CORS, ("Retry-After", wait)))
        return Answer(422 if is_excessive(push.events) else 204, _CORS)

    def close(self) -> None:
        """Write what waits, and stop."""
        self._writer.close()


def _rows(arrival: Arrival) -> int:
    """Rows that a push may write: each event in each campaign, an event and its entry."""
    push = arrival.push
    return max(1, 2 * len(push.events) * len(push.keys))


def site(origin: str | None) -> str | None:
    """Scheme and host of an Origin header; None where the browser hides them."""
    if not origin or len(origin) > 300:  # noqa: PLR2004 - a name has at most 253 characters
        return None
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None
