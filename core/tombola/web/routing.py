"""Who may open which address: every route says so, and the application does not start otherwise.

A room makes its routes with ``Pages``, which refuses a route without an audience. ``install`` puts
one guard in
front of all requests and ``check_rules`` walks the finished URL map: a rule that nobody classified
stops the boot.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, abort, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue, RouteCallable

from tombola.api import Audience
from tombola.web import i18n, navigation
from tombola.web.navigation import Entry, Place

View = TypeVar("View", bound=RouteCallable)

#: A campaign's key. As a first path segment it belongs to the campaigns, never to a page of ours.
CAMPAIGN_KEY = re.compile(r"^[0-9A-Za-z]{5}$")

#: Where programs ask; errors there are always problems in JSON.
API = "/api/"

_TABLE = "tombola_access"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class UnclassifiedRule(RuntimeError):
    """A rule of the URL map has no audience, no door, or an address that belongs to campaigns."""


class Forgery(StrEnum):
    """How a changing request proves that one of our pages sent it."""

    #: The form's token, checked for the view (the default).
    PAGE_TOKEN = "page_token"  # noqa: S105 - a name, not a secret
    #: The view has its own proof: a signature, a bearer token, an in-page token of the widget.
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Access:
    """What one endpoint says about itself.

    ``framed`` pages may stand in a frame on any site; all others in none. ``role`` is the least
    role of a team page, and what the scope of a program's route stands for; ``None`` elsewhere.
    ``largest_bytes``: what a request may bring, where that is more than elsewhere.
    """

    audience: Audience
    role: StrEnum | None = None
    forgery: Forgery = Forgery.PAGE_TOKEN
    framed: bool = False
    largest_bytes: int | None = None
    #: What a program's token has to allow; programs only.
    scope: StrEnum | None = None


#: Decides about one request of its audience: ``None`` lets it in, anything else is the answer.
Door = Callable[[Access], ResponseReturnValue | None]


class Pages:
    """The routes of one room, each with its audience.

    Made as ``pages = Pages("teams", __name__)`` and used as
    ``@pages.get("/log-in", audience=Audience.PUBLIC)``. Templates lie in ``templates/<name>/``.
    ``spoken``: visitors see these pages, in their own language.
    """

    def __init__(self, name: str, import_name: str, *, spoken: bool = False) -> None:
        self.blueprint = Blueprint(name, import_name, template_folder="templates")
        if spoken:
            self.blueprint.before_request(i18n.listen)
        self.endpoints: dict[str, Access] = {}
        self.blueprint.record(self._classify)

    def get(self, rule: str, **how: Any) -> Callable[[View], View]:
        """A page to read. ``how`` are ``route``'s words."""
        return self.route(rule, method="GET", **how)

    def post(self, rule: str, **how: Any) -> Callable[[View], View]:
        """An act. ``how`` are ``route``'s words."""
        return self.route(rule, method="POST", **how)

    def route(
        self,
        rule: str,
        *,
        method: str,
        audience: Audience,
        role: StrEnum | None = None,
        forgery: Forgery = Forgery.PAGE_TOKEN,
        framed: bool = False,
        largest_bytes: int | None = None,
        scope: StrEnum | None = None,
    ) -> Callable[[View], View]:
        """One rule, one method, one audience; the endpoint is the function's name.

        Raises:
            UnclassifiedRule: a team page without a role, a program's route without a scope.
        """
        if audience is Audience.TEAM and role is None:
            raise UnclassifiedRule(f"{rule}: a page of a team needs role=…")
        if audience is Audience.API:
            if scope is None:
                raise UnclassifiedRule(f"{rule}: a route for programs needs scope=…")
            # Its token comes in a header that no other site's page can send along unasked.
            forgery = Forgery.OWN
        access = Access(audience, role, forgery, framed, largest_bytes, scope)

        def decorate(view: View) -> View:
            endpoint = view.__name__
            if self.endpoints.setdefault(endpoint, access) != access:
                raise UnclassifiedRule(f"{rule}: {endpoint} already has another audience")
            self.blueprint.add_url_rule(rule, endpoint, view, methods=[method])
            return view

        return decorate

    def link(
        self,
        place: Place,
        label: str,
        endpoint: str,
        *,
        order: int,
        sections: tuple[str, ...] = (),
        count: Callable[..., int | None] | None = None,
        when: Callable[..., bool] | None = None,
    ) -> None:
        """Let pages show a link to one of this room's endpoints.

        ``endpoint`` is the view's name; the link is current there and on every endpoint that
        begins with one of ``sections``, such as ``entries.``. ``count`` says what waits there,
        ``when`` whether the link is shown.
        """
        name = f"{self.blueprint.name}.{endpoint}"
        shown = Entry(order, label, name, (name, *sections), count, when)
        self.blueprint.record(lambda state: navigation.add(cast("Flask", state.app), place, shown))

    def _classify(self, state: BlueprintSetupState) -> None:
        prefix = f"{state.name_prefix}.{state.name}".lstrip(".")
        for endpoint, access in self.endpoints.items():
            classify(cast("Flask", state.app), f"{prefix}.{endpoint}", access)


