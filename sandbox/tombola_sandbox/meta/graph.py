"""Graph's door and its paths, under ``/graph.facebook.com`` and ``/graph.instagram.com``."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from tombola.testing.network import FaultKind, Network, json_response
from tombola.testing.network.network import CALLER
from tombola_sandbox.meta import (
    errors,
    facebook_edges,
    hashtags,
    instagram_edges,
    messenger_edges,
    roots,
)
from tombola_sandbox.meta.access import Caller
from tombola_sandbox.meta.batch import answers
from tombola_sandbox.meta.errors import GraphError
from tombola_sandbox.meta.find import Found, find
from tombola_sandbox.meta.ids import proof_of, trace_id
from tombola_sandbox.meta.limits import Asked
from tombola_sandbox.meta.models import Account, Comment, Json, Media, Page, Person, Post, Remark
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.meta.recording import Response as Recording
from tombola_sandbox.meta.view import FACEBOOK_GRAPH, INSTAGRAM_GRAPH, Ask, View

VERSIONS: Final = ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0")
"""Those that answer: each for two years. Source: Meta, "Versioning", read 2026-11."""
NEWEST: Final = VERSIONS[-1]

_VERSION: Final = re.compile(r"v(\d{1,3})\.(\d)")
MOST_IDS: Final = 50

Edge = Callable[[View, Any, Ask], Json]

EDGES: Final[Mapping[tuple[str, str, str], Edge]] = {
    ("GET", "User", "accounts"): facebook_edges.accounts,
    ("GET", "User", "permissions"): facebook_edges.permissions,
    ("DELETE", "User", "permissions"): facebook_edges.remove_permissions,
    ("GET", "User", "ids_for_pages"): facebook_edges.ids_for_pages,
    ("GET", "User", "ids_for_apps"): facebook_edges.ids_for_apps,
    ("GET", "Visitor", "ids_for_apps"): facebook_edges.ids_for_apps,
    ("GET", "Page", "published_posts"): facebook_edges.published_posts,
    ("GET", "Page", "posts"): facebook_edges.posts,
    ("GET", "Page", "feed"): facebook_edges.feed,
    ("GET", "Page", "tagged"): facebook_edges.tagged,
    ("GET", "Page", "subscribed_apps"): facebook_edges.subscribed_apps,
    ("POST", "Page", "subscribed_apps"): facebook_edges.subscribe,
    ("DELETE", "Page", "subscribed_apps"): facebook_edges.unsubscribe,
    ("GET", "Post", "comments"): facebook_edges.comments,
    ("GET", "Comment", "comments"): facebook_edges.replies,
    **instagram_edges.EDGES,
    **hashtags.EDGES,
    **roots.EDGES,
    **messenger_edges.EDGES,
}
NAMED: Final = {**roots.NAMED, **hashtags.NAMED}


class Graph:
    """Mounts both Graphs on a network."""

    def __init__(self, network: Network, meta: Meta) -> None:
        self._network = network
        self._world = meta.things
        self._access = meta.access
        self._player = meta.player
        self.usage = meta.usage
        for host in (FACEBOOK_GRAPH, INSTAGRAM_GRAPH):
            self._mount(f"/{host}", host)

    def _mount(self, prefix: str, host: str) -> None:
        def whole(request: Request, path: str = "") -> Response:
            args = {**request.args.to_dict(), **request.form.to_dict()}
            if isinstance(sent := request.get_json(silent=True), dict):
                args |= {name: _text(value) for name, value in sent.items()}
            method = args.pop("method", request.method).upper()
            return self.answer(request, host, method, path, args)

        for rule in (f"{prefix}/", f"{prefix}/<path:path>"):
            self._network.route(rule, "GET", "POST", "DELETE")(whole)
        network = self._network
        network.when_lost(lambda request, _: self._lost(request, host), under=prefix)
        for kind in _BROKEN:
            network.when_broken(kind, self._breaker(kind, host), under=prefix)

    def _breaker(self, kind: FaultKind, host: str) -> Callable[[Request], Response]:
        return lambda _: self.broken(kind, host)

    def broken(self, kind: FaultKind, host: str) -> Response:
        """Say a fault in Graph's words."""
        return self._refusal(_BROKEN.get(kind, _BROKEN[FaultKind.SERVER_ERROR])(), host)

    def answer(
        self, request: Request, host: str, method: str, path: str, args: Mapping[str, str]
    ) -> Response:
        """Answer one call, or one call of a batch."""
        if (played := self._player.play(method, host, path, args)) is not None:
            return _played(played)
        headers: dict[str, str] = {"facebook-api-version": NEWEST}
        locale = args.get("locale", "en_US")
        try:
            version, parts = _version_of(path)
            headers["facebook-api-version"] = version or VERSIONS[0]
            if len(parts) <= 2 and (root := roots.ROOTS.get((method, host, "/".join(parts)))):  # noqa: PLR2004
                said = root(request, self._world, self._access, args)
                return json_response(said, headers=headers)
            caller = self._caller(request, args, me=parts[:1] == ["me"])
            request.environ[CALLER] = f"{caller.kind.lower()} of {caller.app.name}"
            locale = args.get("locale") or self._locale(caller)
            if method == "POST" and not parts:
                return self._batch(request, host, args, headers)
            signed = _check_proof(caller, args)
            view = View(
                world=self._world,
                access=self._access,
                usage=self.usage,
                caller=caller,
                args=args,
                root=request.host_url,
                host=host,
                version=version,
                signed=signed,
            )
            body = self._worked(view, method, parts, headers)
        except GraphError as error:
            return self._refusal(error, host, headers, locale)
        return json_response(body, headers=headers)

    def _worked(self, view: View, method: str, parts: list[str], headers: dict[str, str]) -> Json:
        if not parts and "ids" in view.args:
            return self._many(view, method, headers)
        if not parts or len(parts) > 2:  # noqa: PLR2004 - a node and an edge
            raise errors.no_path("/" + "/".join(parts))
        named = NAMED.get((method, view.host, "/".join(parts)))
        if named is not None:
            headers |= self._count(view, None, parts)
            return named(view)
        found = find(view, parts[0], method.lower())
        headers |= self._count(view, found, parts)
        if len(parts) == 1:
            if method != "GET":
                raise errors.no_object(parts[0], method.lower())
            ask = Ask.of_call(parts[0], view.args)
            return view.show(found.kind, found.thing, ask.fields)
        edge = EDGES.get((method, found.kind.removeprefix("Tagged"), parts[1]))
        if edge is None:
            raise errors.no_path(f"/{parts[1]}")
        return edge(view, found.thing, Ask.of_call("/".join(parts), view.args))

    def _many(self, view: View, method: str, headers: dict[str, str]) -> Json:
        """Answer several nodes at once; one that is missing fails the call."""
        ids = [one.strip() for one in view.args["ids"].split(",")]
        if method != "GET" or not 1 <= len(ids) <= MOST_IDS or not all(ids):
            raise errors.parameter(f"Too many IDs. Maximum: {MOST_IDS}. Provided: {len(ids)}.")
        ask = Ask.of_call("", view.args)
        body: Json = {}
        for one in dict.fromkeys(ids):
            try:
                found = find(view, one, "get")
            except GraphError as error:
                raise errors.no_aliases(one) from error
            headers |= self._count(view, found, [one])
            body[one] = view.show(found.kind, found.thing, ask.fields)
        return body

    def _count(self, view: View, found: Found | None, parts: list[str]) -> Mapping[str, str]:
        thing = found.thing if found else None
        asked = Asked(edge="/".join(parts) if len(parts) > 1 else "")
        asked.sends = len(parts) > 1 and parts[1] == messenger_edges.SENDING
        match thing:
            case Page():
                asked.page = thing.id
            case Post():
                asked.page = thing.page
            case Comment():
                asked.page = self._world.one(Post, thing.post).page
            case Account():
                asked.account = thing.id
            case Media():
                asked.account = thing.account
            case Remark():
                asked.account = self._world.one(Media, thing.media).account
        if asked.account is None and (user := view.args.get("user_id")) is not None:
            known = self._world.get(Account, user)
            asked.account = known.id if known else None
        return self.usage.take(view.caller, asked)

    def _caller(self, request: Request, args: Mapping[str, str], *, me: bool) -> Caller:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        given = args.get("access_token") or (text.strip() if kind.lower() in _SCHEMES else "")
        if not given:
            raise errors.no_user() if me else errors.no_token()
        return self._access.caller(given)

    def _locale(self, caller: Caller) -> str:
        person = self._world.get(Person, caller.person)
        return person.locale if person else "en_US"

    def _batch(
        self, request: Request, host: str, args: Mapping[str, str], headers: Mapping[str, str]
    ) -> Response:
        said = answers(self, self._network, request, host, args)
        return json_response(said, headers=headers)

    def _lost(self, request: Request, host: str) -> Response:
        return self._refusal(errors.no_path(request.path.removeprefix(f"/{host}")), host)

    def _refusal(
        self,
        error: GraphError,
        host: str,
        headers: Mapping[str, str] | None = None,
        locale: str = "en_US",
    ) -> Response:
        body = error.body(trace=trace_id(secrets.token_hex(8)), locale=locale, host=host)
        return errors.response(error, body, headers or {})


