"""The hot roads before Flask is entered: the same handlers, at a fraction of the cost.

``POST /t`` and ``GET /s/<key>`` are Flask routes like every other. This wrapper only saves them the
way there; whatever is not exactly one of the two goes on to Flask. That nobody can tell the
difference is a test (``tests/widget/test_front.py``).
"""

import re
import secrets
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response

from tombola.installation import Installation
from tombola.widget.answers import Answer
from tombola.widget.hot import Hot, hot_of

#: A WSGI application.
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_POLL = re.compile(r"/s/([0-9A-Za-z]{5})")
_NUMBER = "X-Request-Id"
#: Answers of these statuses have no body, and so no length.
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_LINES = {status.value: f"{status.value} {status.phrase.upper()}" for status in HTTPStatus}


class Front:
    """A WSGI application in front of Flask's own.

    Args:
        app: The application, finished; its answers' common headers are learned from it once.
        inside: Its WSGI callable.
        inst: The installation.
    """

    def __init__(self, app: Flask, inside: Wsgi, inst: Installation) -> None:
        self._app = app
        self._inside = inside
        self._inst = inst
        self._hot: Hot | None = None
        self._common = {
            "/t": _common(app, "/t", "POST"),
            "/s": _common(app, "/s/00000", "GET"),
        }

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a hot road here, anything else by Flask."""
        answer = self._answer(environ)
        if answer is None:
            return self._inside(environ, start)
        common = self._common[environ["PATH_INFO"][:2]]
        headers = [*answer.headers, *common, (_NUMBER, secrets.token_hex(8))]
        if answer.status not in _BODILESS:
            headers.append(("Content-Length", str(len(answer.body))))
        start(_LINES[answer.status], headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer | None:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if "%00" in environ.get("QUERY_STRING", ""):
            return None  # refused for all addresses alike, in ``web/security.py``
        if path == "/t" and method == "POST":
            return self._handlers().answer_push(environ)
        if path.startswith("/s/") and method in {"GET", "HEAD"}:
            found = _POLL.fullmatch(path)
            return self._handlers().answer_poll(environ, found[1]) if found else None
        return None

    def _handlers(self) -> Hot:
        if self._hot is None:
            self._hot = hot_of(self._app, self._inst)
        return self._hot


def _common(app: Flask, path: str, method: str) -> tuple[tuple[str, str], ...]:
    """The headers that every answer of a route has, asked of Flask."""
    with app.test_request_context(path, method=method):
        response = app.process_response(Response(status=HTTPStatus.NO_CONTENT))
    own = {"content-type", "content-length", _NUMBER.lower()}
    return tuple((name, text) for name, text in response.headers if name.lower() not in own)
