"""A fake network as a plain WSGI application: routes, faults and a log around your handlers.

::

    network = Network(clock=clock)

    @network.get("/v1/members")
    def members(request: Request) -> Response:
        return json_response({"data": []})

It runs under any WSGI server, and inside a test through ``in_process(network)``.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from tombola.testing.network.calls import Call, CallLog, redacted
from tombola.testing.network.clock import Clock, real_clock
from tombola.testing.network.faults import Fault, FaultKind, Switchboard

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Handler = Callable[..., Response]
"""Takes the request, then the parts of the path by name."""

IN_PROCESS = "tombola.in_process"
"""Set in the environ when no socket is between caller and network."""

CALLER = "tombola.caller"
"""A handler may put here who is asking; it goes into the log."""

HANGS_AT_MOST = timedelta(minutes=2)

OUTAGE_PAGE = (
    "<html>\n<head><title>503 Service Temporarily Unavailable</title></head>\n<body>\n"
    "<center><h1>503 Service Temporarily Unavailable</h1></center>\n</body>\n</html>\n"
)
GARBAGE = b'\x00{"data": [<<<<<<< not json \xff\xfe'


class ConnectionDroppedError(ConnectionResetError):
    """The network has let the line go without an answer."""


class Stalled(TimeoutError):
    """In-process only: the answer takes ``lasts``, longer than a test wants to wait."""

    def __init__(self, lasts: timedelta | None) -> None:
        super().__init__("the network does not answer")
        self.lasts = lasts


def json_response(
    body: Any,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json; charset=utf-8",
) -> Response:
    """Answer in JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers=headers, content_type=content_type)