def _played(recorded: Recording) -> Response:
    """Answer as it was recorded; the length is counted anew."""
    headers = {n: v for n, v in recorded.headers.items() if n.lower() not in _OF_THE_WIRE}
    if isinstance(recorded.body, str):
        return Response(recorded.body, recorded.status, headers)
    headers = {n: v for n, v in headers.items() if n.lower() != "content-type"}
    return json_response(recorded.body, recorded.status, headers=headers)


_OF_THE_WIRE: Final = frozenset({"content-length", "content-encoding", "transfer-encoding"})
_BROKEN: Final[Mapping[FaultKind, Callable[[], GraphError]]] = {
    FaultKind.TOO_MANY: lambda: errors.limit_reached(4),
    FaultKind.OUT_OF_CREDIT: lambda: errors.limit_reached(613),
    FaultKind.UNAUTHORIZED: lambda: errors.dead(467, ""),
    FaultKind.FORBIDDEN: lambda: errors.lacks_permission("pages_read_engagement"),
    FaultKind.NOT_FOUND: lambda: errors.no_object("0"),
    FaultKind.SERVER_ERROR: errors.temporary,
}
_SCHEMES: Final = frozenset({"bearer", "oauth"})


def _version_of(path: str) -> tuple[str, list[str]]:
    """Take the version off a path; without one the oldest answers.

    Raises:
        GraphError: the version has ended (2635), or is not known (2500).
    """
    parts = [part for part in path.split("/") if part]
    if not parts or (hit := _VERSION.fullmatch(parts[0])) is None:
        return "", parts
    version = parts[0]
    if version not in VERSIONS:
        oldest = int(VERSIONS[0][1:].split(".")[0])
        if int(hit[1]) < oldest:
            raise errors.old_version(version, NEWEST)
        raise errors.no_path(f"/{version}")
    return version, parts[1:]


def _check_proof(caller: Caller, args: Mapping[str, str]) -> bool:
    """Check the signature of a call; whether there was one.

    Raises:
        GraphError: it is wrong, or missing where the app wants it (100).
    """
    proof = args.get("appsecret_proof")
    if proof is None:
        if caller.app.proof_required and caller.kind != "APP":
            raise errors.no_proof()
        return False
    own = caller.app.instagram_secret if caller.kind == "INSTAGRAM" else caller.app.secret
    if not secrets.compare_digest(proof_of(own, caller.text).encode(), proof.encode()):
        raise errors.wrong_proof()
    return True


def _text(value: Any) -> str:
    if isinstance(value, dict) or (isinstance(value, list) and _holds_more(value)):
        return json.dumps(value)
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds_more(values: list[Any]) -> bool:
    return any(isinstance(one, (dict, list)) for one in values)
