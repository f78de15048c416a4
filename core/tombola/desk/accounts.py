"""Pages of a team's connected accounts: how they stand, connect, pick, reconnect, disconnect."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, NotFound, Text, render
from tombola.connections import joining, service
from tombola.handshakes import service as handshakes
from tombola.handshakes.service import Purpose
from tombola.importing import accounts
from tombola.installation import current
from tombola.teams import doors, sessions
from tombola.teams import service as teams
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages
from tombola.web.sessions import read_token

pages = Pages("accounts", __name__)
pages.link(Place.TEAM, "Connected accounts", "listing", order=30, sections=("accounts.",))

_TEAM = {"audience": Audience.TEAM, "role": Role.EDITOR}


@pages.get("/team/<team>/accounts", audience=Audience.TEAM, role=Role.VIEWER)
def listing(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The accounts, how each stands, and the ways to connect more."""
    return _listing()


@pages.get("/team/<team>/accounts/now", audience=Audience.TEAM, role=Role.VIEWER)
def state(team: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """The list alone: the part of the page that renews itself while something is checked."""
    return render_template("desk/accounts_list.html", **_facts())


@pages.post("/team/<team>/accounts/connect/<connector>", **_TEAM)
def connect(team: str, connector: str) -> ResponseReturnValue:
    """Leave for a network to connect accounts, or to renew the tokens of one."""
    inst, back_to = current(), url_for("accounts.listing", team=team)
    again = request.form.get("again") or None
    try:
        address = joining.begin(inst, doors.actor(), connector, _session(), back_to, again)
    except Invalid as refused:
        return _listing(refused), 422
    return render_template("desk/leaving.html", address=address)


@pages.get("/connected/<connector>", audience=Audience.TEAM, role=Role.EDITOR)
def back(connector: str) -> ResponseReturnValue:
    """Come back from a network. The handshake says for which team; the session has to be its."""
    inst, params = current(), request.args.to_dict()
    try:
        left = handshakes.take(inst, Purpose.CONNECT, connector, params.get("state", ""))
    except handshakes.Late as late:
        flash(_("That took too long, or was done already. Please try again."), "warning")
        return redirect(late.back_to, 303)
    if left.holder != _session():
        raise NotFound("Another browser or log-in began this. Please connect again from here.")
    with inst.db.read() as conn:
        slug = teams.team_by_id(conn, left.team.team_id).slug
    actor, _team = teams.actor_in(inst, doors.member(), slug)
    try:
        came = joining.finish(inst, actor, left, connector, params)
    except Invalid as refused:
        for said in refused.errors.values():
            flash(render(said, _), "error")
        return redirect(left.back_to, 303)
    if came.renewed:
        flash(_("Reconnected: %(names)s") % {"names": ", ".join(came.renewed)}, "good")
        accounts.wake(inst, actor.team_id)
    if came.offer_uid is None:
        return redirect(left.back_to, 303)
    return redirect(url_for("accounts.choose", team=slug, uid=came.offer_uid), 303)


@pages.get("/team/<team>/accounts/choose/<uid>", **_TEAM)
def choose(team: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """Pick which of the found accounts to connect."""
    return _choose(uid)


@pages.post("/team/<team>/accounts/choose/<uid>", **_TEAM)
def pick(team: str, uid: str) -> ResponseReturnValue:
    """Connect what was picked."""
    inst, actor = current(), doors.actor()
    try:
        titles = joining.pick(inst, actor, uid, set(request.form.getlist("account")))
    except Invalid as refused:
        return _choose(uid, next(iter(refused.errors.values()))), 422
    accounts.wake(inst, actor.team_id)
    flash(_("Connected: %(names)s") % {"names": ", ".join(titles)}, "good")
    return redirect(url_for("accounts.listing", team=team), 303)


@pages.post("/team/<team>/accounts/<uid>/check", **_TEAM)
def check(team: str, uid: str) -> ResponseReturnValue:
    """Ask the network about an account at once."""
    service.check_now(current(), doors.actor(), uid)
    return redirect(url_for("accounts.listing", team=team), 303)


@pages.get("/team/<team>/accounts/<uid>/disconnect", **_TEAM)
def ask_disconnect(team: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """Say what will stop when an account is disconnected."""
    inst, actor = current(), doors.actor()
    found = service.get(inst, actor, uid)
    with inst.db.read() as conn:
        sources = accounts.counted(conn, actor.team_id).get(found.id, 0)
    return render_template("desk/account_disconnect.html", account=found, sources=sources)


@pages.post("/team/<team>/accounts/<uid>/disconnect", **_TEAM)
def disconnect(team: str, uid: str) -> ResponseReturnValue:
    """Forget an account's tokens."""
    title = service.disconnect(current(), doors.actor(), uid)
    flash(_("“%(title)s” is disconnected; its tokens are gone.") % {"title": title}, "good")
    return redirect(url_for("accounts.listing", team=team), 303)


def _session() -> str:
    """The public name of the running request's session."""
    return sessions.uid_of(current(), read_token() or "") or ""


def _facts() -> dict[str, object]:
    inst, actor = current(), doors.actor()
    found = service.listing(inst, actor)
    with inst.db.read() as conn:
        sources = accounts.counted(conn, actor.team_id)
    return {"accounts": found, "sources": sources, "checking": any(a.checking for a in found)}


def _listing(refused: Invalid | None = None) -> str:
    ways = service.ways(current(), doors.actor())
    return render_template("desk/accounts.html", **_facts(), ways=ways, refused=refused)


def _choose(uid: str, wrong: Text | None = None) -> str:
    found = joining.offered(current(), doors.actor(), uid)
    chosen = request.form.getlist("account")
    return render_template("desk/accounts_choose.html", found=found, wrong=wrong, chosen=chosen)
