"""Pages of a campaign's prizes: their list and order, one prize's form, and a reward's codes."""

from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, Upload
from tombola.campaigns import prizes, service
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.prizes import Delivery, Prize, PrizeForm
from tombola.campaigns.rules import Kind
from tombola.campaigns.service import Campaign
from tombola.desk.prize_fields import CodesFields, RewardFields, WonFields
from tombola.installation import current
from tombola.rewards import codes, shelf
from tombola.rewards.codes import NONE, Counts, Kept
from tombola.rewards.rules import Supply
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages
from tombola.web.texts import Unreadable
from tombola.web.uploads import LARGEST_BYTES, upload_of

pages = Pages("prizes", __name__)
pages.link(Place.CAMPAIGN, "Prizes", "show", order=15, sections=("prizes.",))
_RULE = "/team/<team>/campaign/<key>/prizes"
_TEAM = {"audience": Audience.TEAM}


class Row(NamedTuple):
    """A prize in the list with what is left of it. ``lacks``: it asks for more than there is."""

    prize: Prize
    supply: Supply
    lacks: bool


@pages.get(_RULE, role=Role.VIEWER, **_TEAM)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The prizes in their order."""
    found = campaign_of_address(key)
    return render_template("desk/prizes.html", **_facts(found))


@pages.get(f"{_RULE}/new", role=Role.EDITOR, **_TEAM)
def new(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of a new prize."""
    found = campaign_of_address(key)
    return _page(found, Form.of(_fields(found)))


@pages.post(f"{_RULE}/new", role=Role.EDITOR, **_TEAM)
def add(team: str, key: str) -> ResponseReturnValue:
    """Add a prize; one with codes goes on with its codes."""
    found = campaign_of_address(key)
    form, asked = _sent(found)
    if asked is None:
        return _page(found, form), 422
    made = prizes.add(current(), doors.actor(), found.uid, asked)
    if found.kind is Kind.REWARD and made.delivery is Delivery.CODE:
        flash(_("Added. Now bring its codes."), "good")
        return redirect(url_for("prizes.edit", team=team, key=key, uid=made.uid), 303)
    flash(_("Added."), "good")
    return redirect(url_for("prizes.show", team=team, key=key), 303)


