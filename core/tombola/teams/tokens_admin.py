"""The team's page of API tokens: make one, see it once, take it back."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.teams import doors, tokens
from tombola.teams.rules import Role
from tombola.teams.tokens import NewToken
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("api_tokens", __name__)
pages.link(Place.TEAM, "API tokens", "listing", order=60, sections=("api_tokens.",))


@pages.get("/team/<team>/api-tokens", audience=Audience.TEAM, role=Role.VIEWER)
def listing(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The tokens that are good, and a form for another one."""
    return _page(Form.of(NewToken))


@pages.post("/team/<team>/api-tokens", audience=Audience.TEAM, role=Role.OWNER)
def make(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Make a token and show it, this once: the answer is the page itself and is in no cache."""
    form = Form.sent(NewToken, request.form)
    if form.value is None:
        return _page(form), 422
    text = tokens.make(current(), doors.actor(), form.value)
    return make_response(_page(Form.of(NewToken), made=text, name=form.value.name), 201)


@pages.post("/team/<team>/api-tokens/<uid>/revoke", audience=Audience.TEAM, role=Role.OWNER)
def revoke(team: str, uid: str) -> ResponseReturnValue:
    """Take a token back."""
    tokens.revoke(current(), doors.actor(), uid)
    flash(_("That token is revoked. Programs that use it are refused from now on."), "good")
    return redirect(url_for("api_tokens.listing", team=team), 303)


def _page(form: Form[NewToken], *, made: str = "", name: str = "") -> str:
    found = tokens.listed(current(), doors.actor())
    return render_template("teams/tokens.html", form=form, tokens=found, made=made, name=name)