class Network:
    """The WSGI application.

    Attributes:
        clock: what every handler takes the time from.
        faults: what is broken.
        calls: what was asked, secrets left out; paths under ``quiet`` are not written down.
    """

    def __init__(
        self,
        *,
        clock: Clock = real_clock,
        faults: Switchboard | None = None,
        calls: CallLog | None = None,
        quiet: tuple[str, ...] = (),
    ) -> None:
        self.clock = clock
        self.faults = faults or Switchboard()
        self.calls = calls or CallLog()
        self._quiet = quiet
        self._map = Map()
        self._handlers: dict[str, Handler] = {}
        self._in_words: dict[tuple[FaultKind, str], Callable[[Request], Response]] = {}
        self._no_route: dict[str, Callable[[Request, HTTPException], Response]] = {}
        self._around: list[Callable[[Request, Response], Response]] = []

    def route(self, rule: str, *methods: str) -> Callable[[Handler], Handler]:
        """Answer ``rule`` (werkzeug's syntax) with the decorated handler."""

        def add(handler: Handler) -> Handler:
            endpoint = f"{' '.join(methods)} {rule}"
            self._handlers[endpoint] = handler
            self._map.add(Rule(rule, endpoint=endpoint, methods=methods))
            return handler

        return add

    def get(self, rule: str) -> Callable[[Handler], Handler]:
        """Answer GET."""
        return self.route(rule, "GET")

    def post(self, rule: str) -> Callable[[Handler], Handler]:
        """Answer POST."""
        return self.route(rule, "POST")

    def when_broken(
        self, kind: FaultKind, answer: Callable[[Request], Response], *, under: str = ""
    ) -> None:
        """Say a fault in the network's own words; statuses have plain words otherwise.

        ``under`` is the beginning of the paths that speak so, as one application may hold several
        networks; the longest beginning that fits answers.
        """
        self._in_words[kind, under] = answer

    def when_lost(
        self, answer: Callable[[Request, HTTPException], Response], *, under: str = ""
    ) -> None:
        """Answer unknown paths and wrong methods in the network's own words."""
        self._no_route[under] = answer

    def after(self, change: Callable[[Request, Response], Response]) -> None:
        """Let ``change`` see every answer before it goes out, faults not included."""
        self._around.append(change)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one call."""
        request = Request(environ)
        at, begun = self.clock(), time.monotonic()
        fault = self.faults.take(request.path)
        status = 0
        try:
            response = self._answer(request, fault)
            status = response.status_code
        finally:
            self._write_down(request, at, status, time.monotonic() - begun, fault)
        return response(environ, start_response)

    def _answer(self, request: Request, fault: Fault | None) -> Response:
        if fault is None:
            return self._handle(request)
        match fault.kind:
            case FaultKind.SLOW:
                _wait(request, fault.lasts)
                return self._handle(request)
            case FaultKind.HANG:
                return self._hang(request, fault)
            case FaultKind.RESET:
                return _drop(request)
            case FaultKind.TRUNCATED:
                return _half(self._handle(request))
            case _:
                return self._refuse(request, fault)

    def _handle(self, request: Request) -> Response:
        try:
            endpoint, parts = self._map.bind_to_environ(request.environ).match()
        except HTTPException as error:
            under = _longest(request.path, self._no_route)
            response = self._no_route.get(under, _plain_error)(request, error)
        else:
            response = self._handlers[str(endpoint)](request, **parts)
        for change in self._around:
            response = change(request, response)
        return response

    def _refuse(self, request: Request, fault: Fault) -> Response:
        if fault.says is not None:
            return _garbage(request, fault.says)
        spoken = [under for kind, under in self._in_words if kind is fault.kind]
        words = self._in_words.get((fault.kind, _longest(request.path, spoken)))
        return (words or _PLAIN[fault.kind])(request)

    def _hang(self, request: Request, fault: Fault) -> Response:
        if request.environ.get(IN_PROCESS):
            raise Stalled(None)
        self.faults.wait_until_mended(fault, HANGS_AT_MOST)
        return _drop(request)

    def _write_down(
        self, request: Request, at: Any, status: int, took_s: float, fault: Fault | None
    ) -> None:
        if self._quiet and request.path.startswith(self._quiet):
            return
        query = redacted(list(request.args.items(multi=True)))
        caller = str(request.environ.get(CALLER, ""))
        kind = fault.kind.value if fault else ""
        self.calls.add(Call(at, request.method, request.path, query, status, took_s, caller, kind))


def _longest(path: str, beginnings: Iterable[str]) -> str:
    """Give the longest beginning that a path has; the empty one fits every path."""
    return max((b for b in beginnings if path.startswith(b)), key=len, default="")


def _wait(request: Request, lasts: timedelta) -> None:
    if not request.environ.get(IN_PROCESS):
        time.sleep(lasts.total_seconds())
    elif (patience := request.environ.get("tombola.patience_s")) is not None and (
        lasts.total_seconds() > patience
    ):
        raise Stalled(lasts)


def _drop(request: Request) -> Response:
    """Cut the line where a socket is at hand; elsewhere the exception has to do."""
    if (line := request.environ.get("werkzeug.socket")) is not None:
        line.close()
    raise ConnectionDroppedError("connection reset by the network")


def _half(response: Response) -> Response:
    whole = response.get_data()
    return Response(whole[: len(whole) // 2], response.status_code, headers=_bare(response))


def _bare(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers if name.lower() != "content-length"}


def _plainly(status: HTTPStatus) -> Callable[[Request], Response]:
    body = {"title": status.phrase, "status": status.value}
    return lambda _: json_response(body, status.value)


def _outage(_: Request) -> Response:
    return Response(OUTAGE_PAGE, 503, content_type="text/html; charset=utf-8")


def _garbage(_: Request, says: bytes = GARBAGE) -> Response:
    return Response(says, 200, content_type="application/json; charset=utf-8")


def _plain_error(_: Request, error: HTTPException) -> Response:
    return json_response({"title": error.name, "status": error.code}, error.code or 404)


_PLAIN: dict[FaultKind, Callable[[Request], Response]] = {
    FaultKind.TOO_MANY: _plainly(HTTPStatus.TOO_MANY_REQUESTS),
    FaultKind.OUT_OF_CREDIT: _plainly(HTTPStatus.PAYMENT_REQUIRED),
    FaultKind.UNAUTHORIZED: _plainly(HTTPStatus.UNAUTHORIZED),
    FaultKind.FORBIDDEN: _plainly(HTTPStatus.FORBIDDEN),
    FaultKind.NOT_FOUND: _plainly(HTTPStatus.NOT_FOUND),
    FaultKind.SERVER_ERROR: _outage,
    FaultKind.GARBAGE: _garbage,
}
