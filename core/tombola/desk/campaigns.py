"""Pages of a team's campaigns: the list, one campaign with its actions, its dates."""

from datetime import datetime
from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict, Invalid, Text
from tombola.campaigns import actions, service
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import Phase
from tombola.campaigns.service import Action, Campaign
from tombola.desk import fields
from tombola.desk.fields import CampaignFields
from tombola.entries import editing
from tombola.entries.totals import counts, entries_by_action
from tombola.importing.views import actions_with_sources
from tombola.installation import current
from tombola.mail import service as mail
from tombola.privacy import deleting
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web import i18n
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages
from tombola.widget.gates import shut_reason

#: Rooms whose pages belong to a campaign.
_ROOMS = (
    *("campaigns.", "actions.", "entries.", "bulk.", "importing.", "source.", "moderation."),
    *("widget.", "prizes.", "rewards.", "messages."),
    *("content.", "asking.", "dates.", "starting.", "preview.", "words."),
)

pages = Pages("campaigns", __name__)
pages.link(Place.TEAM, "Campaigns", "overview", order=10, sections=_ROOMS)
pages.link(Place.CAMPAIGN, "Campaign", "show", order=10, sections=("campaigns.", "actions."))


class Card(NamedTuple):
    """A campaign in the list, with what counts in it."""

    campaign: Campaign
    phase: Phase
    entries: int
    people: int


class Row(NamedTuple):
    """An action in its campaign: what it is, why it rests, and how many entries it has.

    ``sourceless``: it imports, and nobody has said from where.
    """

    action: Action
    kind: str
    imports: bool
    rests: Text | None
    entries: int
    sourceless: bool


