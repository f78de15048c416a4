"""What one process keeps for its widget: campaigns in memory, the writer, the polls.

``answer_push`` and ``answer_poll`` take from a request what the two pure handlers want to know.
Flask's routes and the front that stands before them both call these, with the same environment.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import structlog
from flask import Flask, current_app

from tombola.api import Busy
from tombola.installation import Installation
from tombola.widget import browser
from tombola.widget.answers import Answer, busy
from tombola.widget.buckets import network
from tombola.widget.directory import FRESH_S, Directory
from tombola.widget.poll import Poll
from tombola.widget.rules import LONGEST_BODY
from tombola.widget.tracking import CORS, TOO_LONG, Tracker

NAME = "tombola_widget"
#: Bodies that may be on their way in at once, in all and from one network. Whoever sends theirs a
#: byte a minute holds that many of the server's threads (``commands/web.py``) and no more.
MOST_BODIES = 32
MOST_BODIES_OF_ONE = 8

_making = threading.Lock()
log = structlog.get_logger(__name__)

#: A request in the words of WSGI (PEP 3333).
Environ = Mapping[str, Any]


class Arriving:
    """The bodies that are being read, by network."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, sender: str) -> Iterator[None]:
        """Hold a place while a body is read. Raises Busy when all are taken."""
        with self._lock:
            if self._of[sender] >= MOST_BODIES_OF_ONE or self._of.total() >= MOST_BODIES:
                raise Busy(timedelta(seconds=1))
            self._of[sender] += 1
        try:
            yield
        finally:
            with self._lock:
                self._of[sender] -= 1
                if not self._of[sender]:
                    del self._of[sender]


@dataclass(frozen=True, slots=True)
class Hot:
    """The handlers of the hot roads, and what they share.

    Attributes:
        https: Browsers reach us by https, which is in our cookies' names.
    """

    directory: Directory
    tracker: Tracker
    poll: Poll
    https: bool
    arriving: Arriving = field(default_factory=Arriving)

    def answer_push(self, environ: Environ) -> Answer:
        """Answer ``POST /t``."""
        return _safely("push", lambda: self._push(environ))

    def answer_poll(self, environ: Environ, key: str) -> Answer:
        """Answer ``GET /s/<key>``."""
        return _safely("poll", lambda: self._poll(environ, key))

    def _push(self, environ: Environ) -> Answer:
        sender = network(environ.get("REMOTE_ADDR", ""))
        refused = self.tracker.knock(sender)
        if refused is not None:
            return refused
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > LONGEST_BODY:
            return TOO_LONG
        try:
            with self.arriving.one(sender):
                body = _body(environ, length)
        except Busy as wait:
            return busy(CORS, wait.retry_after.total_seconds())
        return self.tracker.take(body, environ.get("HTTP_ORIGIN"), sender)

    def _poll(self, environ: Environ, key: str) -> Answer:
        framed = is_framed(environ.get("QUERY_STRING", ""))
        secret = browser.secret_in(environ.get("HTTP_COOKIE", ""), framed=framed, https=self.https)
        sender = network(environ.get("REMOTE_ADDR", ""))
        return self.poll.answer(key, secret, environ.get("HTTP_IF_NONE_MATCH"), sender)


def make(inst: Installation, *, fresh_s: float = FRESH_S) -> Hot:
    """Handlers that share one directory, which reads a campaign again after ``fresh_s``."""
    directory = Directory(inst, fresh_s=fresh_s)
    https = inst.settings.address.startswith("https:")
    return Hot(directory, Tracker(inst, directory), Poll(inst, directory), https)


def hot(inst: Installation) -> Hot:
    """The running application's one, made with the first request."""
    return hot_of(current_app, inst)


def hot_of(app: Flask, inst: Installation) -> Hot:
    """An application's one, made when it is first asked for."""
    extensions = app.extensions
    if NAME not in extensions:
        with _making:
            if NAME not in extensions:
                extensions[NAME] = make(inst)
    found: Hot = extensions[NAME]
    return found


def is_framed(query: str) -> bool:
    """Whether the first ``frame`` of a query string says that the widget stands in a frame."""
    if "=1" not in query:
        return False
    return next((text for name, text in parse_qsl(query) if name == "frame"), "") == "1"


def _body(environ: Environ, length: str) -> bytes:
    """The body, or one byte more than is taken of it.

    Without a length it is read only where the server marks its end.
    """
    stream = environ["wsgi.input"]
    if not length.isdecimal() and not environ.get("wsgi.input_terminated"):
        return b""
    body: bytes = stream.read(int(length) if length.isdecimal() else LONGEST_BODY + 1)
    return body


def _safely(road: str, handle: Callable[[], Answer]) -> Answer:
    """Let no fault of ours end without an answer that asks to send it again."""
    try:
        return handle()
    except Exception:
        log.exception("hot_road_failed", road=road)
        return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, CORS)
