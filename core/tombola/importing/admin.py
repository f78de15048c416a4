"""Pages of sources: where an import looks, how it goes, what it brought, and taking a run back."""

from typing import Annotated, NamedTuple

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tombola.api import Audience, Conflict, Importer, Invalid, NotAllowed, NotFound, SourceConfig
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Action, Campaign
from tombola.importing import media, service, shut
from tombola.importing.preview import HOURLY, Preview, SourceForm, preview
from tombola.importing.states import SourceState
from tombola.importing.views import Run, Source
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("importing", __name__)
pages.link(Place.CAMPAIGN, "Sources", "sources", order=30, sections=("importing.",))

_OWN = "config."
#: Paces that a form offers, in seconds; a source made elsewhere keeps its own.
_PACES = (300, 900, HOURLY, 6 * HOURLY, 24 * HOURLY)
#: Runs that are shown whatever they brought, and runs shown at most.
_LATEST, _SHOWN = 3, 20
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
    return render_template(
        "importing/sources.html", campaign=found, groups=_groups(found), label=_label
    )


@pages.get(
    "/team/<team>/campaign/<key>/sources/new/<action>", audience=Audience.TEAM, role=Role.EDITOR
)
def new(team: str, key: str, action: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """The form of a new source."""
    found = campaign_of_address(key)
    of = _action(found, action)
    importer = _importer(of.type_key)
    own = Form.of(importer.config_model, prefix=_OWN)
    return _form_page(found, of, Asked(Form.of(SourceFields, zone=found.zone), own))


@pages.post(
    "/team/<team>/campaign/<key>/sources/new/<action>", audience=Audience.TEAM, role=Role.EDITOR
)
def add(team: str, key: str, action: str) -> ResponseReturnValue:
    """Show what the source would bring; add it once that has been seen."""
    found = campaign_of_address(key)
    of = _action(found, action)
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
    return redirect(url_for("importing.show", team=team, key=key, uid=made.uid), 303)


@pages.get("/team/<team>/campaign/<key>/source/<uid>", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """One source: how it stands, its runs, and what can be done about it."""
    found = campaign_of_address(key)
    return render_template("importing/show.html", **_facts(found, _source(found, uid)))


@pages.get("/team/<team>/campaign/<key>/source/<uid>/now", audience=Audience.TEAM, role=Role.VIEWER)
def state(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """How the source stands at this moment: the part of its page that renews itself."""
    found = campaign_of_address(key)
    return render_template("importing/state.html", **_facts(found, _source(found, uid)))


@pages.get(
    "/team/<team>/campaign/<key>/source/<uid>/edit", audience=Audience.TEAM, role=Role.EDITOR
)
def edit(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """The form of a source that is there."""
    found = campaign_of_address(key)
    source = _source(found, uid)
    importer = _importer(source.importer_key)
    stored = source.model_dump(include=set(SourceFields.model_fields))
    form = Form.of(SourceFields, stored, zone=found.zone)
    own = Form.of(importer.config_model, _stored_config(source), prefix=_OWN)
    return _form_page(found, _action(found, source.action_uid), Asked(form, own), source=source)


@pages.post(
    "/team/<team>/campaign/<key>/source/<uid>/edit", audience=Audience.TEAM, role=Role.EDITOR
)
def save(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Change a source."""
    found = campaign_of_address(key)
    source = _source(found, uid)
    of = _action(found, source.action_uid)
    asked = _sent(found, _importer(source.importer_key), source)
    if asked.said is None:
        return _form_page(found, of, asked, source=source), 422
    try:
        service.change(current(), doors.actor(), uid, asked.said)
    except Invalid as wrong:
        return _form_page(found, of, _told(asked, wrong), source=source), 422
    flash(_("Saved."), "good")
    return redirect(url_for("importing.show", team=team, key=key, uid=uid), 303)


@pages.post(
    "/team/<team>/campaign/<key>/source/<uid>/<any(run, pause, resume, remove):verb>",
    audience=Audience.TEAM,
    role=Role.EDITOR,
)
def act(team: str, key: str, uid: str, verb: str) -> ResponseReturnValue:
    """Run now, pause, go on, or take the source away."""
    source = _source(campaign_of_address(key), uid)
    verbs = {
        "run": (service.run_now, _("It looks for new posts now.")),
        "pause": (service.pause, _("Paused. Nothing more is imported until you let it go on.")),
        "resume": (service.resume, _("It goes on.")),
        "remove": (service.remove, _("The source is gone; what it brought stays.")),
    }
    do, said = verbs[verb]
    try:
        do(current(), doors.actor(), source.uid)
    except Conflict as wrong:
        flash(str(wrong), "warning")
    else:
        flash(said, "good")
    if verb == "remove":
        return redirect(url_for("importing.sources", team=team, key=key), 303)
    return redirect(url_for("importing.show", team=team, key=key, uid=uid), 303)


@pages.post(
    "/team/<team>/campaign/<key>/source/<uid>/undo/<run>", audience=Audience.TEAM, role=Role.EDITOR
)
def undo(team: str, key: str, uid: str, run: str) -> ResponseReturnValue:
    """Take back every entry of one run of this source."""
    source = _source(campaign_of_address(key), uid)
    if run not in {one.uid for one in service.runs(current(), doors.actor(), source.uid)}:
        raise NotFound("There is no such run.")
    n = service.undo(current(), doors.actor(), run)
    said = ngettext("%(n)d entry was taken back.", "%(n)d entries were taken back.", n)
    flash(said % {"n": n}, "good")
    return redirect(url_for("importing.show", team=team, key=key, uid=uid), 303)


@pages.get("/team/<team>/picture/<uid>", audience=Audience.TEAM, role=Role.VIEWER)
def picture(team: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """A kept picture of one of the team's items; ``size=full`` for the large one."""
    inst = current()
    with inst.db.read() as conn:
        owner = media.team_of_picture(conn, uid)
    size = media.FULL if request.args.get("size") == media.FULL else media.THUMBNAIL
    opened = media.open_picture(inst, uid, size, hidden=True)
    if owner != doors.actor().team_id or opened is None:
        raise NotFound("There is no such picture.")
    return send_file(opened.path, opened.media_type, etag=opened.etag)


def _groups(found: Campaign) -> list[Group]:
    inst = current()
    with inst.db.read() as conn:
        listed = campaigns.actions_of(conn, found.id)
    by_action: dict[int, list[Source]] = {}
    for source in service.of_campaign(inst, doors.actor(), found.id):
        seen = shut.as_it_stands(inst, doors.actor(), found.id, source)
        by_action.setdefault(source.action_id, []).append(seen)
    return [
        Group(action, _title(action.type_key), by_action.get(action.id, []))
        for action in listed
        if action.id in by_action or inst.plugins.importer(action.type_key)
    ]


def _title(importer_key: str) -> str:
    importer = current().plugins.importer(importer_key)
    return str(importer.title) if importer else importer_key


def _action(found: Campaign, uid: str) -> Action:
    with current().db.read() as conn:
        listed = campaigns.actions_of(conn, found.id)
    for action in listed:
        if action.uid == uid:
            return action
    raise NotFound("There is no such action.")


def _source(found: Campaign, uid: str) -> Source:
    """A source of this campaign, as it stands now. Raises NotFound for any other."""
    inst, actor = current(), doors.actor()
    for source in service.of_campaign(inst, actor, found.id):
        if source.uid == uid:
            return shut.as_it_stands(inst, actor, found.id, source)
    raise NotFound("There is no such source.")


def _importer(key: str) -> Importer[SourceConfig, object]:  # type: ignore[type-var] # any cursor
    importer = current().plugins.importer(key)
    if importer is None:
        raise NotFound("No installed plugin offers this kind of import.")
    return importer


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
    return render_template(
        "importing/form.html",
        campaign=found,
        action=action,
        kind=action.type_key,
        form=asked.form,
        own=asked.own,
        source=source,
        seen=seen,
        many=MANY,
        pace=pace,
        paces=sorted({*_PACES, pace}),
    )


def _facts(found: Campaign, source: Source) -> dict[str, object]:
    inst = current()
    return {
        "campaign": found,
        "source": source,
        "action": _action(found, source.action_uid),
        "label": _label(source),
        "runs": _worth_showing(service.runs(inst, doors.actor(), source.uid, limit=200)),
        "paused": source.state is SourceState.PAUSED,
    }


def _worth_showing(found: list[Run]) -> list[Run]:
    """The latest few runs, and of the others those that brought something or went wrong."""
    kept = [
        run
        for place, run in enumerate(found)
        if place < _LATEST or run.counts["new"] or run.state != "finished"
    ]
    return kept[:_SHOWN]


def _label(source: Source) -> str:
    """What a source reads, in a few words: the lists in its configuration."""
    lists = [
        ", ".join(map(str, value))
        for name, value in source.config.items()
        if isinstance(value, list) and value and name != "words"
    ]
    return " · ".join(lists) or _title(source.importer_key)
