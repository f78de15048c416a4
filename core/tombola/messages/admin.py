"""The Messages tab of a campaign: who can be told what today, broadcasts, and each message."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, NotFound, Purpose
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.messages import audience, broadcasting, listing, service
from tombola.messages.broadcasting import BroadcastForm
from tombola.messages.pages import draft
from tombola.messages.pages import show as put_together
from tombola.messages.rules import QUESTIONS, State, fill
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("messages", __name__)
_LOOK = {"audience": Audience.TEAM, "role": Role.VIEWER}
_ACT = {"audience": Audience.TEAM, "role": Role.EDITOR}
_TAB = "/team/<team>/campaign/<key>/messages"
#: What the list shows, by its word in the address.
VIEWS: dict[str, tuple[State, ...]] = {
    "": (),
    "unknown": (State.UNKNOWN,),
    "waiting": (State.PLANNED, State.WAITING, State.SENDING),
    "gone": (State.SENT, State.DELIVERED, State.READ),
    "not": (State.REJECTED, State.CANCELLED),
}


def count(team: str, key: str) -> int | None:  # noqa: ARG001 - the door has read it
    """What the tab counts: messages of which nobody knows whether they arrived."""
    with current().db.read() as conn:
        return listing.unknown(conn, doors.actor().team_id, key) or None


pages.link(Place.CAMPAIGN, "Messages", "show", order=40, sections=("messages.",), count=count)


@pages.get(_TAB, **_LOOK)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Who can be told what today, and what was."""
    found = campaign_of_address(key)
    word = request.args.get("view", "")
    view = word if word in VIEWS else ""
    before = request.args.get("before", type=int)
    inst, actor = current(), doors.actor()
    return render_template(
        "messages/show.html",
        campaign=found,
        shown=put_together(inst, actor, found, VIEWS[view], before),
        view=view,
        views=VIEWS,
        before=before,
        titles={each.key: each.title for each in inst.plugins.channels()},
    )


@pages.get(f"{_TAB}/broadcasts", **_LOOK)
def progress(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """How far broadcasts are: the part of the tab that renews itself while one runs."""
    found = campaign_of_address(key)
    with current().db.read() as conn:
        sent = broadcasting.listing(conn, found.id)
    return render_template("messages/broadcasts.html", campaign=found, broadcasts=sent)


@pages.get(f"{_TAB}/new/<purpose>", **_ACT)
def write(team: str, key: str, purpose: str) -> ResponseReturnValue:  # noqa: ARG001 - see above
    """The form of a message to many."""
    found, why = campaign_of_address(key), _purpose(purpose)
    return _write(found, why, Form.of(BroadcastForm, {"purpose": why.value, "text": draft(why)}))


@pages.post(f"{_TAB}/new/<purpose>", **_ACT)
def begin(team: str, key: str, purpose: str) -> ResponseReturnValue:
    """Show what would be sent to whom; once that has been seen, send it."""
    found, why = campaign_of_address(key), _purpose(purpose)
    form = Form.sent(BroadcastForm, request.form)
    if form.value is None or form.value.purpose is not why:
        return _write(found, why, form), 422
    if request.form.get("act") == "change":
        return _write(found, why, form)
    inst, actor = current(), doors.actor()
    if request.form.get("act") != "send":
        seen = audience.preview(inst, actor, found.uid, why)
        sample = fill(form.value.text, {"first_name": "Ann", "campaign": found.title})
        return render_template(
            "messages/preview.html",
            campaign=found,
            purpose=why,
            form=form,
            preview=seen,
            sample=sample,
            question=form.value.question,
        )
    broadcasting.begin(inst, actor, found.uid, form.value)
    flash(_("It is on its way; this page shows how far it is."), "good")
    return redirect(url_for("messages.show", team=team, key=key), 303)


@pages.post(f"{_TAB}/<uid>/stop", **_ACT)
def stop(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Stop a broadcast."""
    found = campaign_of_address(key)
    n = broadcasting.stop(current(), doors.actor(), found.uid, uid)
    said = ngettext("Stopped; %(n)d message was taken back.",
                    "Stopped; %(n)d messages were taken back.", n)  # fmt: skip
    flash(said % {"n": n}, "good")
    return redirect(url_for("messages.show", team=team, key=key), 303)


@pages.post(f"{_TAB}/one/<uid>", **_ACT)
def settle(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Decide about a message of which nobody knows whether it arrived."""
    found = campaign_of_address(key)
    arrived = request.form.get("act") == "arrived"
    try:
        service.settle(current(), doors.actor(), found.uid, uid, arrived=arrived)
    except NotFound as late:
        flash(str(late), "warning")
    else:
        flash(_("Kept as sent.") if arrived else _("It is sent once more."), "good")
    view = request.args.get("view") or None
    return redirect(url_for("messages.show", team=team, key=key, view=view, _anchor="list"), 303)


def _purpose(word: str) -> Purpose:
    found = next((each for each in broadcasting.PURPOSES if each.value == word), None)
    if found is None:
        raise NotFound(_("There is no such message."))
    return found


def _write(found: Campaign, why: Purpose, form: Form[BroadcastForm]) -> str:
    return render_template(
        "messages/write.html", campaign=found, purpose=why, form=form, asks=why in QUESTIONS
    )
