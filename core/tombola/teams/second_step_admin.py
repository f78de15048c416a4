"""A member's pages of the second step: set up with a picture, codes for bad days, switched off."""

from typing import Annotated

import segno
from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tombola.api import Audience, Invalid
from tombola.installation import current
from tombola.teams import doors, second_step
from tombola.teams.account_admin import need_password
from tombola.teams.rules import Role
from tombola.teams.second_step import SetUp
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("second_step", __name__)
_OWN = {"audience": Audience.TEAM, "role": Role.VIEWER}


class Password(BaseModel):
    """The password once more."""

    model_config = ConfigDict(frozen=True)

    password: Annotated[SecretStr, Field(title="Your password", min_length=1)]


class Digits(BaseModel):
    """What the app shows."""

    model_config = ConfigDict(frozen=True)

    code: Annotated[
        str, Field(title="Six digits", min_length=6, max_length=20, examples=["123456"])
    ]


@pages.get("/account/second-step", **_OWN)
def show() -> ResponseReturnValue:
    """What is set up, and the way to set it up."""
    return _page(Form.of(Password))


@pages.post("/account/second-step", **_OWN)
def begin() -> ResponseReturnValue:
    """Show the picture for the app."""
    form = Form.sent(Password, request.form)
    if form.value is None:
        return _page(form), 422
    try:
        need_password(form.value.password)
        made = second_step.begin(current(), doors.member())
    except Invalid as wrong:
        return _page(form.with_errors(wrong.errors)), 422
    return _set_up(made, Form.of(Digits))


@pages.post("/account/second-step/confirm", **_OWN)
def confirm() -> ResponseReturnValue:
    """The app shows the right digits: it is on, and the codes are shown once."""
    inst, me = current(), doors.member()
    form = Form.sent(Digits, request.form)
    try:
        if form.value is None:
            return _set_up(second_step.begin(inst, me), form), 422
        codes = second_step.confirm(inst, me, form.value.code)
    except Invalid as wrong:
        if second_step.standing(inst, me).since is not None:
            return redirect(url_for("second_step.show"), 303)
        return _set_up(second_step.begin(inst, me), form.with_errors(wrong.errors)), 422
    return make_response(_page(Form.of(Password), codes=codes), 201)


@pages.post("/account/second-step/codes", **_OWN)
def codes() -> ResponseReturnValue:
    """New codes in place of the old ones."""
    form = Form.sent(Password, request.form)
    if form.value is None:
        return _page(form), 422
    try:
        need_password(form.value.password)
    except Invalid as wrong:
        return _page(form.with_errors(wrong.errors)), 422
    made = second_step.fresh_codes(current(), doors.member())
    return make_response(_page(Form.of(Password), codes=made), 201)


@pages.post("/account/second-step/off", **_OWN)
def switch_off() -> ResponseReturnValue:
    """Do without it."""
    form = Form.sent(Password, request.form)
    if form.value is None:
        return _page(form), 422
    try:
        need_password(form.value.password)
        second_step.switch_off(current(), doors.member())
    except Invalid as wrong:
        return _page(form.with_errors(wrong.errors)), 422
    flash(_("It is off. A password alone lets you in."), "warning")
    return redirect(url_for("account.show"), 303)


def _set_up(made: SetUp, form: Form[Digits]) -> str:
    picture = segno.make(made.address, error="m").svg_data_uri(scale=5, border=3)
    return render_template("teams/second_step_set_up.html", made=made, picture=picture, form=form)


def _page(form: Form[Password], *, codes: list[str] | None = None) -> str:
    return render_template(
        "teams/second_step.html",
        form=form,
        step=second_step.standing(current(), doors.member()),
        codes=codes or [],
        needed=request.args.get("need") == "1",
    )
