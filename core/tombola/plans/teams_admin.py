"""The operator's page of teams: who is there, on which plan, and another one."""

from typing import Annotated

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from tombola.api import Audience, Conflict, NotFound
from tombola.installation import current
from tombola.plans.service import plans, table
from tombola.teams import doors, service
from tombola.teams.service import Name, NewTeam
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

#: The plan of a new team unless another is chosen.
FIRST_PLAN = "free"

pages = Pages("operator_teams", __name__)
pages.link(Place.OPERATOR, "Teams", "listing", order=10)


class TeamForm(BaseModel):
    """What a new team needs."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[Name, Field(title="Name of the team")]


@pages.get("/operator/teams", audience=Audience.OPERATOR)
def listing() -> ResponseReturnValue:
    """Every team, and a form for another one."""
    return _page(Form.of(TeamForm))


@pages.post("/operator/teams", audience=Audience.OPERATOR)
def create_team() -> ResponseReturnValue:
    """Make a team whose owner is the operator who made it."""
    form = Form.sent(TeamForm, request.form)
    if form.value is None:
        return _page(form), 422
    asked = NewTeam(name=form.value.name, plan=_wanted_plan(FIRST_PLAN))
    try:
        made = service.create_team(current(), doors.actor(), asked)
    except Conflict as wrong:
        return _page(form.with_errors({"name": str(wrong)})), 422
    flash(_("The team is there. Make its first campaign."), "good")
    return redirect(url_for("campaigns.overview", team=made.slug), 303)


@pages.post("/operator/teams/<slug>/plan", audience=Audience.OPERATOR)
def set_plan(slug: str) -> ResponseReturnValue:
    """Move a team to another plan."""
    moved = service.set_plan(current(), doors.actor(), slug, _wanted_plan(""))
    said = _("%(team)s is on the plan %(plan)s now.") % {"team": moved.name, "plan": moved.plan}
    flash(said, "good")
    return redirect(url_for("operator_teams.listing"), 303)


def _wanted_plan(default: str) -> str:
    wanted = request.form.get("plan", default)
    if wanted not in {plan.key for plan in plans(current())}:
        raise NotFound("There is no such plan.")
    return wanted


def _page(form: Form[TeamForm]) -> str:
    inst, actor = current(), doors.actor()
    rows = table(inst, actor).rows
    return render_template(
        "plans/teams.html",
        form=form,
        teams=service.all_teams(inst, actor),
        plans=plans(inst),
        wanted=request.form.get("plan", FIRST_PLAN),
        lacking=[row.title for row in rows if not row.cells[FIRST_PLAN].enabled],
    )
