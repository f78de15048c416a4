"""Pages of a campaign's sources, and the forms in which one is added, previewed and changed."""

from typing import Annotated, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tombola.api import (
    Audience,
    Importer,
    Invalid,
    NotAllowed,
    NotFound,
    SourceConfig,
)
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Action, Campaign
from tombola.connections.offering import FIELD, accounts_for
from tombola.importing import recheck, service, shut
from tombola.importing.pages import action_of, label_of, source_of, title_of
from tombola.importing.preview import HOURLY, Preview, SourceForm, preview
from tombola.importing.views import Source
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("importing", __name__)
pages.link(Place.CAMPAIGN, "Sources", "sources", order=30, sections=("importing.", "source."))

_OWN = "config."
#: Paces that a form offers, in seconds; a source made elsewhere keeps its own.
_PACES = (300, 900, HOURLY, 6 * HOURLY, 24 * HOURLY)
#: A pull of more posts than this gets a warning beside its number.
MANY = 1_000


class SourceFields(BaseModel):
    """What every source has, whatever its importer asks besides."""

    model_config = ConfigDict(frozen=True)

    floor_at: Annotated[
        AwareDatetime | None,
        Field(
            title="Nothing older than",
            description="Earlier posts are left out. Empty: as far back as the network answers.",
        ),
    ] = None
    cap: Annotated[
        int | None,
        Field(
            title="At most",
            ge=1,
            le=10_000_000,
            description="How many earlier posts to bring. Empty: no limit.",
            json_schema_extra={"unit": "posts"},
        ),
    ] = None
    every_seconds: Annotated[int, Field(title="Look for new posts", ge=10, le=7 * 86_400)] = HOURLY


class Group(NamedTuple):
    """An import action with its sources."""

    action: Action
    title: str
    sources: list[Source]


class Asked(NamedTuple):
    """The two halves of a source's form."""

    form: Form[SourceFields]
    own: Form[SourceConfig]

    @property
    def said(self) -> SourceForm | None:
        """What the service takes, once neither half has an error."""
        if self.form.value is None or self.own.value is None:
            return None
        return SourceForm(config=self.own.value.model_dump(), **self.form.value.model_dump())


