"""A team's page of its members and invitations, and the page behind an invitation's link."""

from typing import Annotated

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tombola.api import Audience, Conflict, Invalid, NotFound
from tombola.installation import current
from tombola.mail import service as mail
from tombola.teams import doors, invitations, membership, sessions
from tombola.teams.invitations import NewAccount, NewInvitation
from tombola.teams.rules import Role
from tombola.teams.service import Name
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("members", __name__)
pages.link(Place.TEAM, "Members", "listing", order=70, sections=("members.",))
_OWNER = {"audience": Audience.TEAM, "role": Role.OWNER}


class TeamName(BaseModel):
    """Another name for the team."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[Name, Field(title="Name of the team")]


@pages.get("/team/<team>/members", audience=Audience.TEAM, role=Role.VIEWER)
def listing(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Who is in the team, and who was asked."""
    return _page(Form.of(NewInvitation))


@pages.post("/team/<team>/members/invite", **_OWNER)
def invite(team: str) -> ResponseReturnValue:
    """Ask somebody; where no mail goes out, the link is shown this once."""
    form = Form.sent(NewInvitation, request.form)
    if form.value is None:
        return _page(form), 422
    inst = current()
    try:
        link = invitations.invite(inst, doors.actor(), form.value)
    except Invalid as wrong:
        return _page(form.with_errors(wrong.errors)), 422
    if not mail.is_on(inst):
        return make_response(_page(Form.of(NewInvitation), link=link), 201)
    flash(_("The invitation is on its way to %(email)s.") % {"email": form.value.email}, "good")
    return redirect(url_for("members.listing", team=team), 303)


@pages.post("/team/<team>/members/invitations/<uid>/send", **_OWNER)
def send_again(team: str, uid: str) -> ResponseReturnValue:
    """Send an invitation again, with another link."""
    inst = current()
    try:
        link = invitations.resend(inst, doors.actor(), uid)
    except Invalid as wrong:
        flash(_(str(wrong.errors[""])), "warning")
        return redirect(url_for("members.listing", team=team), 303)
    if not mail.is_on(inst):
        return make_response(_page(Form.of(NewInvitation), link=link), 201)
    flash(_("Sent again. Only the newest link is good."), "good")
    return redirect(url_for("members.listing", team=team), 303)


@pages.post("/team/<team>/members/invitations/<uid>/withdraw", **_OWNER)
def withdraw(team: str, uid: str) -> ResponseReturnValue:
    """Take an invitation back."""
    invitations.withdraw(current(), doors.actor(), uid)
    flash(_("Withdrawn. Its link opens nothing any more."), "good")
    return redirect(url_for("members.listing", team=team), 303)


@pages.post("/team/<team>/members/<uid>/role", **_OWNER)
def change_role(team: str, uid: str) -> ResponseReturnValue:
    """Give a member another role."""
    wanted = request.form.get("role", "")
    if wanted not in set(Role):
        raise NotFound("There is no such role.")
    try:
        membership.change_role(current(), doors.actor(), uid, Role(wanted))
    except Conflict as last:
        flash(str(last), "error")
    else:
        flash(_("Changed. It holds from their next click on."), "good")
    return redirect(url_for("members.listing", team=team), 303)


@pages.post("/team/<team>/members/<uid>/remove", **_OWNER)
def remove(team: str, uid: str) -> ResponseReturnValue:
    """Take a member out of the team."""
    try:
        membership.remove(current(), doors.actor(), uid)
    except Conflict as last:
        flash(str(last), "error")
    else:
        flash(_("They are in the team no longer."), "good")
    return redirect(url_for("members.listing", team=team), 303)


@pages.post("/team/<team>/leave", audience=Audience.TEAM, role=Role.VIEWER)
def leave(team: str) -> ResponseReturnValue:
    """Leave the team."""
    try:
        membership.leave(current(), doors.actor(), doors.member().uid)
    except Conflict as last:
        flash(str(last), "error")
        return redirect(url_for("members.listing", team=team), 303)
    flash(_("You have left the team."), "good")
    return redirect(url_for("teams.choose"), 303)


