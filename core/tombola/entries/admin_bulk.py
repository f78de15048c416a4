"""Acts on all entries that the Actions tab finds: asked with numbers, done with progress."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.entries import bulk
from tombola.entries.admin import filter_of, kept
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.routing import Pages

pages = Pages("bulk", __name__)


@pages.get("/team/<team>/campaign/<key>/entries/all", audience=Audience.TEAM, role=Role.EDITOR)
def ask(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """How many entries each act would change."""
    return _page(key)


@pages.post("/team/<team>/campaign/<key>/entries/all", audience=Audience.TEAM, role=Role.EDITOR)
def act(team: str, key: str) -> ResponseReturnValue:
    """Begin an act on all that the address's filters find."""
    found = campaign_of_address(key)
    kind, reason = request.form.get("act", ""), request.form.get("reason", "")
    wanted = filter_of(request.args, found)
    last = request.form.get("last", type=int)
    try:
        begun = bulk.act_on_all(
            current(), doors.actor(), found.uid, wanted, kind, reason, last_id=last
        )
    except Invalid as wrong:
        said = " ".join(_(str(text)) for text in wrong.errors.values())
        return _page(key, reason=reason, error=said), 422
    if begun.state == "running":
        flash(_("It is under way; this page shows how far it is."), "good")
    else:
        n = begun.changed
        said = ngettext("%(n)d entry was changed.", "%(n)d entries were changed.", n)
        flash(said % {"n": n}, "good")
    return redirect(url_for("entries.show", team=team, key=key, **kept()), 303)


@pages.get("/team/<team>/campaign/<key>/entries/acts", audience=Audience.TEAM, role=Role.VIEWER)
def acts(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """How far acts are: the part of the Actions tab that renews itself while there are some."""
    found = campaign_of_address(key)
    with current().db.read() as conn:
        running = bulk.under_way(conn, found.id)
    return render_template("entries/acts.html", campaign=found, acts=running, renewed=True)


def _page(key: str, reason: str = "", error: str = "") -> str:
    found = campaign_of_address(key)
    inst = current()
    chosen = bulk.choice(inst, doors.actor(), found.uid, filter_of(request.args, found))
    with inst.db.read() as conn:
        titles = {each.uid: each.title for each in campaigns.actions_of(conn, found.id)}
    asked = {"reason": reason, "error": error} if error else None
    return render_template(
        "entries/all.html",
        campaign=found,
        choice=chosen,
        chosen=kept(),
        titles=titles,
        asked=asked,
    )