@pages.get("/team/<team>/campaign/<key>/sources", audience=Audience.TEAM, role=Role.VIEWER)
def sources(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """A campaign's sources by action."""
    found = campaign_of_address(key)
    groups = _groups(found)
    listed = [source for group in groups for source in group.sources if source.stored]
    can_look = any(recheck.is_possible(current(), source.importer_key) for source in listed)
    return render_template(
        "importing/sources.html", campaign=found, groups=groups, label=label_of, can_look=can_look
    )


@pages.get(
    "/team/<team>/campaign/<key>/sources/new/<action>", audience=Audience.TEAM, role=Role.EDITOR
)
def new(team: str, key: str, action: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """The form of a new source."""
    found = campaign_of_address(key)
    of = action_of(found, action)
    importer = _importer(of.type_key)
    own = Form.of(importer.config_model, _prepared(importer), prefix=_OWN)
    return _form_page(found, of, Asked(Form.of(SourceFields, zone=found.zone), own))


@pages.post(
    "/team/<team>/campaign/<key>/sources/new/<action>", audience=Audience.TEAM, role=Role.EDITOR
)
def add(team: str, key: str, action: str) -> ResponseReturnValue:
    """Show what the source would bring; add it once that has been seen."""
    found = campaign_of_address(key)
    of = action_of(found, action)
    asked = _sent(found, _importer(of.type_key), None)
    if asked.said is None:
        return _form_page(found, of, asked), 422
    inst, actor = current(), doors.actor()
    try:
        if request.form.get("act") != "add":
            seen = preview(inst, actor, of.uid, asked.said)
            return _form_page(found, of, asked, seen=seen)
        made = service.add(inst, actor, of.uid, asked.said)
    except Invalid as wrong:
        return _form_page(found, of, _told(asked, wrong)), 422
    except NotAllowed as no:
        said = Asked(asked.form.with_errors({"": no.denied.reason}), asked.own)
        return _form_page(found, of, said), 403
    flash(_("The source is there. Its first posts come in a moment."), "good")
    return redirect(url_for("source.show", team=team, key=key, uid=made.uid), 303)


@pages.get(
    "/team/<team>/campaign/<key>/source/<uid>/edit", audience=Audience.TEAM, role=Role.EDITOR
)
def edit(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """The form of a source that is there."""
    found = campaign_of_address(key)
    source = source_of(found, uid)
    importer = _importer(source.importer_key)
    stored = source.model_dump(include=set(SourceFields.model_fields))
    form = Form.of(SourceFields, stored, zone=found.zone)
    own = Form.of(importer.config_model, _stored_config(source), prefix=_OWN)
    return _form_page(found, action_of(found, source.action_uid), Asked(form, own), source=source)


@pages.post(
    "/team/<team>/campaign/<key>/source/<uid>/edit", audience=Audience.TEAM, role=Role.EDITOR
)
def save(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Change a source."""
    found = campaign_of_address(key)
    source = source_of(found, uid)
    of = action_of(found, source.action_uid)
    asked = _sent(found, _importer(source.importer_key), source)
    if asked.said is None:
        return _form_page(found, of, asked, source=source), 422
    try:
        service.change(current(), doors.actor(), uid, asked.said)
    except Invalid as wrong:
        return _form_page(found, of, _told(asked, wrong), source=source), 422
    flash(_("Saved."), "good")
    return redirect(url_for("source.show", team=team, key=key, uid=uid), 303)


@pages.post("/team/<team>/campaign/<key>/sources/recheck", audience=Audience.TEAM, role=Role.EDITOR)
def recheck_all(team: str, key: str) -> ResponseReturnValue:
    """Look again at what all sources of a campaign have brought."""
    found = campaign_of_address(key)
    said = recheck.ask_campaign(current(), doors.actor(), found.id)
    n = said.asked
    told = ngettext("%(n)d source looks again.", "%(n)d sources look again.", n) % {"n": n}
    if said.cannot:
        told += " " + _("Some networks do not let anybody look at a post again.")
    flash(told, "good" if n else "warning")
    return redirect(url_for("importing.sources", team=team, key=key), 303)


def _groups(found: Campaign) -> list[Group]:
    inst = current()
    with inst.db.read() as conn:
        listed = campaigns.actions_of(conn, found.id)
    by_action: dict[int, list[Source]] = {}
    for source in service.of_campaign(inst, doors.actor(), found.id):
        seen = shut.as_it_stands(inst, doors.actor(), found.id, source)
        by_action.setdefault(source.action_id, []).append(seen)
    return [
        Group(action, title_of(action.type_key), by_action.get(action.id, []))
        for action in listed
        if action.id in by_action or inst.plugins.importer(action.type_key)
    ]


def _importer(key: str) -> Importer[SourceConfig, object]:  # type: ignore[type-var] # any cursor
    importer = current().plugins.importer(key)
    if importer is None:
        raise NotFound("No installed plugin offers this kind of import.")
    return importer


def _prepared(
    importer: Importer[SourceConfig, object],  # type: ignore[type-var] # any cursor
) -> dict[str, str]:
    """What a plugin's own page has made ready and sends along."""
    if importer.prepare is None:
        return {}
    fields = importer.config_model.model_fields
    asked = {name: request.args.get(f"{_OWN}{name}", "") for name in fields}
    return {name: text for name, text in asked.items() if text}


def _stored_config(source: Source) -> SourceConfig:
    config = current().plugins.config_of(
        source.importer_key, source.config, source.config_version, doors.actor()
    )
    if not isinstance(config, SourceConfig):
        raise NotFound("This source was made by another kind of plugin.")
    return config


def _sent(
    found: Campaign,
    importer: Importer[SourceConfig, object],  # type: ignore[type-var] # any cursor
    source: Source | None,
) -> Asked:
    stored = _stored_config(source) if source else None
    own = Form.sent(importer.config_model, request.form, stored=stored, prefix=_OWN)
    return Asked(Form.sent(SourceFields, request.form, zone=found.zone), own)


def _told(asked: Asked, wrong: Invalid) -> Asked:
    """Put each complaint beside its field, in the half that has it."""
    theirs = {
        path.removeprefix(_OWN): text
        for path, text in wrong.errors.items()
        if path.startswith(_OWN)
    }
    ours = {path: text for path, text in wrong.errors.items() if not path.startswith(_OWN)}
    return Asked(asked.form.with_errors(ours), asked.own.with_errors(theirs))


def _form_page(
    found: Campaign,
    action: Action,
    asked: Asked,
    *,
    source: Source | None = None,
    seen: Preview | None = None,
) -> str:
    chosen = str(asked.form.texts.get("every_seconds", HOURLY))
    pace = int(chosen) if chosen.isdecimal() else HOURLY
    known = accounts_for(current(), doors.actor(), _importer(action.type_key))
    own = asked.own if known is None else asked.own.with_choices(FIELD, known)
    return render_template(
        "importing/form.html",
        campaign=found,
        action=action,
        kind=action.type_key,
        form=asked.form,
        own=own,
        prepare=_importer(action.type_key).prepare,
        unconnected=known == [],
        source=source,
        seen=seen,
        many=MANY,
        pace=pace,
        paces=sorted({*_PACES, pace}),
    )
