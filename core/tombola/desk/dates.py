"""Start now, end now, extend, and take the last change of dates back: each asked with numbers."""

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from tombola.api import Audience, Invalid, NotFound
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import CampaignForm, Phase
from tombola.campaigns.service import Campaign
from tombola.entries import editing
from tombola.entries.totals import counts
from tombola.importing import service as importing
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages
from tombola.web.texts import Unreadable, moment_from_text, moment_text

pages = Pages("dates", __name__)
_RULE = "/team/<team>/campaign/<key>/dates/<act>"
_ACT = {"audience": Audience.TEAM, "role": Role.EDITOR}
#: What can be done in which phase.
ACTS = {
    "start": {Phase.SCHEDULED},
    "end": {Phase.RUNNING},
    "extend": {Phase.SCHEDULED, Phase.RUNNING, Phase.ENDED},
    "undo": set(Phase),
}


@pages.get(_RULE, **_ACT)
def ask(team: str, key: str, act: str) -> ResponseReturnValue:
    """What it would do, in numbers."""
    found = campaign_of_address(key)
    if found.phase(current().clock()) not in _phases(act):
        flash(_said_already(act), "warning")
        return redirect(url_for("campaigns.show", team=team, key=key), 303)
    until, wrong = _until(found)
    form = _form(found, act, until)
    if form is None:
        flash(_("The dates were never changed."), "warning")
        return redirect(url_for("campaigns.show", team=team, key=key), 303)
    if not isinstance(form, CampaignForm):
        wrong, form = form, editing.form_of(found)
    return _page(found, act, form, wrong)


@pages.post(_RULE, **_ACT)
def do(team: str, key: str, act: str) -> ResponseReturnValue:
    """Do it, as it was asked; where the numbers are others by now, ask again."""
    found = campaign_of_address(key)
    if found.phase(current().clock()) not in _phases(act):
        flash(_said_already(act), "warning")
        return redirect(url_for("campaigns.show", team=team, key=key), 303)
    until, wrong = _until(found)
    form = _form(found, act, until)
    if wrong or not isinstance(form, CampaignForm):
        said = wrong or (form if isinstance(form, str) else _("The dates were never changed."))
        return _page(found, act, editing.form_of(found), said), 422
    effects = editing.effects(current(), doors.actor(), found.uid, form)
    if request.form.get("agreed") != f"{effects.come_in},{effects.drop_out}":
        return _page(found, act, form, "")
    editing.update_campaign(current(), doors.actor(), found.uid, form)
    said = {
        "start": _("It has started."),
        "end": _("It has ended."),
        "extend": _("The end is moved."),
        "undo": _("The dates are as they were before."),
    }[act]
    flash(f"{said} {_('You can take this back under “At a glance”.')}", "good")
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


def _phases(act: str) -> set[Phase]:
    if act not in ACTS:
        raise NotFound("There is no such act.")
    return ACTS[act]


def _form(found: Campaign, act: str, until: datetime) -> CampaignForm | str | None:
    """The campaign with other dates; why that cannot be; None: there is nothing to take back."""
    now = current().clock()
    changed = {"start": {"starts_at": now}, "end": {"ends_at": now}, "extend": {"ends_at": until}}
    try:
        if act == "undo":
            return editing.last_dates(current(), doors.actor(), found.uid)
        return editing.form_of(found, **changed[act])
    except (ValidationError, Invalid):
        return _("The end has to come after the start.")


def _until(found: Campaign) -> tuple[datetime, str]:
    """The end that somebody wants, by their control or a week on; and what is wrong with it."""
    text = request.values.get("until", "")
    zone = found.local(found.ends_at).tzinfo
    later = max(found.ends_at, current().clock()).replace(second=0, microsecond=0)
    later += timedelta(days=7)
    if not text:
        return later, ""
    try:
        return moment_from_text(text, zone), ""  # type: ignore[arg-type] # it is a ZoneInfo
    except Unreadable as wrong:
        return later, str(wrong)


def _page(found: Campaign, act: str, form: CampaignForm, wrong: str) -> str:
    inst, actor = current(), doors.actor()
    effects = editing.effects(inst, actor, found.uid, form)
    with inst.db.read() as conn:
        entries, people = counts(conn, [found.id])[found.id]
    sources = [
        one
        for one in importing.of_campaign(inst, actor, found.id)
        if one.state.value not in {"paused", "ended"}
    ]
    return render_template(
        "desk/dates.html",
        campaign=found,
        act=act,
        to=form,
        wrong=wrong,
        effects=effects,
        entries=entries,
        people=people,
        sources=len(sources),
        until=moment_text(form.ends_at, found.local(found.ends_at).tzinfo),  # type: ignore[arg-type]
    )


def _said_already(act: str) -> str:
    return {
        "start": _("It has started already."),
        "end": _("It does not run."),
    }.get(act, _("That cannot be done now."))
