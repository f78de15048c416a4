"""A member's own pages: account, and the links of mails."""

from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tombola.api import Audience, Invalid, NotFound
from tombola.installation import current
from tombola.mail import service as mail
from tombola.teams import accounts, doors, resets, second_step, sessions
from tombola.teams.accounts import Purpose
from tombola.teams.rules import Role
from tombola.teams.service import Email, Name
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages
from tombola.web.sessions import read_token

pages = Pages("account", __name__)
_OWN = {"audience": Audience.TEAM, "role": Role.VIEWER}
_OPEN = {"audience": Audience.PUBLIC}
_NOW: Any = Field(title="Your password now", min_length=1)
_NEW: Any = Field(title="New password", min_length=10, description="At least ten characters.")


class NewName(BaseModel):
    """What one wants to be called."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[Name, Field(title="Name")]


class NewAddress(BaseModel):
    """Another address to log in with."""

    model_config = ConfigDict(frozen=True)

    email: Annotated[Email, Field(title="New e-mail address")]
    password: Annotated[SecretStr, _NOW]


class NewPassword(BaseModel):
    """Another password."""

    model_config = ConfigDict(frozen=True)

    password: Annotated[SecretStr, _NOW]
    new: Annotated[
        SecretStr,
        Field(title="New password", min_length=10, description="At least ten characters."),
    ]


class Chosen(BaseModel):
    """A password for who has forgotten theirs."""

    model_config = ConfigDict(frozen=True)

    new: Annotated[
        SecretStr,
        Field(title="New password", min_length=10, description="At least ten characters."),
    ]


class Forgotten(BaseModel):
    """Whose password."""

    model_config = ConfigDict(frozen=True)

    email: Annotated[Email, Field(title="E-mail address")]


@pages.get("/account", **_OWN)
def show() -> ResponseReturnValue:
    """Name, address, password, second step."""
    return _page()


@pages.post("/account/name", **_OWN)
def rename() -> ResponseReturnValue:
    """Be called something else."""
    form = Form.sent(NewName, request.form)
    if form.value is None:
        return _page(name=form), 422
    accounts.rename(current(), doors.member(), form.value.name)
    flash(_("Kept."), "good")
    return redirect(url_for("account.show"), 303)


@pages.post("/account/address", **_OWN)
def ask_email() -> ResponseReturnValue:
    """Ask for another address: a link goes there first."""
    form = Form.sent(NewAddress, request.form, prefix="address.")
    if form.value is None:
        return _page(email=form), 422
    try:
        need_password(form.value.password)
        accounts.ask_email(current(), doors.member(), form.value.email)
    except Invalid as wrong:
        return _page(email=form.with_errors(wrong.errors)), 422
    flash(_("A link is on its way to %(email)s.") % {"email": form.value.email}, "good")
    return redirect(url_for("account.show"), 303)


@pages.post("/account/password", **_OWN)
def change_password() -> ResponseReturnValue:
    """Take another password; other sessions end."""
    form = Form.sent(NewPassword, request.form, prefix="change.")
    if form.value is None:
        return _page(password=form), 422
    try:
        need_password(form.value.password)
        accounts.change_password(current(), doors.member(), form.value.new, read_token() or "")
    except Invalid as wrong:
        return _page(password=form.with_errors(wrong.errors)), 422
    flash(_("Your password is changed. Everywhere else you are logged out."), "good")
    return redirect(url_for("account.show"), 303)


@pages.get("/new-address/<token>", **_OPEN)
def new_address(token: str) -> ResponseReturnValue:
    """The page behind the link: a button, since programs that read mail follow links too."""
    if not accounts.is_good(current(), token, Purpose.EMAIL):
        raise NotFound(accounts.GONE)
    return render_template("teams/new_address.html")


@pages.post("/new-address/<token>", **_OPEN)
def take_address(token: str) -> ResponseReturnValue:
    """Log in with that address from now on."""
    accounts.confirm_email(current(), token)
    flash(_("Done. Log in with your new address."), "good")
    return redirect(url_for("teams.log_in"), 303)


@pages.get("/forgotten", **_OPEN)
def forgotten() -> ResponseReturnValue:
    """The page for who has forgotten the password."""
    return _forgotten(Form.of(Forgotten))


@pages.post("/forgotten", **_OPEN)
def ask_reset() -> ResponseReturnValue:
    """Take the wish; the answer is the same for everybody."""
    form = Form.sent(Forgotten, request.form)
    if form.value is None:
        return _forgotten(form), 422
    try:
        resets.ask(current(), form.value.email, request.remote_addr or "")
    except Invalid as wrong:
        return _forgotten(form.with_errors(wrong.errors)), 422
    return _forgotten(form, asked=True)


@pages.get("/new-password/<token>", **_OPEN)
def new_password(token: str) -> ResponseReturnValue:
    """The page behind the link in the mail."""
    if not accounts.is_good(current(), token, Purpose.PASSWORD):
        raise NotFound(accounts.GONE)
    return render_template("teams/new_password.html", form=Form.of(Chosen))


@pages.post("/new-password/<token>", **_OPEN)
def take_password(token: str) -> ResponseReturnValue:
    """Take the new password; the log-in is the member's next act, second step and all."""
    form = Form.sent(Chosen, request.form)
    if form.value is None:
        return render_template("teams/new_password.html", form=form), 422
    try:
        accounts.reset_password(current(), token, form.value.new)
    except Invalid as wrong:
        return render_template("teams/new_password.html", form=form.with_errors(wrong.errors)), 422
    flash(_("Your password is changed. Log in with it."), "good")
    return redirect(url_for("teams.log_in"), 303)


def need_password(password: SecretStr) -> None:
    """Ask the member behind this request for the password once more. Raises Invalid."""
    address = request.remote_addr or ""
    given = password.get_secret_value()
    sessions.need_password(current(), doors.member(), given, address=address)


def _forgotten(form: Form[Forgotten], *, asked: bool = False) -> str:
    on = mail.is_on(current())
    return render_template("teams/forgotten.html", form=form, asked=asked, mail=on)


def _page(
    *,
    name: Form[NewName] | None = None,
    email: Form[NewAddress] | None = None,
    password: Form[NewPassword] | None = None,
) -> str:
    inst, me = current(), doors.member()
    return render_template(
        "teams/account.html",
        name=name or Form.of(NewName, {"name": me.name}),
        email=email or Form.of(NewAddress, prefix="address."),
        password=password or Form.of(NewPassword, prefix="change."),
        step=second_step.standing(inst, me),
        mail=mail.is_on(inst),
    )
