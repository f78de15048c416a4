"""The routes of the API, each declared once: for the guard, for the reader, for the description.

A view gets what its declaration reads and gives one document; it holds no logic of its own. The
declarations of all rooms of ``rest/`` together are the OpenAPI document and the page for people.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from inspect import cleandoc
from typing import Any

from flask import Response, request
from pydantic import BaseModel

from tombola.api import Audience
from tombola.installation import current
from tombola.rest import inputs, limits
from tombola.rest.once import once
from tombola.teams import doors
from tombola.teams.rules import Role, Scope
from tombola.web.routing import Pages

ROOT = "/api/v1"
#: What a request may bring unless its route says otherwise.
LARGEST = 256 * 1024

View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A document with headers of its own."""

    document: BaseModel
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    Attributes:
        path: As OpenAPI writes it, ``/api/v1/campaigns/{campaign}``.
        scope: What a token needs.
        role: What its service asks for; the scope stands for it.
        answer: The model of what is given; None for nothing, or for a file.
        file: Media types of a file that is given instead of a document.
        versioned: The answer has an ETag, and a change can be bound to it.
        writes: Something is changed, so that an Idempotency-Key has a meaning.
    """

    method: str
    path: str
    name: str
    tag: str
    scope: Scope
    role: Role
    summary: str
    description: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    status: int
    file: tuple[str, ...]
    versioned: bool
    writes: bool
    largest_bytes: int


class Api:
    """The routes of one part of the API.

    ``api = Api("rest_entries", __name__, tag="Entries")`` and
    ``@api.get("/campaigns/<campaign>/entries", scope=…, answer=…)``; the view's docstring is what
    the description says of it.
    """

    def __init__(self, name: str, import_name: str, *, tag: str) -> None:
        self.pages = Pages(name, import_name)
        self.tag = tag
        self.operations: list[Operation] = []

    def get(self, rule: str, **how: Any) -> Callable[[View], View]:
        """Read. ``how`` are ``route``'s words."""
        return self.route("GET", rule, **how)

    def post(self, rule: str, **how: Any) -> Callable[[View], View]:
        """Make, or act. ``how`` are ``route``'s words."""
        return self.route("POST", rule, **{"status": 201, "writes": True, **how})

    def patch(self, rule: str, **how: Any) -> Callable[[View], View]:
        """Change what is named, leave the rest. ``how`` are ``route``'s words."""
        return self.route("PATCH", rule, **how)

    def delete(self, rule: str, **how: Any) -> Callable[[View], View]:
        """Take away. ``how`` are ``route``'s words."""
        return self.route("DELETE", rule, **{"status": 204, **how})

    def route(
        self,
        method: str,
        rule: str,
        *,
        scope: Scope,
        role: Role | None = None,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        answer: type[BaseModel] | None = None,
        status: int = 200,
        file: tuple[str, ...] = (),
        versioned: bool = False,
        writes: bool = False,
        largest_bytes: int = LARGEST,
    ) -> Callable[[View], View]:
        """One method of one address below ``/api/v1``; attributes as of ``Operation``."""

        def decorate(view: View) -> View:
            needed = role or (Role.VIEWER if method == "GET" else Role.EDITOR)
            summary, _sep, rest = cleandoc(view.__doc__ or "").partition("\n")
            operation = Operation(
                method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", ROOT + rule), view.__name__, self.tag,
                scope, needed, summary, rest.strip(), body, query, answer, status, file,
                versioned, writes, largest_bytes,
            )  # fmt: skip
            self.operations.append(operation)
            self.pages.route(
                ROOT + rule,
                method=method,
                audience=Audience.API,
                scope=scope,
                role=needed,
                largest_bytes=largest_bytes,
            )(_served(operation, view))
            return view

        return decorate


def _served(operation: Operation, view: View) -> View:
    @wraps(view)
    def serve(**places: str) -> Response:
        limits.take()
        given: dict[str, Any] = inputs.places(places)
        asked = inputs.query(operation.query, request.args)
        if asked is not None:
            given["query"] = asked
        if operation.body is not None:
            given["body"] = inputs.body(operation.body, request)

        def act() -> Response:
            return _answer(operation, view(**given))

        if operation.writes:
            return once(current(), doors.api_token(), request, act)
        return act()

    return serve


def _answer(operation: Operation, given: Any) -> Response:
    if isinstance(given, Response):
        return given
    said = given if isinstance(given, Said) else Said(given) if given is not None else None
    if said is None:
        response = Response(status=operation.status)
        del response.headers["Content-Type"]
        return response
    document = said.document.model_dump_json().encode("utf-8")
    response = Response(document, status=operation.status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(said.headers)
    return response
