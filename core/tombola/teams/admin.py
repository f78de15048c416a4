"""Pages of people: first start, log in and out, teams, open sessions."""

from typing import Annotated
from urllib.parse import urlsplit

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tombola.api import Audience, Invalid, NotFound
from tombola.installation import current
from tombola.teams import doors, first_start, service, sessions
from tombola.teams.passwords import need_good
from tombola.teams.rules import Role
from tombola.teams.service import Email, Name, NewMember
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.routing import Pages
from tombola.web.sessions import drop_token, read_token

pages = Pages("teams", __name__)
#: Where this browser's half log-in stands, and where it wanted to go.
_HALF, _BACK = "half_log_in", "half_back"


class FirstStart(BaseModel):
    """What the first page asks for."""

    model_config = ConfigDict(frozen=True)

    token: Annotated[str, Field(title="Set-up text", min_length=1)]
    name: Annotated[Name, Field(title="Your name")]
    email: Annotated[Email, Field(title="E-mail address", examples=["you@example.com"])]
    password: Annotated[
        SecretStr, Field(title="Password", min_length=10, description="At least ten characters.")
    ]


class LogIn(BaseModel):
    """What a log-in asks for."""

    model_config = ConfigDict(frozen=True)

    email: Annotated[str, Field(title="E-mail address", min_length=1)]
    password: Annotated[SecretStr, Field(title="Password", min_length=1)]


class Digits(BaseModel):
    """The second step of a log-in."""

    model_config = ConfigDict(frozen=True)

    code: Annotated[str, Field(title="Code", min_length=1, max_length=60)]


@pages.get("/", audience=Audience.PUBLIC)
def home() -> ResponseReturnValue:
    """To where this visitor can go on."""
    inst = current()
    found = doors.logged_in()
    if found is None:
        start = "teams.log_in" if service.has_operator(inst) else "teams.first_start_page"
        return redirect(url_for(start))
    own = service.teams_of(inst, found.id)
    if len(own) == 1:
        return redirect(url_for("campaigns.overview", team=own[0].slug))
    return redirect(url_for("teams.choose"))


@pages.get("/first-start", audience=Audience.PUBLIC)
def first_start_page() -> ResponseReturnValue:
    """The page of the first operator; gone once there is one."""
    return _first_start(Form.of(FirstStart))


@pages.post("/first-start", audience=Audience.PUBLIC)
def first_start_act() -> ResponseReturnValue:
    """Make the first operator and log them in."""
    form = Form.sent(FirstStart, request.form)
    if form.value is None:
        return _first_start(form), 422
    asked = form.value
    member = NewMember(name=asked.name, email=asked.email, password=asked.password)
    try:
        need_good(asked.password, asked.name, asked.email)
        first_start.create(current(), asked.token, member)
    except Invalid as wrong:
        return _first_start(form.with_errors(wrong.errors)), 422
    return _open(asked.email, asked.password, url_for("operator_teams.listing"))


@pages.get("/log-in", audience=Audience.PUBLIC)
def log_in() -> ResponseReturnValue:
    """The page to log in."""
    if not service.has_operator(current()):
        return redirect(url_for("teams.first_start_page"))
    return _log_in_page(Form.of(LogIn), request.args.get("next", ""))


@pages.post("/log-in", audience=Audience.PUBLIC)
def log_in_act() -> ResponseReturnValue:
    """Check a password; a wrong one gets the same words whatever is wrong."""
    form = Form.sent(LogIn, request.form)
    back = request.form.get("next", "")
    if form.value is None:
        return _log_in_page(form, back), 422
    try:
        return _open(form.value.email, form.value.password, _own_address(back))
    except Invalid as wrong:
        return _log_in_page(form.with_errors(wrong.errors), back), 422


@pages.get("/log-in/second-step", audience=Audience.PUBLIC)
def second_step_page() -> ResponseReturnValue:
    """The page that asks for the digits of the member's app."""
    if _HALF not in session:
        return redirect(url_for("teams.log_in"))
    return render_template("teams/second_step_log_in.html", form=Form.of(Digits))


