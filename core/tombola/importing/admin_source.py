"""Pages of one source: how it stands, its runs and their calls, another look, taking a run back."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict, NotFound
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.entries import bulk
from tombola.importing import recheck, service
from tombola.importing.pages import action_of, label_of, source_of
from tombola.importing.states import SourceState
from tombola.importing.views import Run, Source
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.routing import Pages

pages = Pages("source", __name__)
#: Runs that are shown whatever they brought, and runs shown at most.
_LATEST, _SHOWN = 3, 20


@pages.get("/team/<team>/campaign/<key>/source/<uid>", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """One source: how it stands, its runs, and what can be done about it."""
    found = campaign_of_address(key)
    return render_template("importing/show.html", **_facts(found, source_of(found, uid)))


@pages.get("/team/<team>/campaign/<key>/source/<uid>/now", audience=Audience.TEAM, role=Role.VIEWER)
def state(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """How the source stands at this moment: the part of its page that renews itself."""
    found = campaign_of_address(key)
    return render_template("importing/state.html", **_facts(found, source_of(found, uid)))


_VERBS = "<any(run, pause, resume, recheck, leave_be, remove):verb>"


@pages.post(
    f"/team/<team>/campaign/<key>/source/<uid>/{_VERBS}",
    audience=Audience.TEAM,
    role=Role.EDITOR,
)
def act(team: str, key: str, uid: str, verb: str) -> ResponseReturnValue:
    """Run now, pause, go on, or take the source away."""
    source = source_of(campaign_of_address(key), uid)
    verbs = {
        "run": (service.run_now, _("It looks for new posts now.")),
        "pause": (service.pause, _("Paused. Nothing more is imported until you let it go on.")),
        "resume": (service.resume, _("It goes on.")),
        "recheck": (recheck.ask, _("It looks at its posts again.")),
        "leave_be": (recheck.stop, _("Stopped. What was found so far stays.")),
        "remove": (service.remove, _("The source is gone; what it brought stays.")),
    }
    do, said = verbs[verb]
    try:
        do(current(), doors.actor(), source.uid)
    except Conflict as wrong:
        flash(str(wrong), "warning")
    else:
        flash(said, "good")
    if verb == "remove":
        return redirect(url_for("importing.sources", team=team, key=key), 303)
    return redirect(url_for("source.show", team=team, key=key, uid=uid), 303)


@pages.post(
    "/team/<team>/campaign/<key>/source/<uid>/undo/<run>", audience=Audience.TEAM, role=Role.EDITOR
)
def undo(team: str, key: str, uid: str, run: str) -> ResponseReturnValue:
    """Take back every entry of one run of this source."""
    source = source_of(campaign_of_address(key), uid)
    if run not in {one.uid for one in service.runs(current(), doors.actor(), source.uid)}:
        raise NotFound("There is no such run.")
    n = service.undo(current(), doors.actor(), run)
    said = ngettext("%(n)d entry was taken back.", "%(n)d entries were taken back.", n)
    if n > bulk.AT_ONCE:
        said = _("%(n)d entries are being taken back; this page shows how far it is.")
    flash(said % {"n": n}, "good")
    return redirect(url_for("source.show", team=team, key=key, uid=uid), 303)


@pages.get(
    "/team/<team>/campaign/<key>/source/<uid>/run/<run>", audience=Audience.TEAM, role=Role.VIEWER
)
def log(team: str, key: str, uid: str, run: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """One run: what came of each of its calls."""
    found = campaign_of_address(key)
    source = source_of(found, uid)
    one = service.run_of_source(current(), doors.actor(), source.uid, run)
    facts = _facts(found, source)
    return render_template("importing/run.html", **{**facts, "run": one})


def _facts(found: Campaign, source: Source) -> dict[str, object]:
    inst = current()
    runs = service.runs(inst, doors.actor(), source.uid, limit=200)
    with inst.db.read() as conn:
        acts = bulk.under_way(conn, found.id, [each.uid for each in runs])
    return {
        "campaign": found,
        "source": source,
        "acts": acts,
        "action": action_of(found, source.action_uid),
        "label": label_of(source),
        "runs": _worth_showing(runs),
        "paused": source.state is SourceState.PAUSED,
        "again": recheck.latest(inst, doors.actor(), source.uid),
        "can_look": recheck.is_possible(inst, source.importer_key),
    }


def _worth_showing(found: list[Run]) -> list[Run]:
    """The latest few runs, and of the others those that brought something or went wrong."""
    kept = [
        run
        for place, run in enumerate(found)
        if place < _LATEST or run.counts["new"] or run.state != "finished"
    ]
    return kept[:_SHOWN]