def classify(app: Flask, endpoint: str, access: Access) -> None:
    """Say who may open an endpoint that was not made with ``Pages``; saying it twice must agree.

    Raises:
        UnclassifiedRule: the endpoint already has another audience.
    """
    if _table(app).setdefault(endpoint, access) != access:
        raise UnclassifiedRule(f"{endpoint} already has another audience")


def mount(app: Flask, blueprint: Blueprint, prefix: str, access: Access) -> None:
    """Register somebody else's blueprint below ``prefix``, all of it for one audience."""
    before = set(app.view_functions)
    app.register_blueprint(blueprint, url_prefix=prefix)
    for endpoint in set(app.view_functions) - before:
        classify(app, endpoint, access)


def access_of(app: Flask, endpoint: str | None) -> Access | None:
    """What an endpoint said about itself, if it said anything."""
    return _table(app).get(endpoint) if endpoint else None


def current_access() -> Access | None:
    """The access of the running request's endpoint."""
    return access_of(current_app, request.endpoint)


def install(app: Flask, doors: Mapping[Audience, Door]) -> None:
    """Put the guard in front of all requests. What has no audience or no door is refused.

    ``doors`` has one entry for each audience that is not public; public pages need none.
    """
    app.extensions["tombola_doors"] = dict(doors)
    if "static" in app.view_functions:
        classify(app, "static", Access(Audience.PUBLIC))
    app.before_request(_guard)


def check_rules(app: Flask) -> None:
    """Refuse to start with a rule that nobody classified.

    Raises:
        UnclassifiedRule: names each wrong rule and what is missing.
    """
    wrong = [
        f"{rule.rule} ({rule.endpoint}): {why}"
        for rule in app.url_map.iter_rules()
        if (why := _complaint(app, rule.endpoint, rule.rule))
    ]
    if wrong:
        raise UnclassifiedRule("; ".join(sorted(wrong)))


def is_safe(method: str) -> bool:
    """Whether a request of this method changes nothing."""
    return method in _SAFE


def _complaint(app: Flask, endpoint: str, rule: str) -> str | None:
    access = access_of(app, endpoint)
    if access is None:
        return "has no audience"
    if access.audience is not Audience.PUBLIC and access.audience not in _doors(app):
        return f"nobody guards the audience {access.audience}"
    here = (
        {Audience.API, Audience.PUBLIC} if rule.startswith(API) else set(Audience) - {Audience.API}
    )
    if access.audience not in here:
        return f"routes for programs begin with {API}, and no others but public ones do"
    if CAMPAIGN_KEY.match(rule.split("/")[1]):
        return "begins like a campaign's key"
    return None


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no rule matched: Flask answers 404 or 405
    access = current_access()
    if access is None:
        abort(403)
    if access.largest_bytes is not None:
        request.max_content_length = access.largest_bytes
    if access.audience is Audience.PUBLIC:
        return None
    door = _doors(current_app).get(access.audience)
    if door is None:
        abort(403)
    return door(access)


def _table(app: Flask) -> dict[str, Access]:
    table: dict[str, Access] = app.extensions.setdefault(_TABLE, {})
    return table


def _doors(app: Flask) -> dict[Audience, Door]:
    doors: dict[Audience, Door] = app.extensions.get("tombola_doors", {})
    return doors