@pages.post("/log-in/second-step", audience=Audience.PUBLIC)
def second_step_act() -> ResponseReturnValue:
    """Check them and open the session."""
    form = Form.sent(Digits, request.form)
    half, back = str(session.get(_HALF, "")), str(session.get(_BACK, ""))
    if form.value is None:
        return render_template("teams/second_step_log_in.html", form=form), 422
    address, agent = request.remote_addr or "", request.user_agent.string
    try:
        token = sessions.finish(current(), half, form.value.code, address=address, agent=agent)
    except NotFound as late:
        session.pop(_HALF, None)
        flash(_(str(late)), "warning")
        return redirect(url_for("teams.log_in"), 303)
    except Invalid as wrong:
        form = form.with_errors(wrong.errors)
        return render_template("teams/second_step_log_in.html", form=form), 422
    return doors.let_in(token, _own_address(back))


@pages.post("/log-out", audience=Audience.PUBLIC)
def log_out() -> ResponseReturnValue:
    """End this browser's session."""
    token = read_token()
    if token:
        sessions.log_out(current(), token)
    answer = make_response(redirect(url_for("teams.log_in"), 303))
    drop_token(answer)
    return answer


@pages.get("/your-teams", audience=Audience.TEAM, role=Role.VIEWER)
def choose() -> ResponseReturnValue:
    """The member's own teams."""
    own = service.teams_of(current(), doors.member().id)
    return render_template("teams/choose.html", teams=own)


@pages.get("/sessions", audience=Audience.TEAM, role=Role.VIEWER)
def sessions_page() -> ResponseReturnValue:
    """Where the member is logged in."""
    token = read_token() or ""
    found = sessions.open_sessions(current(), doors.member())
    return render_template(
        "teams/sessions.html", sessions=found, here=sessions.uid_of(current(), token)
    )


@pages.post("/other-sessions/end", audience=Audience.TEAM, role=Role.VIEWER)
def end_others() -> ResponseReturnValue:
    """End all of the member's sessions but this one."""
    n = sessions.revoke_others(current(), doors.member(), read_token() or "")
    said = ngettext("%(n)d session is closed.", "%(n)d sessions are closed.", n) % {"n": n}
    flash(said if n else _("There was no other session."), "good")
    return redirect(url_for("teams.sessions_page"), 303)


@pages.post("/sessions/<uid>/end", audience=Audience.TEAM, role=Role.VIEWER)
def end_session(uid: str) -> ResponseReturnValue:
    """End one of the member's own sessions."""
    sessions.revoke_session(current(), doors.member(), uid)
    flash(_("That session is closed."), "good")
    return redirect(url_for("teams.sessions_page"), 303)


def _first_start(form: Form[FirstStart]) -> str:
    inst = current()
    if service.has_operator(inst):
        raise NotFound("This installation has its operator already.")
    path = first_start.offer_token(inst)
    near = first_start.is_near(inst.settings, request.remote_addr, list(request.headers.keys()))
    place = str(path) if near else f"TOMBOLA_DATA_DIR/{path.name}"
    return render_template("teams/first_start.html", form=form, place=place)


def _log_in_page(form: Form[LogIn], back: str) -> str:
    return render_template("teams/log_in.html", form=form, back=back)


def _open(email: str, password: SecretStr, goal: str) -> ResponseReturnValue:
    inst = current()
    agent = request.user_agent.string
    address = request.remote_addr or ""
    came = sessions.log_in(inst, email, password.get_secret_value(), address=address, agent=agent)
    if isinstance(came, sessions.HalfWay):
        session[_HALF], session[_BACK] = came.token, goal
        return redirect(url_for("teams.second_step_page"), 303)
    return doors.let_in(came, goal)


def _own_address(wanted: str) -> str:
    """A path of ours to go on to; anything that could lead to another site is left out."""
    if not wanted.isprintable():
        return url_for("teams.home")
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return url_for("teams.home")
    is_path = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    if is_path and not parts.scheme and not parts.netloc and "\\" not in wanted:
        return wanted
    return url_for("teams.home")
