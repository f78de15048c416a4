"""Pages of who may enter a campaign, and of what is asked of entrants."""

from typing import Annotated

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from tombola.admission import service as admission
from tombola.api import Audience, Invalid
from tombola.campaigns import alternatives
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.campaigns.terms import Countries, Eligibility, Where
from tombola.desk import asks_form
from tombola.desk.answers import lines as answer_lines
from tombola.desk.asks_form import AsksForm
from tombola.installation import current
from tombola.mail import service as mail
from tombola.teams import doors
from tombola.teams.audit import audit
from tombola.teams.rules import Role
from tombola.web.countries import listed
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("asking", __name__)
_WHO = "/team/<team>/campaign/<key>/who"
_DETAILS = "/team/<team>/campaign/<key>/details"
_ACT = {"audience": Audience.TEAM, "role": Role.EDITOR}


class EligibilityFields(Eligibility):
    """Who may enter, as the form asks for it."""

    min_age: Annotated[
        int | None,
        Field(
            title="Minimum age",
            ge=1,
            le=99,
            json_schema_extra={"unit": "years"},
            description="People tick that they have reached it. Empty: no age is asked.",
        ),
    ] = None
    ask_country: Annotated[
        bool,
        Field(
            title="Ask where people live",
            description="Needed for free alternatives by country, and for any list below.",
        ),
    ] = False
    where: Annotated[
        Where,
        Field(
            title="Countries",
            json_schema_extra={
                "labels": {
                    "all": "People of all countries",
                    "only": "Only people of the countries chosen below",
                    "except": "Everybody but people of the countries chosen below",
                }
            },
        ),
    ] = Where.ALL
    countries: Annotated[Countries, Field(title="Countries")] = ()


@pages.get(_WHO, **_ACT)
def who(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Age and countries."""
    found = campaign_of_address(key)
    form = Form.of(EligibilityFields, found.eligibility.model_dump(mode="json"))
    return _who_page(found, form, found.eligibility.countries)


@pages.post(_WHO, **_ACT)
def save_who(team: str, key: str) -> ResponseReturnValue:
    """Change who may enter; when people would be stopped, ask first with their number."""
    found = campaign_of_address(key)
    inst, actor = current(), doors.actor()
    chosen = tuple(request.form.getlist("country"))
    posted = request.form.copy()
    posted["countries"] = "\n".join(chosen)
    form = Form.sent(EligibilityFields, posted)
    if form.value is None:
        return _who_page(found, form, chosen), 422
    eligibility = Eligibility.model_validate(form.value.model_dump())
    with inst.db.read() as conn:
        stopped = admission.outside(conn, found, eligibility)
    if stopped and request.form.get("agreed") != str(stopped):
        return _who_page(found, form, chosen, stopped)
    try:
        admission.change_eligibility(inst, actor, found.uid, eligibility)
    except Invalid as wrong:
        return _who_page(found, form.with_errors(wrong.errors), chosen), 422
    flash(_("Saved."), "good")
    return redirect(url_for("asking.who", team=team, key=key), 303)


@pages.get(_DETAILS, **_ACT)
def details(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Names, details, questions and consents."""
    found = campaign_of_address(key)
    return _details_page(found, asks_form.of(found.asks))


@pages.post(_DETAILS, **_ACT)
def save_details(team: str, key: str) -> ResponseReturnValue:
    """Change what is asked. Who has answered already is not asked again."""
    found = campaign_of_address(key)
    form = asks_form.sent(request.form)
    if form.value is None:
        return _details_page(found, form), 422
    admission.change_asks(current(), doors.actor(), found.uid, form.value)
    flash(_("Saved."), "good")
    return redirect(url_for("asking.details", team=team, key=key), 303)


@pages.get("/team/<team>/campaign/<key>/answers.csv", **_ACT)
def answers(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What everybody has said, a line a person, as a file for spreadsheets."""
    inst, found = current(), campaign_of_address(key)
    with inst.db.write() as conn:
        audit(conn, doors.actor(), "campaign.answers_exported", found.uid, {}, inst.clock())
    name = f"answers-{found.key}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(answer_lines(inst, found), mimetype="text/csv", headers=headers)


def _who_page(
    found: Campaign,
    form: Form[EligibilityFields],
    chosen: tuple[str, ...],
    stopped: int = 0,
) -> str:
    with current().db.read() as conn:
        told, needed = admission.answered(conn, found.id), alternatives.are_there(conn, found.id)
    names = sorted(listed("en"), key=lambda each: (each[0] not in chosen, each[1]))
    return render_template(
        "desk/who.html",
        campaign=found,
        form=form,
        countries=names,
        chosen=chosen,
        stopped=stopped,
        told=told,
        needed=needed,
    )


def _details_page(found: Campaign, form: AsksForm) -> str:
    with current().db.read() as conn:
        told = admission.answered(conn, found.id)
    return render_template(
        "desk/details.html",
        campaign=found,
        form=form,
        faults=asks_form.said(form.errors),
        needs=asks_form.needs(),
        told=told,
        mail=mail.is_on(current()),
    )