@pages.get("/team/<team>", audience=Audience.TEAM, role=Role.VIEWER)
def overview(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The team's campaigns."""
    inst = current()
    found = service.of(inst, doors.actor())
    with inst.db.read() as conn:
        counted = counts(conn, [one.id for one in found])
    cards = [Card(one, one.phase(inst.clock()), *counted[one.id]) for one in found]
    return render_template("desk/overview.html", cards=cards)


@pages.get("/team/<team>/new-campaign", audience=Audience.TEAM, role=Role.EDITOR)
def new(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of a new campaign."""
    inst = current()
    latest = service.of(inst, doors.actor())[:1]
    zone = latest[0].zone if latest else "UTC"
    first = fields.first_dates(inst.clock())
    return _form_page(Form.of(CampaignFields, {**first, "zone": zone}, zone=zone), first=first)


@pages.post("/team/<team>/new-campaign", audience=Audience.TEAM, role=Role.EDITOR)
def create(team: str) -> ResponseReturnValue:
    """Make a campaign."""
    form = _sent()
    if form.value is None:
        return _form_page(form), 422
    made = service.create(current(), doors.actor(), form.value)
    flash(_("The campaign is there. Now add ways to enter."), "good")
    return redirect(url_for("campaigns.show", team=team, key=made.key), 303)


@pages.get("/team/<team>/campaign/<key>", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """One campaign: its actions in order and its facts."""
    found = campaign_of_address(key)
    return render_template("desk/campaign.html", **_facts(found))


@pages.get("/team/<team>/campaign/<key>/settings", audience=Audience.TEAM, role=Role.EDITOR)
def edit(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of a campaign that is there."""
    found = campaign_of_address(key)
    stored = found.model_dump(include=set(CampaignFields.model_fields))
    return _form_page(Form.of(CampaignFields, stored, zone=found.zone), found)


@pages.post("/team/<team>/campaign/<key>/settings", audience=Audience.TEAM, role=Role.EDITOR)
def save(team: str, key: str) -> ResponseReturnValue:
    """Change a campaign; when entries would start or stop to count, ask first with numbers."""
    found = campaign_of_address(key)
    form = _sent(found)
    if form.value is None:
        return _form_page(form, found), 422
    effects = editing.effects(current(), doors.actor(), found.uid, form.value)
    moved = effects.come_in + effects.drop_out
    if moved and request.form.get("agreed") != f"{effects.come_in},{effects.drop_out}":
        return _form_page(form, found, effects)
    editing.update_campaign(current(), doors.actor(), found.uid, form.value)
    flash(_("Saved."), "good")
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


@pages.post("/team/<team>/campaign/<key>/remove", audience=Audience.TEAM, role=Role.OWNER)
def remove(team: str, key: str) -> ResponseReturnValue:
    """Take a campaign off the pages; the title, typed, says that it is meant."""
    found = campaign_of_address(key)
    if request.form.get("title", "").strip() != found.title:
        raise Conflict("Type the campaign's title to remove it. Nothing was changed.")
    deleting.delete_campaign(current(), doors.actor(), found.uid)
    said = _("“%(title)s” is off the pages. It can be brought back for a week.")
    flash(said % {"title": found.title}, "good")
    return redirect(url_for("campaigns.overview", team=team), 303)


@pages.post(
    "/team/<team>/campaign/<key>/action/<uid>/move", audience=Audience.TEAM, role=Role.EDITOR
)
def move_action(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Move an action one place; a browser with htmx gets the list alone."""
    step = {"up": -1, "down": 1}.get(request.form.get("step", ""))
    if step is None:
        raise Invalid({"step": "An action moves up or down."})
    found = campaign_of_address(key)
    actions.shift(current(), doors.actor(), found.uid, uid, step)
    if request.headers.get("HX-Request") == "true":
        return render_template("desk/action_list.html", **_facts(found))
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


def _sent(found: Campaign | None = None) -> Form[CampaignFields]:
    """The form that was sent; of a campaign that is there, its page's texts stay as they are."""
    zone = fields.zone_or_utc(request.form.get("zone", ""))
    posted = request.form.copy()
    for name in ("description", "terms_url"):
        if found is not None and name not in posted:
            posted[name] = getattr(found, name)
    form = Form.sent(CampaignFields, posted, zone=zone)
    if form.value is not None and form.value.confirm_email and not mail.is_on(current()):
        said = _("This installation sends no mail yet. Its operator has to set TOMBOLA_SMTP_URL.")
        return form.with_errors({"confirm_email": said})
    return form


def _form_page(
    form: Form[CampaignFields],
    found: Campaign | None = None,
    effects: editing.Effects | None = None,
    first: dict[str, datetime] | None = None,
) -> str:
    chosen = str(form.texts.get("zone", "UTC"))
    return render_template(
        "desk/campaign_form.html",
        form=form,
        campaign=found,
        effects=effects,
        first=first,
        languages=[(tag, i18n.name_of(tag)) for tag in i18n.known()],
        zones=fields.zones(fields.zone_or_utc(chosen)),
    )


def _facts(found: Campaign) -> dict[str, object]:
    inst = current()
    may_change = doors.actor().role is not Role.VIEWER
    with inst.db.read() as conn:
        listed = service.actions_of(conn, found.id)
        by_action = entries_by_action(conn, found.id)
        fed = actions_with_sources(conn, found.id)
        gone = actions.removed(conn, found.id) if may_change else []
        doubled = actions.same_signals(conn, found.id)
        entries, people = counts(conn, [found.id])[found.id]
    return {
        "campaign": found,
        "phase": found.phase(inst.clock()),
        "rows": _rows(listed, by_action, fed),
        "doubled": doubled,
        "gone": gone,
        "entries": entries,
        "people": people,
        "moved": may_change and editing.last_dates(inst, doors.actor(), found.uid) is not None,
    }


def _rows(listed: list[Action], entries: dict[int, int], fed: set[int]) -> list[Row]:
    inst, actor = current(), doors.actor()
    why = {one.id: shut_reason(inst, actor, one) for one in listed}
    return [_row(one, why[one.id], entries.get(one.id, 0), fed) for one in listed]


def _row(action: Action, rests: Text | None, entries: int, fed: set[int]) -> Row:
    plugins = current().plugins
    importer = plugins.importer(action.type_key)
    kind = plugins.action_type(action.type_key) or importer
    title = str(kind.title) if kind else action.type_key
    imports = importer is not None
    return Row(action, title, imports, rests, entries, imports and action.id not in fed)
