"""The log of the calls that a fake network was given, without its secrets."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

SECRETS = frozenset(
    {
        "access_token",
        "appsecret_proof",
        "client_secret",
        "code",
        "code_verifier",
        "fb_exchange_token",
        "hub.verify_token",
        "input_token",
        "password",
        "refresh_token",
        "state",
        "token",
    }
)
"""Parameters whose values are never written down."""

HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came and was answered.

    Attributes:
        at: when it came, aware UTC.
        method: in capitals.
        path: without the query.
        query: pairs as they came, secrets replaced.
        status: what was answered; 0 where the connection was dropped.
        took_s: seconds from taking to answering, by the machine's own clock.
        caller: who asked, as far as the network knows, such as an app's name.
        fault: the kind of fault that hit it, or "".
    """

    at: datetime
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    took_s: float
    caller: str = ""
    fault: str = ""

    @property
    def params(self) -> Mapping[str, str]:
        """The query as a mapping; of a repeated name the last."""
        return dict(self.query)


class CallLog:
    """The newest calls, at most ``keep``. Safe to use from many threads."""

    def __init__(self, keep: int = 1000) -> None:
        self._calls: deque[Call] = deque(maxlen=keep)
        self._lock = threading.Lock()
        self.total = 0

    def add(self, call: Call) -> None:
        """Write one call down."""
        with self._lock:
            self._calls.append(call)
            self.total += 1

    def newest(self, count: int = 50) -> Sequence[Call]:
        """Give the last calls, newest first."""
        with self._lock:
            return tuple(reversed(self._calls))[:count]

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()
            self.total = 0

    def to(self, path: str) -> list[Call]:
        """Give the calls to one path, oldest first."""
        return [call for call in self if call.path == path]

    def __iter__(self) -> Iterator[Call]:
        """Go through the calls, oldest first."""
        with self._lock:
            return iter(tuple(self._calls))

    def __len__(self) -> int:
        return len(self._calls)


def redacted(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Replace the values of secrets."""
    return tuple((name, HIDDEN if name in SECRETS else value) for name, value in pairs)
