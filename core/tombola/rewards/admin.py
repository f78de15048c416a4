"""The Rewards tab of a campaign: who claimed what, what is to be delivered, what is doubtful."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict, Invalid
from tombola.campaigns import prizes
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import Kind
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.rewards import deciding, exporting, listing
from tombola.rewards.listing import PAGE, Filter
from tombola.rewards.rules import State
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("rewards", __name__)
_RULE = "/team/<team>/campaign/<key>/rewards"
_TEAM = {"audience": Audience.TEAM}
#: The view of claims whose entries do not reach any more.
DOUBTFUL = "doubtful"


def is_there(team: str, key: str) -> bool:  # noqa: ARG001 - the door has read it
    """Whether a campaign has the tab: a competition has none."""
    return campaign_of_address(key).kind is Kind.REWARD


pages.link(Place.CAMPAIGN, "Rewards", "show", order=22, sections=("rewards.",), when=is_there)


@pages.get(_RULE, role=Role.VIEWER, **_TEAM)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The claims, newest first, filtered by the address."""
    return _show(campaign_of_address(key))


@pages.post(f"{_RULE}/delivered", role=Role.EDITOR, **_TEAM)
def deliver(team: str, key: str) -> ResponseReturnValue:
    """Note that those that are ticked are delivered, or are not after all."""
    found = campaign_of_address(key)
    uids = request.form.getlist("entry")
    if not uids:
        flash(_("Tick the claims first."), "warning")
        return _back(team, key)
    undone = request.form.get("act") == "undeliver"
    act = deciding.undeliver if undone else deciding.deliver
    n = act(current(), doors.actor(), found.uid, uids)
    said = (
        ngettext("%(n)d is not delivered.", "%(n)d are not delivered.", n)
        if undone
        else ngettext("%(n)d is delivered.", "%(n)d are delivered.", n)
    )
    flash(said % {"n": n}, "good" if n else "warning")
    return _back(team, key)


@pages.post(f"{_RULE}/<uid>/take-back", role=Role.EDITOR, **_TEAM)
def take_back(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take a reward back, with a reason that its person reads."""
    found = campaign_of_address(key)
    reason = request.form.get("reason", "")
    try:
        free = deciding.take_back(current(), doors.actor(), found.uid, uid, reason)
    except Invalid as wrong:
        return _show(found, (uid, reason, str(wrong.errors["reason"]))), 422
    said = _("Taken back.")
    if free:
        said = _("Taken back. Its code was not seen and is free again.")
    flash(said, "good")
    return _back(team, key)


@pages.post(f"{_RULE}/<uid>/give-back", role=Role.EDITOR, **_TEAM)
def give_back(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Give a reward again to whom it was taken from."""
    found = campaign_of_address(key)
    try:
        deciding.give_back(current(), doors.actor(), found.uid, uid)
    except Conflict as full:
        flash(str(full), "error")
    else:
        flash(_("It is theirs again."), "good")
    return _back(team, key)


@pages.get(f"{_RULE}/export", role=Role.EDITOR, **_TEAM)
def export(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The claims as a CSV, with the list's filters."""
    found = campaign_of_address(key)
    name, parts = exporting.export(current(), doors.actor(), found.uid, _filter())
    answer = Response(parts, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _filter() -> Filter:
    """The filters of the address; what is none of ours is left out."""
    view = request.args.get("view", "")
    return Filter(
        prize=request.args.get("prize", "")[:100],
        state=State(view) if view in set(State) else None,
        doubtful=view == DOUBTFUL,
    )


def _show(found: Campaign, wrong: tuple[str, str, str] | None = None) -> str:
    """The page; ``wrong`` is (claim, reason as typed, what is wrong with it)."""
    inst, actor = current(), doors.actor()
    before = request.args.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None  # noqa: PLR2004 - digits of a row's number
    lines = listing.page(inst, actor, found.uid, _filter(), place, PAGE + 1)
    return render_template(
        "rewards/show.html",
        campaign=found,
        lines=lines[:PAGE],
        more=lines[PAGE - 1].id if len(lines) > PAGE else None,
        counts=listing.counts(inst, actor, found.uid),
        prizes=prizes.listing(inst, actor, found.uid),
        asked={name: request.args.get(name, "") for name in ("view", "prize")},
        wrong=wrong,
    )


def _back(team: str, key: str) -> ResponseReturnValue:
    asked = request.args
    address = url_for(
        "rewards.show", team=team, key=key, view=asked.get("view"), prize=asked.get("prize"),
        before=asked.get("before"),
    )  # fmt: skip
    return redirect(address, 303)
