"""A team's pages of privacy: how long things are kept, deleting campaigns and the team."""

from typing import Annotated

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from tombola.api import Audience, Conflict, Invalid
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.privacy import deleting, retention
from tombola.privacy.retention import Rule
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("privacy", __name__)
pages.link(Place.TEAM, "Privacy", "show", order=80, sections=("privacy.show", "privacy.ask_team"))
pages.link(Place.CAMPAIGN, "Privacy", "campaign", order=95, sections=("privacy.campaign",))
_LOOK = {"audience": Audience.TEAM, "role": Role.VIEWER}
_OWNER = {"audience": Audience.TEAM, "role": Role.OWNER}
_OWN = "/team/<team>/campaign/<key>/privacy"


class Typed(BaseModel):
    """What shows that a deletion is meant."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(title="Type its name to show that you mean it", min_length=1)]


@pages.get("/team/<team>/privacy", **_LOOK)
def show(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """How long the team keeps what, and what waits to be deleted."""
    return _page(Form.of(Rule, retention.get(current(), doors.actor())))


@pages.post("/team/<team>/privacy", **_OWNER)
def keep(team: str) -> ResponseReturnValue:
    """Keep things for so long."""
    form = Form.sent(Rule, request.form)
    if form.value is None:
        return _page(form), 422
    retention.set_rule(current(), doors.actor(), form.value)
    flash(_("Kept from now on. The first look is within a day."), "good")
    return redirect(url_for("privacy.show", team=team), 303)


@pages.post("/team/<team>/privacy/back/<uid>", **_OWNER)
def bring_back(team: str, uid: str) -> ResponseReturnValue:
    """Take a campaign's deletion back."""
    try:
        key = deleting.undo_campaign(current(), doors.actor(), uid)
    except Conflict as late:
        flash(str(late), "error")
        return redirect(url_for("privacy.show", team=team), 303)
    flash(_("It is back, as it was."), "good")
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


@pages.get(_OWN, **_LOOK)
def campaign(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What one campaign keeps, and its deletion."""
    return _campaign_page(campaign_of_address(key))


@pages.post(_OWN, **_OWNER)
def keep_campaign(team: str, key: str) -> ResponseReturnValue:
    """Keep a campaign's people for so long, or as the team does."""
    found = campaign_of_address(key)
    if request.form.get("as") == "team":
        retention.set_rule(current(), doors.actor(), None, found.id)
    else:
        form = Form.sent(Rule, request.form)
        if form.value is None:
            return _campaign_page(found, form=form), 422
        only = Rule(people_days=form.value.people_days)
        retention.set_rule(current(), doors.actor(), only, found.id)
    flash(_("Kept from now on. The first look is within a day."), "good")
    return redirect(url_for("privacy.campaign", team=team, key=key), 303)


@pages.post("/team/<team>/campaign/<key>/delete", **_OWNER)
def delete_campaign(team: str, key: str) -> ResponseReturnValue:
    """Delete a campaign; its title, typed, says that it is meant."""
    found = campaign_of_address(key)
    typed = Form.sent(Typed, request.form)
    if typed.value is not None and typed.value.name.strip() != found.title:
        typed = typed.with_errors({"name": _("This is not its title. Nothing was deleted.")})
    if typed.value is None:
        return _campaign_page(found, typed=typed), 422
    deleting.delete_campaign(current(), doors.actor(), found.uid)
    said = _("“%(title)s” is closed. It can be brought back for a week.")
    flash(said % {"title": found.title}, "warning")
    return redirect(url_for("privacy.show", team=team), 303)


@pages.get("/team/<team>/delete", **_OWNER)
def ask_team(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What a deletion of the team takes away."""
    return _team_page(Form.of(Typed))


@pages.post("/team/<team>/delete", **_OWNER)
def delete_team(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Delete the team; its name, typed, says that it is meant."""
    form = Form.sent(Typed, request.form)
    if form.value is None:
        return _team_page(form), 422
    try:
        deleting.delete_team(current(), doors.actor(), form.value.name)
    except Invalid as wrong:
        return _team_page(form.with_errors(wrong.errors)), 422
    flash(_("The team is closed. It can be brought back for a week."), "warning")
    return redirect(url_for("privacy.deleted_teams"), 303)


@pages.get("/account/deleted-teams", **_LOOK)
def deleted_teams() -> ResponseReturnValue:
    """Teams of the member's that can still be brought back."""
    found = deleting.waiting_teams(current(), doors.member())
    return render_template("privacy/deleted_teams.html", deletions=found)


@pages.post("/account/deleted-teams/<uid>/back", **_LOOK)
def bring_team_back(uid: str) -> ResponseReturnValue:
    """Take a team's deletion back."""
    try:
        slug = deleting.undo_team(current(), doors.member(), uid)
    except Conflict as late:
        flash(str(late), "error")
        return redirect(url_for("privacy.deleted_teams"), 303)
    flash(_("The team is back, as it was."), "good")
    return redirect(url_for("campaigns.overview", team=slug), 303)


def _page(form: Form[Rule]) -> str:
    inst, actor = current(), doors.actor()
    return render_template(
        "privacy/team.html",
        form=form,
        reports=retention.reports(inst, actor),
        deletions=deleting.waiting_campaigns(inst, actor),
    )


def _campaign_page(
    found: Campaign, *, form: Form[Rule] | None = None, typed: Form[Typed] | None = None
) -> str:
    inst, actor = current(), doors.actor()
    own = retention.get(inst, actor, found.id)
    owner = actor.role is Role.OWNER
    return render_template(
        "privacy/campaign.html",
        campaign=found,
        own=own,
        team_rule=retention.get(inst, actor),
        form=form or Form.of(Rule, own),
        typed=typed or Form.of(Typed),
        loss=deleting.loss_of_campaign(inst, actor, found.uid) if owner else None,
    )


def _team_page(form: Form[Typed]) -> str:
    loss = deleting.loss_of_team(current(), doors.actor())
    return render_template("privacy/delete_team.html", form=form, loss=loss)