@pages.get(f"{_RULE}/<uid>", role=Role.EDITOR, **_TEAM)
def edit(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of a prize that is there, with its codes."""
    found = campaign_of_address(key)
    prize = _one(found, uid)
    model = _fields(found)
    return _page(found, Form.of(model, prize.model_dump(include=set(model.model_fields))), prize)


@pages.post(f"{_RULE}/<uid>", role=Role.EDITOR, **_TEAM)
def save(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Change a prize."""
    found = campaign_of_address(key)
    form, asked = _sent(found)
    if asked is None:
        return _page(found, form, _one(found, uid)), 422
    prizes.change(current(), doors.actor(), found.uid, uid, asked)
    flash(_("Saved."), "good")
    return redirect(url_for("prizes.show", team=team, key=key), 303)


@pages.post(f"{_RULE}/<uid>/move", role=Role.EDITOR, **_TEAM)
def move(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Move a prize one place; a browser with htmx gets the list alone."""
    step = {"up": -1, "down": 1}.get(request.form.get("step", ""))
    if step is None:
        raise Invalid({"step": "A prize moves up or down."})
    found = campaign_of_address(key)
    prizes.move(current(), doors.actor(), found.uid, uid, step)
    if request.headers.get("HX-Request") == "true":
        return render_template("desk/prize_list.html", **_facts(found))
    return redirect(url_for("prizes.show", team=team, key=key), 303)


@pages.post(f"{_RULE}/<uid>/remove", role=Role.EDITOR, **_TEAM)
def remove(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take a prize away; who has it keeps it."""
    found = campaign_of_address(key)
    prizes.remove(current(), doors.actor(), found.uid, uid)
    flash(_("The prize is gone. Whoever has it keeps it."), "good")
    return redirect(url_for("prizes.show", team=team, key=key), 303)


@pages.post(f"{_RULE}/<uid>/codes", role=Role.EDITOR, largest_bytes=LARGEST_BYTES, **_TEAM)
def bring(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Put codes in stock, from a file or as written."""
    found = campaign_of_address(key)
    prize = _one(found, uid)
    try:
        upload = _list()
        kept = codes.take(
            current(), doors.actor(), found.uid, uid, upload.lines, empty=upload.empty
        )
    except Invalid as wrong:
        bringing = Form.of(CodesFields).with_errors(wrong.errors)
        return _page(found, None, prize, bringing), 422
    flash(_told(kept), "good" if kept.new else "warning")
    return redirect(url_for("prizes.edit", team=team, key=key, uid=uid), 303)


@pages.post(f"{_RULE}/<uid>/codes/clear", role=Role.EDITOR, **_TEAM)
def clear(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take the codes away that nobody has."""
    found = campaign_of_address(key)
    n = codes.clear(current(), doors.actor(), found.uid, uid)
    flash(ngettext("%(n)d free code removed.", "%(n)d free codes removed.", n) % {"n": n}, "good")
    return redirect(url_for("prizes.edit", team=team, key=key, uid=uid), 303)


def _list() -> Upload:
    """The codes that the request brings. Raises Invalid."""
    try:
        sent = upload_of("codes", request.form, request.files)
    except Unreadable as wrong:
        raise Invalid({"codes": str(wrong)}) from wrong
    if sent is None:
        raise Invalid({"codes": _("Choose a file, or write the codes.")})
    return sent


def _told(kept: Kept) -> str:
    """What came of a list, in words."""
    parts = [
        (kept.new, ngettext("%(n)d code added.", "%(n)d codes added.", kept.new)),
        (kept.repeated, ngettext(
            "%(n)d line repeats a code that is there.",
            "%(n)d lines repeat codes that are there.", kept.repeated)),
        (kept.too_long, ngettext(
            "%(n)d line is longer than 300 characters.",
            "%(n)d lines are longer than 300 characters.", kept.too_long)),
        (kept.empty, ngettext("%(n)d line is empty.", "%(n)d lines are empty.", kept.empty)),
    ]  # fmt: skip
    said = [words % {"n": n} for n, words in parts if n]
    return " ".join(said if kept.new else [_("No code was added."), *said])


def _fields(found: Campaign) -> type[WonFields | RewardFields]:
    return RewardFields if found.kind is Kind.REWARD else WonFields


def _sent(found: Campaign) -> tuple[Form[WonFields | RewardFields], PrizeForm | None]:
    """What came back; the form of the prize where nothing is wrong with it."""
    form = Form.sent(_fields(found), request.form)
    if form.value is None:
        return form, None
    said = form.value.model_dump()
    if said.get("delivery") is Delivery.TEXT and not said["delivery_text"]:
        return form.with_errors({"delivery_text": _("Write what people get to see.")}), None
    return form, PrizeForm.model_validate(said)


def _one(found: Campaign, uid: str) -> Prize:
    with current().db.read() as conn:
        return prizes.one(conn, found.id, uid)


def _facts(found: Campaign) -> dict[str, object]:
    with current().db.read() as conn:
        listed = prizes.of_campaign(conn, found.id)
        left = shelf.supplies(conn, listed)
        most = len(service.actions_of(conn, found.id))
    rows = [Row(each, left[each.id], each.needs > most) for each in listed]
    return {"campaign": found, "rows": rows, "most": most}


def _page(
    found: Campaign,
    form: Form[WonFields | RewardFields] | None,
    prize: Prize | None = None,
    bringing: Form[CodesFields] | None = None,
) -> str:
    """The form of one prize; ``form`` None: as it is stored."""
    kept: Counts | None = None
    if prize is not None and found.kind is Kind.REWARD and prize.delivery is Delivery.CODE:
        with current().db.read() as conn:
            kept = codes.counts(conn, [prize.id]).get(prize.id, NONE)
    model = _fields(found)
    if form is None and prize is not None:
        form = Form.of(model, prize.model_dump(include=set(model.model_fields)))
    return render_template(
        "desk/prize_form.html",
        campaign=found,
        form=form,
        prize=prize,
        kept=kept,
        bringing=bringing or Form.of(CodesFields),
    )
