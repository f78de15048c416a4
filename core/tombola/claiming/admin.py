"""The Claims tab of a campaign: what people claim, what speaks for it, and a moderator's word."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, NotFound
from tombola.campaigns.pages import campaign_of_address
from tombola.claiming import deciding, listing
from tombola.claiming.rules import State
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("claims", __name__)

#: What the tab's views show, by their word in the address.
VIEWS = {
    "": (State.PENDING,),
    "waiting": (State.WAITING,),
    "approved": (State.APPROVED,),
    "rejected": (State.REJECTED,),
}


def count(team: str, key: str) -> int | None:  # noqa: ARG001 - the door has read it
    """What the tab counts: claims that wait for a moderator."""
    with current().db.read() as conn:
        return listing.pending(conn, doors.actor().team_id, key) or None


pages.link(Place.CAMPAIGN, "Claims", "show", order=25, sections=("claims.",), count=count)


@pages.get("/team/<team>/campaign/<key>/claims", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The claims that wait for a moderator, or others by ``view``."""
    return _show(key)


def _show(key: str, wrong: tuple[str, str, str] | None = None) -> str:
    """The page; ``wrong`` is (claim, reason as typed, what is wrong with it)."""
    found = campaign_of_address(key)
    word = request.args.get("view", "")
    view = word if word in VIEWS else ""
    inst, actor = current(), doors.actor()
    counts = listing.counts(inst, actor, found.uid)
    return render_template(
        "claiming/show.html",
        campaign=found,
        lines=listing.page(inst, actor, found.uid, VIEWS[view]),
        view=view,
        counts={each: sum(counts.get(state, 0) for state in VIEWS[each]) for each in VIEWS},
        wrong=wrong,
        networks={one.key: str(one.title) for one in inst.plugins.providers()},
        decided=request.args.get("decided") == "1",
    )


@pages.post("/team/<team>/campaign/<key>/claims", audience=Audience.TEAM, role=Role.EDITOR)
def decide(team: str, key: str) -> ResponseReturnValue:
    """Approve or reject one claim, or those that are ticked."""
    found = campaign_of_address(key)
    uids = request.form.getlist("entry")
    reason = request.form.get("reason", "")
    if not uids:
        flash(_("Tick the claims first."), "warning")
        return _back(team, key)
    try:
        if request.form.get("act") == "approve":
            n = deciding.approve(current(), doors.actor(), found.uid, uids)
            said = ngettext("%(n)d claim approved.", "%(n)d claims approved.", n) % {"n": n}
        else:
            n = deciding.reject(current(), doors.actor(), found.uid, uids, reason)
            said = ngettext("%(n)d claim rejected.", "%(n)d claims rejected.", n) % {"n": n}
    except Invalid as refused:
        place = uids[0] if "ticked" not in request.form else ""
        told = " ".join(str(text) for text in refused.errors.values())
        return _show(key, (place, reason, told)), 422
    left = len(set(uids)) - n
    if left:
        more = ngettext(
            "%(n)d was decided already, or lost to another one.",
            "%(n)d were decided already, or lost to another one.",
            left,
        )
        said = f"{said} {more % {'n': left}}"
    flash(said, "good" if n else "warning")
    return _back(team, key)


@pages.post(
    "/team/<team>/campaign/<key>/claims/<uid>/undo", audience=Audience.TEAM, role=Role.EDITOR
)
def undo(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take an approval back."""
    found = campaign_of_address(key)
    try:
        deciding.take_back(current(), doors.actor(), found.uid, uid)
    except NotFound:
        flash(_("This approval was taken back already, or the post counts elsewhere."), "warning")
    else:
        flash(_("Taken back. The entries are where they were before."), "good")
    return _back(team, key)


def _back(team: str, key: str) -> ResponseReturnValue:
    word = request.args.get("view", "")
    view = word if word in VIEWS else ""
    return redirect(url_for("claims.show", team=team, key=key, view=view or None, decided=1), 303)
