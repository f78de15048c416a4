"""The operator's page of everybody who works here."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict
from tombola.installation import current
from tombola.operators import members
from tombola.teams import doors
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("operator_members", __name__)
pages.link(Place.OPERATOR, "Members", "listing", order=20)
_OPERATOR = {"audience": Audience.OPERATOR}


@pages.get("/operator/members", **_OPERATOR)
def listing() -> ResponseReturnValue:
    """Who they are, in which teams, and whether they may come in."""
    word = request.args.get("find", "")[:100]
    found = members.everybody(current(), doors.actor(), word)
    return render_template("operators/members.html", members=found, word=word, most=members.MOST)


@pages.post("/operator/members/<uid>/disable", **_OPERATOR)
def disable(uid: str) -> ResponseReturnValue:
    """Let somebody in no more."""
    try:
        members.disable(current(), doors.actor(), uid)
    except Conflict as oneself:
        flash(str(oneself), "error")
    else:
        flash(_("They are logged out, and do not come in any more."), "good")
    return redirect(url_for("operator_members.listing"), 303)


@pages.post("/operator/members/<uid>/enable", **_OPERATOR)
def enable(uid: str) -> ResponseReturnValue:
    """Let somebody in again."""
    members.enable(current(), doors.actor(), uid)
    flash(_("They may come in again."), "good")
    return redirect(url_for("operator_members.listing"), 303)


@pages.post("/operator/members/<uid>/second-step", **_OPERATOR)
def forget_second_step(uid: str) -> ResponseReturnValue:
    """Forget the second step of somebody who has lost it."""
    members.forget_second_step(current(), doors.actor(), uid)
    flash(_("Forgotten. Their password alone lets them in until they set it up anew."), "warning")
    return redirect(url_for("operator_members.listing"), 303)


@pages.post("/operator/members/<uid>/operator", **_OPERATOR)
def make_operator(uid: str) -> ResponseReturnValue:
    """Let somebody run the installation, or no longer."""
    wanted = request.form.get("wanted") == "yes"
    try:
        members.make_operator(current(), doors.actor(), uid, wanted=wanted)
    except Conflict as oneself:
        flash(str(oneself), "error")
    else:
        said = _("They run this installation, too.")
        flash(said if wanted else _("They run this installation no longer."), "good")
    return redirect(url_for("operator_members.listing"), 303)
