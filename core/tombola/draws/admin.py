"""The Winners tab of a campaign: its draws, and the plan of a new one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, Text
from tombola.campaigns import prizes
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import Kind
from tombola.campaigns.service import Campaign
from tombola.draws import asking, service
from tombola.draws.asking import Asked
from tombola.draws.types import Draw, DrawForm
from tombola.entries import listing
from tombola.fairness.bundle import Grade
from tombola.importing import service as importing
from tombola.importing.pages import label_of
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("winners", __name__)
_RULE = "/team/<team>/campaign/<key>/winners"
_TEAM: dict[str, Any] = {"audience": Audience.TEAM}


def is_there(team: str, key: str) -> bool:  # noqa: ARG001 - the door has read it
    """Whether a campaign has the tab: a reward is claimed, never drawn."""
    return campaign_of_address(key).kind is Kind.COMPETITION


_SECTIONS = ("winners.", "drawn.", "won.", "announcing.")
pages.link(Place.CAMPAIGN, "Winners", "show", order=21, sections=_SECTIONS, when=is_there)


@pages.get(_RULE, role=Role.VIEWER, **_TEAM)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """All draws of the campaign, those declared void among them, and what is left to draw from."""
    found = campaign_of_address(key)
    inst, actor = current(), doors.actor()
    sources = importing.of_campaign(inst, actor, found.id)
    with inst.db.read() as conn:
        actions = campaigns.actions_of(conn, found.id)
    return render_template(
        "draws/winners.html",
        campaign=found,
        draws=service.of_campaign(inst, actor, found.uid),
        totals=listing.totals(inst, actor, found.uid),
        actions=actions,
        sources=[(each.uid, label_of(each)) for each in sources],
    )


@pages.get(f"{_RULE}/new", role=Role.EDITOR, **_TEAM)
def ask(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of a new draw."""
    found = campaign_of_address(key)
    form = Form.of(Asked, {"title": found.title[:200]}, zone=found.zone)
    return _form(found, form, grade=service.grades(current())[0])


@pages.post(f"{_RULE}/new", role=Role.EDITOR, **_TEAM)
def plan(team: str, key: str) -> ResponseReturnValue:
    """Write the plan down; the pool is shown on the draw's own page."""
    found = campaign_of_address(key)
    form = Form.sent(Asked, request.form, zone=found.zone)
    try:
        made = service.plan(current(), doors.actor(), found.uid, _document(found, form))
    except Invalid as wrong:
        return _form(found, form, errors=wrong.errors), 422
    flash(_("Planned. Nothing is fixed yet: look at the pool first."), "good")
    return redirect(url_for("drawn.one", team=team, key=key, uid=made.uid), 303)


@pages.get(f"{_RULE}/<uid>/change", role=Role.EDITOR, **_TEAM)
def edit(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of a planned draw."""
    found = campaign_of_address(key)
    made = service.get(current(), doors.actor(), uid)
    stored = {name: getattr(made.form, name) for name in Asked.model_fields}
    form = Form.of(Asked, stored, zone=found.zone)
    return _form(found, form, planned=made, grade=made.grade)


@pages.post(f"{_RULE}/<uid>/change", role=Role.EDITOR, **_TEAM)
def change(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Write another plan into a planned draw; who is left out stays left out."""
    found = campaign_of_address(key)
    made = service.get(current(), doors.actor(), uid)
    form = Form.sent(Asked, request.form, zone=found.zone)
    try:
        wanted = _document(found, form).model_copy(update={"exclude": made.form.exclude})
        service.change_plan(current(), doors.actor(), uid, wanted)
    except Invalid as wrong:
        return _form(found, form, planned=made, errors=wrong.errors), 422
    flash(_("Changed."), "good")
    return redirect(url_for("drawn.one", team=team, key=key, uid=uid), 303)


def _document(found: Campaign, form: Form[Asked]) -> DrawForm:
    if form.value is None:
        raise Invalid(dict(form.errors))
    inst, actor = current(), doors.actor()
    with inst.db.read() as conn:
        actions = [each.uid for each in campaigns.actions_of(conn, found.id)]
    listed = prizes.listing(inst, actor, found.uid)
    return asking.document(form.value, request.form, listed, actions)


def _form(
    found: Campaign,
    form: Form[Asked],
    *,
    grade: Grade | str = "",
    planned: Draw | None = None,
    errors: dict[str, Text] | Any = None,
) -> str:
    """The page; ``errors`` are complaints about what was sent."""
    inst, actor = current(), doors.actor()
    with inst.db.read() as conn:
        actions = campaigns.actions_of(conn, found.id)
    sent = request.form if errors is not None else None
    lines = asking.offered(prizes.listing(inst, actor, found.uid), sent)
    chosen = planned.form.actions if planned and sent is None else []
    if planned is not None and sent is None:
        lines = _as_planned(planned, lines)
    others = {name: text for name, text in (errors or {}).items() if name not in form.errors}
    return render_template(
        "draws/plan.html",
        campaign=found,
        form=form.with_errors(others) if others else form,
        errors=errors or {},
        lines=lines,
        actions=actions,
        ticked=set(sent.getlist("action")) if sent is not None else set(chosen),
        grades=service.grades(inst),
        grade=sent.get("grade", "") if sent is not None else grade,
        all_grades=list(Grade),
        planned=planned,
    )


def _as_planned(made: Draw, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with the numbers of the plan; a prize that it leaves out has none."""
    by_uid = {each.uid: each for each in made.form.prizes if each.uid}
    free = [each for each in made.form.prizes if not each.uid or each.uid not in by_uid]
    for line in lines:
        if line["uid"]:
            line["count"] = by_uid[line["uid"]].winners if line["uid"] in by_uid else ""
        elif free:
            each = free.pop(0)
            line["title"], line["count"] = each.title, each.winners
    return lines