@pages.post("/team/<team>/members/second-step", **_OWNER)
def ask_second_step(team: str) -> ResponseReturnValue:
    """Ask for a second step of everybody's log-in, or do not."""
    wanted = request.form.get("wanted") == "yes"
    membership.ask_second_step(current(), doors.actor(), wanted=wanted)
    said = _("Asked for. Whoever has none sets one up with their next click.")
    flash(said if wanted else _("It is everybody’s own choice again."), "good")  # noqa: RUF001 # an apostrophe
    return redirect(url_for("members.listing", team=team), 303)


@pages.post("/team/<team>/members/name", **_OWNER)
def rename(team: str) -> ResponseReturnValue:
    """Give the team another name."""
    form = Form.sent(TeamName, request.form, prefix="team.")
    if form.value is None:
        return _page(Form.of(NewInvitation), name=form), 422
    membership.rename(current(), doors.actor(), form.value.name)
    flash(_("The team has its new name."), "good")
    return redirect(url_for("members.listing", team=team), 303)


@pages.get("/invitation/<token>", audience=Audience.PUBLIC)
def open_invitation(token: str) -> ResponseReturnValue:
    """What an invitation's link is about, with the way to take it."""
    return _invitation(token, Form.of(NewAccount))


@pages.post("/invitation/<token>", audience=Audience.PUBLIC)
def take_invitation(token: str) -> ResponseReturnValue:
    """Take it: as a member who is logged in, or with a new account."""
    inst = current()
    who = doors.logged_in()
    if who is not None:
        try:
            slug = invitations.join(inst, token, who)
        except Invalid as wrong:
            flash(_(str(wrong.errors[""])), "error")
            return redirect(url_for("members.open_invitation", token=token), 303)
        return _into(slug)
    if invitations.look(inst, token).has_account:
        return redirect(_log_in_first(token), 303)
    form = Form.sent(NewAccount, request.form)
    if form.value is None:
        return _invitation(token, form), 422
    try:
        made, slug = invitations.create_account(inst, token, form.value)
    except Invalid as wrong:
        return _invitation(token, form.with_errors(wrong.errors)), 422
    flash(_("Welcome! You are in the team."), "good")
    goal = url_for("campaigns.overview", team=slug)
    return _open(made.email, form.value.password, goal)


def _open(email: str, password: SecretStr, goal: str) -> ResponseReturnValue:
    address, agent = request.remote_addr or "", request.user_agent.string
    came = sessions.log_in(
        current(), email, password.get_secret_value(), address=address, agent=agent
    )
    if isinstance(came, sessions.HalfWay):
        return redirect(url_for("teams.log_in"), 303)
    return doors.let_in(came, goal)


def _into(slug: str) -> ResponseReturnValue:
    flash(_("Welcome! You are in the team."), "good")
    return redirect(url_for("campaigns.overview", team=slug), 303)


def _log_in_first(token: str) -> str:
    return url_for("teams.log_in", next=url_for("members.open_invitation", token=token))


def _invitation(token: str, form: Form[NewAccount]) -> str:
    asked = invitations.look(current(), token)
    return render_template(
        "teams/invitation.html",
        form=form,
        asked=asked,
        me=doors.logged_in(),
        log_in=_log_in_first(token),
    )


def _page(form: Form[NewInvitation], *, link: str = "", name: Form[TeamName] | None = None) -> str:
    inst, actor = current(), doors.actor()
    return render_template(
        "teams/members.html",
        form=form,
        name=name or Form.of(TeamName, {"name": doors.team().name}, prefix="team."),
        seats=membership.seats(inst, actor),
        invitations=invitations.open_ones(inst, actor),
        roles=list(Role),
        link=link,
        mail=mail.is_on(inst),
    )
