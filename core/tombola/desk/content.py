"""What a campaign's page shows: its texts and its pictures."""

from typing import Annotated

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from tombola.api import Audience, Invalid
from tombola.campaigns import content, pictures
from tombola.campaigns.content import ContentForm, Long
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.pictures import LARGEST_BYTES, MOST
from tombola.campaigns.rules import Address, Prose
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("content", __name__)
_BASE = "/team/<team>/campaign/<key>/page"
_ACT = {"audience": Audience.TEAM, "role": Role.EDITOR}
_LONG = {"format": "textarea"}


class ContentFields(ContentForm):
    """The texts as their form asks for them."""

    description: Annotated[
        Prose,
        Field(
            title="Description",
            description="What can be won, and what people have to do.",
            json_schema_extra=_LONG,
        ),
    ] = ""
    rules_text: Annotated[
        Long,
        Field(
            title="Rules",
            description="Who may take part, how winners are found, what happens then.",
            json_schema_extra=_LONG,
        ),
    ] = ""
    privacy_text: Annotated[
        Long,
        Field(
            title="How data is handled",
            description="What you keep, what for, how long, and whom to ask.",
            json_schema_extra=_LONG,
        ),
    ] = ""
    privacy_url: Annotated[
        Address,
        Field(
            title="Link to your privacy page",
            description="Shown instead of the text above, where there is one.",
            examples=["https://www.example.com/privacy"],
        ),
    ] = ""
    terms_url: Annotated[
        Address,
        Field(
            title="Link to the terms",
            description="Shown beside the button to join in.",
            examples=["https://www.example.com/terms"],
        ),
    ] = ""


@pages.get(_BASE, **_ACT)
def edit(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Texts and pictures, to be changed."""
    found = campaign_of_address(key)
    if request.headers.get("HX-Request") == "true":
        return render_template("desk/picture_list.html", campaign=found, pictures=_pictures(found))
    stored = found.model_dump(include=set(ContentFields.model_fields))
    return _page(found, Form.of(ContentFields, stored))


@pages.post(_BASE, **_ACT)
def save(team: str, key: str) -> ResponseReturnValue:
    """Keep the texts."""
    found = campaign_of_address(key)
    form = Form.sent(ContentFields, request.form)
    if form.value is None:
        return _page(found, form), 422
    said = ContentForm.model_validate(form.value.model_dump())
    content.change(current(), doors.actor(), found.uid, said)
    flash(_("Saved. Entrants see it now."), "good")
    return redirect(url_for("content.edit", team=team, key=key), 303)


@pages.post(f"{_BASE}/pictures", largest_bytes=LARGEST_BYTES + 100_000, **_ACT)
def add_picture(team: str, key: str) -> ResponseReturnValue:
    """Take a picture in."""
    found = campaign_of_address(key)
    file = request.files.get("picture")
    data = b""
    if file is not None:
        with file.stream:
            data = file.read(LARGEST_BYTES + 1)
    alt = request.form.get("alt", "")
    try:
        pictures.add(current(), doors.actor(), found.uid, data, alt)
    except Invalid as wrong:
        errors = {name: _(str(said)) for name, said in wrong.errors.items()}
        stored = found.model_dump(include=set(ContentFields.model_fields))
        return _page(found, Form.of(ContentFields, stored), wrong=errors, alt=alt), 422
    flash(_("The picture is there. It is drawn anew before anybody sees it."), "good")
    return redirect(url_for("content.edit", team=team, key=key, _anchor="pictures"), 303)


@pages.post(f"{_BASE}/pictures/<uid>", **_ACT)
def change_picture(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Move a picture, say what it shows, or take it away."""
    found = campaign_of_address(key)
    inst, actor = current(), doors.actor()
    step = {"forward": -1, "back": 1}.get(request.form.get("act", ""))
    if step is not None:
        pictures.move(inst, actor, found.uid, uid, step)
    elif request.form.get("act") == "remove":
        pictures.remove(inst, actor, found.uid, uid)
        flash(_("The picture is gone."), "good")
    else:
        try:
            pictures.describe(inst, actor, found.uid, uid, request.form.get("alt", ""))
        except Invalid as wrong:
            flash(_(str(next(iter(wrong.errors.values())))), "error")
        else:
            flash(_("Saved."), "good")
    return redirect(url_for("content.edit", team=team, key=key, _anchor="pictures"), 303)


def _pictures(found: Campaign) -> list[pictures.Picture]:
    with current().db.read() as conn:
        return pictures.of_campaign(conn, found.id)


def _page(
    found: Campaign,
    form: Form[ContentFields],
    wrong: dict[str, str] | None = None,
    alt: str = "",
) -> str:
    return render_template(
        "desk/content.html",
        campaign=found,
        form=form,
        pictures=_pictures(found),
        wrong=wrong or {},
        alt=alt,
        most=MOST,
    )
