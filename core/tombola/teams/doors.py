"""Who is let in: the members of a team by their role, the operators, and where the others go."""

from dataclasses import replace
from urllib.parse import quote

from flask import Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from tombola.api import Audience, Forbidden
from tombola.installation import current
from tombola.teams import second_step, service, sessions, tokens
from tombola.teams.rules import SESSION_END, Actor, Role
from tombola.teams.service import Member, Team
from tombola.teams.tokens import Known
from tombola.web import navigation
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Link, Place
from tombola.web.routing import Access, Door
from tombola.web.sessions import give_token, read_token


def doors() -> dict[Audience, Door]:
    """The doors of those who work here. Entrants have their own, in ``widget``."""
    return {
        Audience.TEAM: _team_door,
        Audience.OPERATOR: _operator_door,
        Audience.API: _api_door,
    }


def actor() -> Actor:
    """Who makes the running request, in its team or as an operator."""
    found: Actor = g.actor
    return found


def member() -> Member:
    """The member who makes the running request."""
    found: Member = g.member
    return found


def team() -> Team:
    """The team of the running request's address."""
    found: Team = g.team
    return found


def logged_in() -> Member | None:
    """The member behind the request's cookie, on pages that are open to all."""
    token = read_token()
    return sessions.member_of(current(), token) if token else None


def _team_door(access: Access) -> ResponseReturnValue | None:
    """Let a member in whose role in the address's team is high enough, read each time."""
    found = logged_in()
    if found is None:
        return _ask_to_log_in()
    _greet(found)
    slug = (request.view_args or {}).get("team")
    if slug is None:
        return None
    g.actor, g.team = service.actor_in(current(), found, str(slug))
    g.home = url_for("campaigns.overview", team=slug)
    g.bar_links = navigation.links(Place.TEAM, team=slug)
    if access.role is not None:
        g.actor.need(Role(access.role))
    if second_step.is_missing(current(), found, wanted=g.team.second_step):
        return _to(url_for("second_step.show", need=1))
    return None


def let_in(token: str, goal: str) -> Response:
    """Give the browser a session's token and go on."""
    answer = make_response(redirect(goal, 303))
    give_token(answer, token, lasts=SESSION_END)
    return answer


def _operator_door(_access: Access) -> ResponseReturnValue | None:
    found = logged_in()
    if found is None:
        return _ask_to_log_in()
    _greet(found)
    if not found.operator:
        raise Forbidden("Only an operator of this installation may do this.")
    g.actor = service.operator_actor(found)
    g.bar_links = navigation.links(Place.OPERATOR)
    if second_step.is_missing(current(), found, wanted=False):
        return _to(url_for("second_step.show", need=1))
    return None


def api_token() -> Known:
    """The token of the program that makes the running request."""
    found: Known = g.api_token
    return found


def _api_door(access: Access) -> ResponseReturnValue | None:
    """Let a program in whose token allows the route; no cookie is looked at.

    It acts with the role that the route says, since the token's scope stands for it.
    """
    kind, _sep, text = request.headers.get("Authorization", "").partition(" ")
    found = tokens.known(current(), text.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "Tombola"}))
    if access.scope not in found.scopes:
        raise Forbidden(f"This needs a token with the scope {access.scope}.")
    g.api_token = found
    g.actor = replace(found.actor, role=Role(access.role or Role.VIEWER))
    return None


def _greet(found: Member) -> None:
    g.member = found
    g.home = url_for("teams.home")
    g.menu_links = [Link(_("Your teams"), url_for("teams.choose"))]
    if found.operator:
        g.menu_links.append(Link(_("Run the installation"), url_for("operator_teams.listing")))
    g.menu_links.append(Link(_("Your account"), url_for("account.show")))
    g.menu_links.append(Link(_("Where you are logged in"), url_for("teams.sessions_page")))


def _ask_to_log_in() -> Response:
    """To the log-in page, and from there back to what was wanted, if that was a page."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    if request.headers.get("HX-Request") == "true":
        return _to(url_for("teams.log_in"))
    return make_response(
        redirect(url_for("teams.log_in") + (f"?next={quote(back)}" if back else ""), 303)
    )


def _to(address: str) -> Response:
    """To another page, for browsers and for the script that asks for parts of pages."""
    if request.headers.get("HX-Request") == "true":
        answer = make_response("", 200)
        answer.headers["HX-Redirect"] = address
        return answer
    return make_response(redirect(address, 303))
