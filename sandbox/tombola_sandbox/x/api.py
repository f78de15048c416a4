"""The endpoints of X API v2 that an import needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from tombola.testing.network import FaultKind, Network, json_response
from tombola.testing.network.network import CALLER, OUTAGE_PAGE
from tombola_sandbox.models import Caller, Post, Standing
from tombola_sandbox.world import World
from tombola_sandbox.x import problems
from tombola_sandbox.x.answer import Answer
from tombola_sandbox.x.dialect import Asked, Dialect
from tombola_sandbox.x.facts import FactBook
from tombola_sandbox.x.limits import LOOKUP, ME, Limit, RateLimits
from tombola_sandbox.x.params import SHAPE, Params, dialect_of
from tombola_sandbox.x.problems import Problem
from tombola_sandbox.x.search import ARCHIVE_SEARCH, RECENT_SEARCH, Found, Kind, find, read_search

MOST_IDS: Final = 100
"""Source: X, "Get Posts by IDs", ``ids``, read 2026-11."""

READING: Final = frozenset({"tweet.read", "users.read"})
APP_ONLY: Final = "OAuth 2.0 Application-Only"
USER_CONTEXT: Final = "OAuth 2.0 User Context"


@dataclass(frozen=True, slots=True)
class Door:
    """What stands before an endpoint.

    Attributes:
        endpoint: by which calls are counted.
        limit: how many there may be; 0 refuses that kind of token.
        scopes: what a user's token must allow.
    """

    endpoint: str
    limit: Limit
    scopes: frozenset[str] = READING


Work = Callable[[Request, Caller, Dialect], Mapping[str, Any]]


class XApi:
    """Mounts X API v2 on a network."""

    def __init__(self, network: Network, world: World) -> None:
        self._network = network
        self._world = world
        self._book = FactBook(world.people, world.media, world.posts)
        self.limits = RateLimits(world.clock)
        self._doors: list[Door] = []
        for kind in (RECENT_SEARCH, ARCHIVE_SEARCH):
            self._open(kind.endpoint, Door(kind.endpoint, kind.limit), self._search_of(kind))
        lookup = Door("/2/tweets", LOOKUP)
        self._open("/2/tweets", lookup, self._lookup)
        self._open("/2/tweets/<post_id>", lookup, self._one)
        me = Door("/2/users/me", ME)
        self._open("/2/users/me", me, self._me)
        network.when_lost(_lost)
        network.when_broken(FaultKind.TOO_MANY, self._broken_too_many)
        network.when_broken(FaultKind.OUT_OF_CREDIT, self._broken_credit)
        network.when_broken(FaultKind.SERVER_ERROR, self._outage)

    def _open(self, rule: str, door: Door, work: Callable[..., Mapping[str, Any]]) -> None:
        self._doors.append(door)

        def answer(request: Request, **parts: str) -> Response:
            headers = self._headers(request)
            try:
                caller, dialect = self._let_in(request, door, headers)
                body = work(request, caller, dialect, **parts)
            except Problem as problem:
                return _with_headers(problem, headers)
            return json_response(body, headers=headers)

        self._network.get(rule)(answer)

    def _let_in(
        self, request: Request, door: Door, headers: dict[str, str]
    ) -> tuple[Caller, Dialect]:
        """Check token, application, kind of token, rate; in the network's order."""
        caller = self._caller(request)
        dialect = Dialect.POST if "post.fields" in request.args else Dialect.TWEET
        if not caller.app.enrolled:
            raise problems.not_enrolled(caller.app, dialect)
        _check_kind(caller, door, dialect)
        seen = self.limits.take(door.endpoint, door.limit, caller)
        headers |= seen.headers
        if not seen.allowed:
            raise problems.too_many()
        dialect = dialect_of(request, self._world.switches.vocabulary)
        return caller, dialect

    def _caller(self, request: Request) -> Caller:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        caller = self._world.access.caller(token.strip()) if kind.lower() == "bearer" else None
        if caller is None:
            raise problems.unauthorized()
        request.environ[CALLER] = caller.key
        return caller

    def _search_of(self, kind: Kind) -> Work:
        def search(request: Request, caller: Caller, dialect: Dialect) -> Mapping[str, Any]:
            params = Params(request, dialect)
            asked = params.asked()
            wanted = read_search(params, kind, self._world)
            self._need_credit(caller, dialect)
            found = find(self._world, self._book, wanted)
            answer = Answer(self._world, asked, request.host_url)
            body = dict(answer.posts(found.posts))
            body["meta"] = _meta(found)
            self._charge(answer)
            return body

        return search

    def _lookup(self, request: Request, caller: Caller, dialect: Dialect) -> Mapping[str, Any]:
        params = Params(request, dialect)
        params.only(SHAPE | {"ids", dialect.fields})
        asked = params.asked()
        ids = (params.text("ids") or "").split(",")
        if not 1 <= len(ids) <= MOST_IDS:
            said = f"The number of values in the `ids` query parameter list [{len(ids)}] is not "
            params.complain("ids", f"{said}between 1 and {MOST_IDS}")
        for value in ids:
            if not (value.isascii() and value.isdigit() and 1 <= len(value) <= 19):  # noqa: PLR2004
                said = f"The `ids` query parameter value [{value}] is not valid"
                params.complain("ids", said, value)
        params.finish()
        self._need_credit(caller, dialect)
        return self._looked_up(request, asked, [int(value) for value in dict.fromkeys(ids)])

    def _one(
        self, request: Request, caller: Caller, dialect: Dialect, post_id: str
    ) -> Mapping[str, Any]:
        params = Params(request, dialect)
        params.only(SHAPE | {dialect.fields})
        asked = params.asked()
        if not (post_id.isascii() and post_id.isdigit() and len(post_id) <= 19):  # noqa: PLR2004
            said = f"The `id` query parameter value [{post_id}] is not valid"
            params.complain("id", said, post_id)
        params.finish()
        self._need_credit(caller, dialect)
        body = dict(self._looked_up(request, asked, [int(post_id)], parameter="id"))
        if "data" in body:
            body["data"] = body["data"][0]
        return body

    def _looked_up(
        self, request: Request, asked: Asked, ids: Sequence[int], parameter: str = "ids"
    ) -> Mapping[str, Any]:
        answer = Answer(self._world, asked, request.host_url)
        there: list[Post] = []
        for post_id in ids:
            post = self._world.posts.get(post_id)
            if post is None or (gone := self._hidden(post, asked.dialect, parameter)) is None:
                if post is None:
                    answer.complain([_not_there(asked.dialect, parameter, post_id)])
                else:
                    there.append(post)
            else:
                answer.complain([gone])
        body = answer.posts(there)
        self._charge(answer)
        return body

    def _hidden(self, post: Post, dialect: Dialect, parameter: str) -> dict[str, Any] | None:
        """Say why a post that exists is not shown; None if it is."""
        if post.deleted:
            return _not_there(dialect, parameter, post.id)
        person = self._world.people.get(post.author_id or "")
        if person is None or person.standing is Standing.WELL:
            return None
        if person.standing is Standing.SUSPENDED:
            return problems.suspended(dialect, parameter, str(post.id), str(post.id))
        return problems.hidden(dialect, "tweet", parameter, str(post.id))

    def _me(self, request: Request, caller: Caller, dialect: Dialect) -> Mapping[str, Any]:
        params = Params(request, dialect)
        params.only({"user.fields", "expansions", dialect.fields})
        asked = params.asked()
        params.finish()
        person = self._world.people.get(caller.person_id or "")
        if person is None or person.standing is Standing.SUSPENDED:
            raise problems.unauthorized()
        answer = Answer(self._world, asked, request.host_url)
        body = answer.user(person)
        if "users.email" in caller.scopes and "confirmed_email" in asked.fields["user"]:
            body["confirmed_email"] = f"{person.username.lower()}@people.example"
        return {"data": body}

    def _need_credit(self, caller: Caller, dialect: Dialect) -> None:
        if self._world.wallet.empty:
            raise problems.out_of_credit(caller.app, dialect)

    def _charge(self, answer: Answer) -> None:
        self._world.wallet.charge(answer.posts_read, answer.users_read)

    def _headers(self, request: Request) -> dict[str, str]:
        """Say how things stand, as every answer does; nothing on paths outside of the API."""
        fitting = (d for d in self._doors if f"{request.path}/".startswith(f"{d.endpoint}/"))
        door = max(fitting, key=lambda door: len(door.endpoint), default=None)
        if door is None:
            return {}
        try:
            caller = self._caller(request)
        except Problem:
            return self.limits.untouched(door.limit).headers
        return self.limits.peek(door.endpoint, door.limit, caller).headers

    def _outage(self, request: Request) -> Response:
        """Answer 503 with a page, as what stands before the API does."""
        headers = self._headers(request)
        return Response(OUTAGE_PAGE, 503, headers, content_type="text/html; charset=utf-8")

    def _broken_too_many(self, request: Request) -> Response:
        """Answer 429 as an exhausted window does."""
        headers = self._headers(request)
        try:
            self._caller(request)
        except Problem as problem:
            return _with_headers(problem, headers)
        return problems.too_many(headers | {"x-rate-limit-remaining": "0"}).response()

    def _broken_credit(self, request: Request) -> Response:
        """Answer 402 as an empty wallet does."""
        headers = self._headers(request)
        try:
            caller = self._caller(request)
        except Problem as problem:
            return _with_headers(problem, headers)
        dialect = Dialect.POST if "post.fields" in request.args else Dialect.TWEET
        return _with_headers(problems.out_of_credit(caller.app, dialect), headers)


