"""Where every failed request gets its answer: in words, with a number, never with a trace."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped] # it ships no types
from werkzeug.exceptions import HTTPException

from tombola.api import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    NotAllowed,
    NotFound,
    Outdated,
    Phrase,
    PluginFailed,
    PluginUnavailable,
    Text,
    TombolaError,
)
from tombola.api.text import render
from tombola.web.i18n import gettext as _
from tombola.web.routing import API

#: Where the kinds of problems are explained; a problem's type is this and its kind.
TYPES = "/api-docs#problem-"

#: What each error is to a program: a kind that stays, and a status. The first that fits counts.
_KINDS: tuple[tuple[type[TombolaError], str, HTTPStatus], ...] = (
    (NotFound, "not-found", HTTPStatus.NOT_FOUND),
    (NotAllowed, "not-allowed", HTTPStatus.FORBIDDEN),
    (Forbidden, "forbidden", HTTPStatus.FORBIDDEN),
    (Invalid, "invalid", HTTPStatus.UNPROCESSABLE_ENTITY),
    (Outdated, "outdated", HTTPStatus.PRECONDITION_FAILED),
    (Conflict, "conflict", HTTPStatus.CONFLICT),
    (Busy, "busy", HTTPStatus.SERVICE_UNAVAILABLE),
    (PluginUnavailable, "plugin-unavailable", HTTPStatus.CONFLICT),
    (PluginFailed, "plugin-failed", HTTPStatus.BAD_GATEWAY),
)
#: The same for what goes wrong before any of our functions is called, by status.
HTTP_KINDS = {
    400: "unreadable",
    401: "unknown-token",
    403: "forbidden",
    404: "not-found",
    405: "no-such-method",
    413: "too-large",
    415: "not-json",
    429: "too-many",
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for a person: ``title`` says what, ``detail`` what to do."""

    status: int
    title: str
    detail: str
    #: Complaints by field.
    errors: Mapping[str, str] = field(default_factory=dict)
    #: What kind of problem it is, for programs; it stays while words may change.
    kind: str = "internal"


def install(app: Flask) -> None:
    """Handle every error there is, and give each request a number."""
    app.before_request(_number)
    app.after_request(_tell_number)
    app.register_error_handler(TombolaError, _on_purpose)
    app.register_error_handler(HTTPException, _by_http)
    app.register_error_handler(Exception, _last_resort)


def request_id() -> str:
    """The running request's number, also in the log and in the ``X-Request-Id`` header."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def problem_of(error: TombolaError) -> Problem:
    """An error on purpose as a problem; its message was written to be shown."""
    known = next((found for found in _KINDS if isinstance(error, found[0])), None)
    if known is None:
        return Problem(500, _title(500), _advice(500))
    _error, kind, status = known
    detail = render(_said(error), _) or _advice(status)
    fields = error.errors.items() if isinstance(error, Invalid) else ()
    errors = {name: render(said, _) for name, said in fields}
    return Problem(status, _title(status), detail, errors, kind)


def wants_json() -> bool:
    """Whether a program asks: where programs do, or it accepts JSON and not HTML."""
    if request.path.startswith(API):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def _said(error: TombolaError) -> Text:
    """What the error says to the person; of a plugin's fault only the number to report."""
    match error:
        case NotAllowed():
            return error.denied.reason
        case PluginUnavailable():
            return error.reason
        case PluginFailed():
            said = "A plugin failed at this. Its operator finds it under %(number)s."
            return Phrase(said, {"number": error.correlation})
    return str(error)


def _on_purpose(error: TombolaError) -> Response:
    problem = problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", request_id=request_id(), path=request.path, exc_info=error)
    response = _answer(problem)
    if isinstance(error, Busy):
        response.headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return response


def _by_http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    if isinstance(error, CSRFError):
        detail = _(
            "This form is too old, or your browser sent no cookie. Reload the page, then send it."
        )
        return _answer(Problem(status, _("This form could not be checked"), detail))
    other = "unreadable" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal"
    kind = HTTP_KINDS.get(status, other)
    response = _answer(Problem(status, _title(status), _advice(status), kind=kind))
    headers = dict(error.get_headers())
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _last_resort(error: Exception) -> Response:
    log.error("request_failed", request_id=request_id(), path=request.path, exc_info=error)
    return _answer(Problem(500, _title(500), _advice(500)))


def _answer(problem: Problem) -> Response:
    if wants_json():
        body: dict[str, object] = {
            "type": TYPES + problem.kind,
            "status": int(problem.status),
            "title": problem.title,
            "detail": problem.detail,
            "request_id": request_id(),
        }
        if problem.errors:
            body["errors"] = dict(problem.errors)
        response = jsonify(body)
        response.mimetype = "application/problem+json"
    elif request.headers.get("HX-Request") == "true":
        response = make_response(render_template("web/problem_notice.html", problem=problem))
        response.headers["HX-Retarget"] = "#notices"
        response.headers["HX-Reswap"] = "innerHTML show:window:top"
    else:
        response = make_response(
            render_template("web/problem.html", problem=problem, request_id=request_id())
        )
    response.status_code = problem.status
    return response


def _title(status: int) -> str:
    titles = {
        400: _("We could not read that request"),
        401: _("We do not know this token"),
        403: _("This is not open to you"),
        404: _("There is nothing here"),
        405: _("That does not work here"),
        409: _("Somebody was faster"),
        412: _("It has changed meanwhile"),
        415: _("We could not read that request"),
        413: _("That was too much at once"),
        422: _("Something is not right yet"),
        429: _("Too many tries"),
        502: _("A plugin did not answer"),
        503: _("Busy for a moment"),
    }
    return titles.get(status, _("Something went wrong on our side"))


def _advice(status: int) -> str:
    advice = {
        400: _("Go back and try again. If it stays like this, tell us the number below."),
        401: _("Send it as “Authorization: Bearer …”. Owners make tokens on “API tokens”."),
        403: _("Ask an owner of the team to give you a role that may do this."),
        404: _("The address may be mistyped, or what was here is gone or belongs to another team."),
        405: _("Go back and use the buttons of the page."),
        409: _("Load the page again to see what changed, then decide anew."),
        413: _("Send less at once."),
        415: _("Send JSON, with the header “Content-Type: application/json”."),
        429: _("Wait a little before you try again."),
        503: _("Try again in a few seconds. Nothing was lost."),
    }
    return advice.get(
        status, _("Nothing you did. Try again; if it stays like this, tell us the number below.")
    )


def _number() -> None:
    request_id()


def _tell_number(response: Response) -> Response:
    response.headers.setdefault("X-Request-Id", request_id())
    return response
