"""Beginning a campaign from another one, from a template of the team's own, or from a ready one."""

from datetime import datetime, timedelta
from typing import Annotated

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from tombola.api import Audience, Invalid, NotFound
from tombola.campaigns import service, starters
from tombola.campaigns.copying import Built
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import Title
from tombola.desk import fields
from tombola.importing import copying
from tombola.importing.copying import CopyForm
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.routing import Pages

pages = Pages("starting", __name__)
_ACT = {"audience": Audience.TEAM, "role": Role.EDITOR}
_TEMPLATES = "/team/<team>/templates"
_DUPLICATE = "/team/<team>/campaign/<key>/duplicate"


class StartFields(BaseModel):
    """What is said of a campaign that is begun from another."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[Title, Field(title="Title", description="What people see first.")]
    starts_at: Annotated[
        datetime,
        Field(title="Starts", description="It runs as long as the one that it is made from."),
    ]


@pages.get(_TEMPLATES, **_ACT)
def choose(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Templates of the team's own, and ready ones."""
    inst, actor = current(), doors.actor()
    own = copying.templates(inst, actor)
    return render_template("desk/templates.html", own=own, ready=starters.STARTERS)


@pages.get(f"{_TEMPLATES}/<kind>/<name>", **_ACT)
def ask(team: str, kind: str, name: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Title and start of a campaign from a template."""
    return _page(kind, name, None)


@pages.post(f"{_TEMPLATES}/<kind>/<name>", **_ACT)
def begin(team: str, kind: str, name: str) -> ResponseReturnValue:
    """Begin from a template."""
    form = _sent(_zone(kind, name))
    if form.value is None:
        return _page(kind, name, form), 422
    inst, actor, said = current(), doors.actor(), _said(form)
    left: list[str] = []
    if kind == "own":
        built = copying.from_template(inst, actor, name, said)
    else:
        built, left = copying.from_starter(inst, actor, name, said, _zone(kind, name))
    _tell(built, left)
    return redirect(url_for("campaigns.show", team=team, key=built.campaign.key), 303)


@pages.post(f"{_TEMPLATES}/<uid>/remove", **_ACT)
def remove(team: str, uid: str) -> ResponseReturnValue:
    """Take a template of the team's own away."""
    copying.remove_template(current(), doors.actor(), uid)
    flash(_("The template is gone. Campaigns that were begun from it stay."), "good")
    return redirect(url_for("starting.choose", team=team), 303)


@pages.get(_DUPLICATE, **_ACT)
def ask_duplicate(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What a duplicate takes over, its title and its start."""
    return _duplicate_page(key, None)


@pages.post(_DUPLICATE, **_ACT)
def duplicate(team: str, key: str) -> ResponseReturnValue:
    """Make a campaign like this one."""
    found = campaign_of_address(key)
    form = _sent(found.zone)
    if form.value is None:
        return _duplicate_page(key, form), 422
    built = copying.duplicate(current(), doors.actor(), found.uid, _said(form))
    _tell(built, [])
    return redirect(url_for("campaigns.show", team=team, key=built.campaign.key), 303)


@pages.post("/team/<team>/campaign/<key>/template", **_ACT)
def save(team: str, key: str) -> ResponseReturnValue:
    """Keep a campaign as a template of the team's own."""
    found = campaign_of_address(key)
    title = request.form.get("title", "")
    try:
        copying.save_template(current(), doors.actor(), found.uid, title)
    except Invalid as wrong:
        flash(_(str(next(iter(wrong.errors.values())))), "error")
        return redirect(url_for("starting.ask_duplicate", team=team, key=key), 303)
    flash(_("Kept. You find it under “Begin from a template”."), "good")
    return redirect(url_for("starting.choose", team=team), 303)


def _duplicate_page(key: str, form: Form[StartFields] | None) -> str:
    found = campaign_of_address(key)
    begins = max(found.ends_at, current().clock()).replace(second=0, microsecond=0)
    stored = {
        "title": _("%(title)s (copy)") % {"title": found.title[:110]},
        "starts_at": begins + timedelta(minutes=1),
    }
    shown = form or Form.of(StartFields, stored, zone=found.zone)
    return render_template("desk/duplicate.html", campaign=found, form=shown)


def _page(kind: str, name: str, form: Form[StartFields] | None) -> str:
    inst, actor = current(), doors.actor()
    zone = _zone(kind, name)
    left: list[str] = []
    if kind == "own":
        one = copying.template(inst, actor, name)
        title, about, content = one.title, "", one.content
    elif kind == "ready":
        starter = starters.find(name)
        title, about = starter.title, starter.about
        content, left = starters.snapshot(inst, actor, starter)
    else:
        raise NotFound("There is no such template.")
    first = fields.first_dates(inst.clock())["starts_at"]
    stored = {"title": content.title, "starts_at": first}
    return render_template(
        "desk/begin.html",
        title=title,
        about=about,
        content=content,
        left=left,
        zone=zone,
        form=form or Form.of(StartFields, stored, zone=zone),
    )


def _zone(kind: str, name: str) -> str:
    """The template's own zone, or that of the team's last campaign."""
    inst, actor = current(), doors.actor()
    if kind == "own":
        return copying.template(inst, actor, name).content.zone
    latest = service.of(inst, actor)[:1]
    return latest[0].zone if latest else "UTC"


def _sent(zone: str) -> Form[StartFields]:
    return Form.sent(StartFields, request.form, zone=zone)


def _said(form: Form[StartFields]) -> CopyForm:
    if form.value is None:
        raise Invalid(form.errors)
    return CopyForm(title=form.value.title, starts_at=form.value.starts_at)


def _tell(built: Built, left: list[str]) -> None:
    """Say what is there, and what is not."""
    n = len(built.actions)
    said = ngettext("Begun with %(n)d action.", "Begun with %(n)d actions.", n) % {"n": n}
    flash(f"{said} {_('Sources rest until you let them run.')}", "good")
    for title, reason in built.left_out:
        flash(_("Left out: “%(title)s”. %(why)s") % {"title": title, "why": reason}, "warning")
    for title in left:
        flash(
            _("Left out, since your plan does not have it: “%(title)s”.") % {"title": title},
            "warning",
        )
    for title in built.lists:
        said = _(
            "“%(title)s” needs its list of right answers again; until then every answer counts."
        )
        flash(said % {"title": title}, "warning")
