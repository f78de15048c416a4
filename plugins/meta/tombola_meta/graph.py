"""The conversation with the Graph API: signed calls, pages of lists, batches.

Tokens travel in a header, never in an address, and never stand in an error or a log.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tombola.api import Ctx, FetchError, HttpFailed, HttpRefused, HttpResponse, LimitSeen
from tombola_meta import addresses, errors
from tombola_meta.addresses import Host
from tombola_meta.limits import limits_from
from tombola_meta.reading import Raw, mapping, objects, parsed, text
from tombola_meta.secrecy import proof, redacted
from tombola_meta.settings import settings_of

#: What says where the next page of a list begins; ``next`` itself holds the token, so that these
#: are all that is ever taken from it. Source: Meta, Graph API, “Paginated Results”, 2026-11-21.
PLACES: Final[Sequence[str]] = ("after", "until", "since", "__paging_token", "offset")

#: Source: Meta, Graph API, “Batch Requests”, read 2026-11-21.
BATCH_MAX: Final = 50

SUCCESS: Final = range(200, 300)

Place = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call brought.

    Attributes:
        body: JSON; an object, or ``{"success": true}`` where Meta says no more than ``true``.
        limits: what Meta said about its limits.
    """

    body: Raw
    limits: tuple[LimitSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list.

    Attributes:
        data: objects, in Meta's order; fewer than asked for, or none, is no sign of the end.
        next: parameters of the following page, fit to be stored; None at the end. On hashtag edges
            they are the same on every page and lead on all the same.
        limits: what Meta said about its limits.
        summary: of the whole list, where it was asked for.
    """

    data: Sequence[Raw]
    next: Place | None
    limits: tuple[LimitSeen, ...] = ()
    summary: Raw = field(default_factory=dict)


class Graph:
    """Calls in the name of one token.

    Args:
        ctx: the plugin's world.
        token: of a page, a person or the app.
        host: whose API.
    """

    def __init__(self, ctx: Ctx, token: str, host: Host = Host.FACEBOOK) -> None:
        self._ctx = ctx
        self._token = token
        self._host = host
        self._settings = settings_of(ctx)

    def __repr__(self) -> str:
        return f"Graph({self._host.value})"

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read a node or an edge.

        Raises:
            FetchError: one of its kinds.
        """
        url = addresses.graph(self._settings, self._host, path)
        asked = {**(params or {}), **self._proof()}
        return self._answered(
            lambda: self._ctx.http.get(url, params=asked, headers=self._headers())
        )

    def post(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """Send a form. Raises like ``get``."""
        return self._answered(lambda: self._send(path, form or {}))

    def post_json(self, path: str, body: Raw) -> Answer:
        """Send JSON. Raises like ``get``."""
        return self._answered(lambda: self._send_json(path, body))

    def tell(self, path: str, body: Raw) -> HttpResponse:
        """Send JSON whose effect must not be had twice; the caller judges the answer.

        Raises:
            HttpFailed: no answer came, and what was sent may have had its effect all the same.
            HttpRefused: nothing was sent.
        """
        secrets = (self._token, *self._settings.secrets)
        try:
            return self._send_json(path, body)
        except HttpFailed as error:
            failed: HttpFailed | HttpRefused = HttpFailed(redacted(str(error), *secrets))
        except HttpRefused as error:
            failed = HttpRefused(redacted(str(error), *secrets))
        # The error behind it may name the whole address.
        raise failed

    def delete(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Delete, by the override that Graph takes where a client has no DELETE.

        Raises like ``get``. Source: Meta, Graph API, “Overview”, ``method``, read 2026-11-21.
        """
        return self.post(path, {**(params or {}), "method": "delete"})

    def page(
        self, path: str, params: Mapping[str, str] | None = None, place: Place | None = None
    ) -> Listed:
        """Read one page of a list, the first one or that at ``place``. Raises like ``get``."""
        answer = self.get(path, {**(params or {}), **(place or {})})
        return listed(answer)

    def pages(
        self, path: str, params: Mapping[str, str] | None = None, *, most: int
    ) -> Iterator[Raw]:
        """Read a short list to its end, ``most`` pages of it at most. Raises like ``get``."""
        place: Place | None = None
        for _ in range(most):
            page = self.page(path, params, place)
            yield from page.data
            place = page.next
            if place is None:
                return

    def batch(
        self, asked: Sequence[tuple[str, Mapping[str, str]]]
    ) -> Sequence[Answer | FetchError]:
        """Read up to 50 things at once; each counts as a call of its own.

        What Meta did not get to within its time is asked for by itself.

        Args:
            asked: path and parameters of each.

        Returns:
            An answer or an error for each, in their order.

        Raises:
            FetchError: the batch as a whole failed.
            ValueError: it has more than 50 parts.

        Source: Meta, Graph API, “Batch Requests”, read 2026-11-21.
        """
        if len(asked) > BATCH_MAX:
            raise ValueError(f"a batch has at most {BATCH_MAX} parts, not {len(asked)}")
        if not asked:
            return []
        parts = [
            {"method": "GET", "relative_url": self._relative(path, params)}
            for path, params in asked
        ]
        form = {"batch": json.dumps(parts), "include_headers": "true"}
        response = self._reached(lambda: self._send("", form))
        said = _body(response.body)
        if not isinstance(said, list):
            self._judged(response.status, response.headers, said)
        if not isinstance(said, list) or len(said) != len(asked):
            raise errors.garbled()
        return [self._part(each, *wanted) for each, wanted in zip(said, asked, strict=True)]

    def _part(self, part: Any, path: str, params: Mapping[str, str]) -> Answer | FetchError:
        """Read one part of a batch's answer; null is one that Meta did not get to."""
        try:
            if part is None:
                return self.get(path, params)
            inside = mapping(part)
            named = objects(inside.get("headers"))
            headers = {str(each.get("name")).lower(): str(each.get("value")) for each in named}
            status = inside.get("code")
            body = inside.get("body")
            if not isinstance(status, int) or not isinstance(body, str):
                return errors.garbled()
            return self._judged(status, headers, _body(body.encode("utf-8", "replace")))
        except FetchError as error:
            return error

    def _relative(self, path: str, params: Mapping[str, str]) -> str:
        return addresses.relative(self._settings, path, {**params, **self._proof()})

    def _send(self, path: str, form: Mapping[str, str]) -> HttpResponse:
        url = addresses.graph(self._settings, self._host, path)
        return self._ctx.http.post(url, form={**form, **self._proof()}, headers=self._headers())

    def _send_json(self, path: str, body: Raw) -> HttpResponse:
        url = addresses.graph(self._settings, self._host, path)
        return self._ctx.http.post(url, params=self._proof(), json=body, headers=self._headers())

    def _headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    def _proof(self) -> Mapping[str, str]:
        """Sign for the app; Instagram's own API knows no such signature."""
        secret = self._settings.app_secret.get_secret_value()
        if self._host is Host.INSTAGRAM or not secret:
            return {}
        return {"appsecret_proof": proof(secret, self._token)}

    def _answered(self, call: Callable[[], HttpResponse]) -> Answer:
        response = self._reached(call)
        return self._judged(response.status, response.headers, _body(response.body))

    def _reached(self, call: Callable[[], HttpResponse]) -> HttpResponse:
        return reached(call, self._token, *self._settings.secrets)

    def _judged(self, status: int, headers: Mapping[str, str], body: Any) -> Answer:
        now = self._ctx.now
        if status not in SUCCESS or errors.is_error(body):
            problem = errors.problem_from(status, body, self._token, *self._settings.secrets)
            self._ctx.log.info(
                "call_refused", code=problem.code, subcode=problem.subcode, trace=problem.trace
            )
            raise errors.error_from(problem, headers, now)
        if body is True:
            return Answer({"success": True}, limits_from(headers, now))
        if not isinstance(body, dict):
            raise errors.garbled()
        return Answer(body, limits_from(headers, now))


def reached(call: Callable[[], HttpResponse], *secrets: str) -> HttpResponse:
    """Make a call, and say without ``secrets`` why there was no answer.

    Raises:
        Retry: there was none. It stands alone: the error behind it may name the whole address.
    """
    try:
        return call()
    except HttpFailed as error:
        failed = errors.unanswered(redacted(str(error), *secrets))
    except HttpRefused as error:
        failed = errors.refused_here(redacted(str(error), *secrets))
    raise failed


def listed(answer: Answer) -> Listed:
    """Read a page of a list.

    Raises:
        Retry: it is none, or goes on at a place that it does not name.
    """
    data = answer.body.get("data")
    if not isinstance(data, list):
        raise errors.garbled()
    return Listed(
        tuple(objects(data)),
        place_after(answer.body.get("paging")),
        answer.limits,
        mapping(answer.body.get("summary")),
    )


def place_after(paging: Any) -> Place | None:
    """Say where a list goes on; None at its end, which is where ``next`` is missing.

    Raises:
        Retry: it goes on, and does not say where.
    """
    told = mapping(paging)
    following = text(told.get("next"))
    if following is None:
        return None
    after = text(mapping(told.get("cursors")).get("after"))
    if after is not None:
        return {"after": after}
    try:
        named = dict(parse_qsl(urlsplit(following).query))
    except ValueError:
        named = {}
    place = {name: named[name] for name in PLACES if name in named}
    if not place:
        raise errors.garbled()
    return place


def _body(body: bytes) -> Any:
    try:
        return parsed(body)
    except ValueError:
        return None