def _with_headers(problem: Problem, headers: Mapping[str, str]) -> Response:
    problem.headers |= headers
    return problem.response()


def _check_kind(caller: Caller, door: Door, dialect: Dialect) -> None:
    if caller.person_id is None and not door.limit.app:
        raise problems.wrong_authentication(
            APP_ONLY, ["OAuth 1.0a User Context", USER_CONTEXT], dialect
        )
    if caller.person_id is not None and not door.limit.user:
        raise problems.wrong_authentication(USER_CONTEXT, [APP_ONLY], dialect)
    if caller.person_id is not None and not door.scopes <= caller.scopes:
        raise problems.forbidden()


def _meta(found: Found) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if found.posts:
        ids = [post.id for post in found.posts]
        meta = {"newest_id": str(max(ids)), "oldest_id": str(min(ids))}
    meta["result_count"] = len(found.posts)
    if found.next_token:
        meta["next_token"] = found.next_token
    return meta


def _not_there(dialect: Dialect, parameter: str, post_id: int) -> dict[str, Any]:
    return problems.missing(dialect, "tweet", parameter, str(post_id))


def _lost(_: Request, error: HTTPException) -> Response:
    if error.code == 404:  # noqa: PLR2004
        return problems.no_such_path().response()
    return json_response({"title": error.name, "status": error.code}, error.code or 400)
