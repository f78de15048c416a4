"""Sources of import actions: what they would bring, and running them."""

from typing import Annotated, Any

from pydantic import Field

from tombola.api.text import render
from tombola.campaigns.pages import campaign_of_address
from tombola.importing import recheck, service, views
from tombola.importing.pages import action_of, source_of
from tombola.importing.preview import HOURLY, SourceForm, preview
from tombola.importing.states import SourceState
from tombola.installation import current
from tombola.rest import inputs
from tombola.rest.actions import shown_config
from tombola.rest.registry import Api, Said
from tombola.rest.shapes import At, Moment, Shape, partial
from tombola.teams import doors
from tombola.teams.rules import Scope
from tombola.web.i18n import gettext as _

api = Api("rest_sources", __name__, tag="Sources")
_HERE = "/campaigns/<campaign>/sources/<source>"


class NewSource(Shape):
    """What a team says of a source."""

    config: Annotated[
        dict[str, Any],
        Field(default_factory=dict, description="By the schema of the action's type."),
    ]
    floor_at: Annotated[At | None, Field(description="Nothing older is brought.")] = None
    cap: Annotated[
        int | None,
        Field(ge=1, le=10_000_000, description="How many earlier posts to bring at most."),
    ] = None
    every_seconds: Annotated[
        int, Field(ge=10, le=604_800, description="How often to look for new posts.")
    ] = HOURLY


class Sample(Shape):
    """A post that the source would bring."""

    who: str | None
    text: str
    occurred_at: Moment | None
    pictures: int
    left_out: Annotated[str | None, Field(description="Why it would not count; null: it would.")]


class Preview(Shape):
    """What a source would bring and cost; nothing of it is stored."""

    count: Annotated[int | None, Field(description="Posts; null: the network does not say.")]
    exact: bool
    since: Moment
    until: Moment
    cost: Annotated[dict[str, int], Field(description="Calls or posts, by the network's limit.")]
    price: str | None
    samples: list[Sample]
    notes: list[str]


class Lane(Shape):
    """How far one of its two roads is: new posts, and earlier ones."""

    lane: str
    running: bool
    finished: bool
    items: Annotated[int, Field(description="Posts of the present run.")]
    new: int
    entries: int


class Source(Shape):
    """A source."""

    id: str
    action: Annotated[str, Field(description="The id of its action.")]
    type_key: str
    config: Annotated[dict[str, Any] | None, Field(description="Null while its plugin is away.")]
    floor_at: Moment | None
    cap: int | None
    every_seconds: int
    state: SourceState
    reason: Annotated[str | None, Field(description="Why it does not run; null: all is well.")]
    running: Annotated[bool, Field(description="A worker has it at this moment.")]
    stored: Annotated[int, Field(description="Posts it has brought so far.")]
    created_at: Moment
    last_run_at: Moment | None
    next_run_at: Moment | None
    lanes: list[Lane]


class Sources(Shape):
    """A campaign's sources, oldest first."""

    items: list[Source]


class Run(Shape):
    """One run of a source."""

    id: str
    lane: str
    state: Annotated[str, Field(description="running, finished, failed or undone.")]
    reason: str | None
    counts: Annotated[dict[str, int], Field(description="pages, items, new, entries, …")]
    started_at: Moment
    seen_at: Moment
    finished_at: Moment | None
    undone_at: Moment | None


class Runs(Shape):
    """A source's runs, the newest first, at most 200."""

    items: list[Run]


class Reason(Shape):
    """Why something is done."""

    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class Undone(Shape):
    """How many entries are taken back; beyond a thousand that goes on in the background."""

    entries: int


SourceChange = partial(NewSource, "SourceChange", "What is to be changed of a source.")


@api.get("/campaigns/<campaign>/sources", scope=Scope.CAMPAIGNS_READ, answer=Sources)
def list_sources(campaign: str) -> Sources:
    """List a campaign's sources with how they stand."""
    found = campaign_of_address(campaign)
    listed = service.of_campaign(current(), doors.actor(), found.id)
    return Sources(items=[_told(source_of(found, one.uid)) for one in listed])


@api.post(
    "/campaigns/<campaign>/actions/<action>/sources/preview",
    scope=Scope.CAMPAIGNS_WRITE,
    body=NewSource,
    answer=Preview,
    status=200,
    writes=False,
)
def preview_source(campaign: str, action: str, body: NewSource) -> Preview:
    """Ask the network what a source would bring and cost. Nothing is stored."""
    of = action_of(campaign_of_address(campaign), action)
    seen = preview(current(), doors.actor(), of.uid, _form(body.model_dump()))
    return Preview(
        count=seen.count,
        exact=seen.exact,
        since=seen.since,
        until=seen.until,
        cost=seen.cost,
        price=None if seen.price is None else render(seen.price, _),
        samples=[
            Sample(
                who=one.who,
                text=one.text,
                occurred_at=one.occurred_at,
                pictures=one.pictures,
                left_out=one.left_out,
            )
            for one in seen.samples
        ],
        notes=[render(note, _) for note in seen.notes],
    )


@api.post(
    "/campaigns/<campaign>/actions/<action>/sources",
    scope=Scope.CAMPAIGNS_WRITE,
    body=NewSource,
    answer=Source,
)
def add_source(campaign: str, action: str, body: NewSource) -> Said:
    """Add a source to an import action. Its first posts come at once; ask for a preview before."""
    found = campaign_of_address(campaign)
    of = action_of(found, action)
    made = service.add(current(), doors.actor(), of.uid, _form(body.model_dump()))
    return Said(_told(made), {"Location": f"/api/v1/campaigns/{found.key}/sources/{made.uid}"})


@api.get(_HERE, scope=Scope.CAMPAIGNS_READ, answer=Source)
def get_source(campaign: str, source: str) -> Source:
    """Read one source."""
    return _told(_one(campaign, source))


@api.patch(_HERE, scope=Scope.CAMPAIGNS_WRITE, body=SourceChange, answer=Source)
def change_source(campaign: str, source: str, body: Any) -> Source:
    """Change a source. Another configuration or floor begins it anew; what is stored stays."""
    before = _one(campaign, source)
    stored = current().plugins.config_of(
        before.importer_key, before.config, before.config_version, doors.actor()
    )
    values: dict[str, Any] = {
        "floor_at": before.floor_at, "cap": before.cap, "every_seconds": before.every_seconds,
    }  # fmt: skip
    sent = {name: getattr(body, name) for name in body.model_fields_set}
    config = {**stored.model_dump(), **sent.pop("config", {})}
    form = _form({**values, **sent, "config": config})
    return _told(service.change(current(), doors.actor(), before.uid, form))


@api.delete(_HERE, scope=Scope.CAMPAIGNS_WRITE)
def remove_source(campaign: str, source: str) -> None:
    """Take a source away. What it has brought stays."""
    service.remove(current(), doors.actor(), _one(campaign, source).uid)


@api.post(f"{_HERE}/pause", scope=Scope.CAMPAIGNS_WRITE, answer=Source, status=200)
def pause_source(campaign: str, source: str) -> Source:
    """Stop a source: from this moment on it writes nothing."""
    service.pause(current(), doors.actor(), _one(campaign, source).uid)
    return _told(_one(campaign, source))


@api.post(f"{_HERE}/resume", scope=Scope.CAMPAIGNS_WRITE, answer=Source, status=200)
def resume_source(campaign: str, source: str) -> Source:
    """Let a source go on where it stood, after a pause or a repair."""
    service.resume(current(), doors.actor(), _one(campaign, source).uid)
    return _told(_one(campaign, source))


@api.post(f"{_HERE}/run", scope=Scope.CAMPAIGNS_WRITE, answer=Source, status=202)
def run_source(campaign: str, source: str) -> Source:
    """Let a source look for new posts at once."""
    service.run_now(current(), doors.actor(), _one(campaign, source).uid)
    return _told(_one(campaign, source))


@api.post(f"{_HERE}/recheck", scope=Scope.CAMPAIGNS_WRITE, answer=Source, status=202)
def recheck_source(campaign: str, source: str) -> Source:
    """Look again at what a source has brought: posts that are gone or changed count no more."""
    recheck.ask(current(), doors.actor(), _one(campaign, source).uid)
    return _told(_one(campaign, source))


@api.get(f"{_HERE}/runs", scope=Scope.CAMPAIGNS_READ, answer=Runs)
def list_runs(campaign: str, source: str) -> Runs:
    """List a source's runs, the newest first."""
    of = _one(campaign, source)
    found = service.runs(current(), doors.actor(), of.uid, limit=200)
    return Runs(items=[_run(one) for one in found])


@api.post(
    f"{_HERE}/runs/<run>/undo",
    scope=Scope.ENTRIES_WRITE,
    body=Reason,
    answer=Undone,
    status=200,
)
def undo_run(campaign: str, source: str, run: str, body: Reason) -> Undone:
    """Take back every entry of one run, as one act."""
    inst, actor = current(), doors.actor()
    of = _one(campaign, source)
    found = service.run_of_source(inst, actor, of.uid, run)
    return Undone(entries=service.undo(inst, actor, found.uid, body.reason))


def _one(campaign: str, uid: str) -> views.Source:
    return source_of(campaign_of_address(campaign), uid)


def _form(values: dict[str, Any]) -> SourceForm:
    return inputs.read(SourceForm, values)


def _told(found: views.Source) -> Source:
    config = shown_config(found.importer_key, found.config, found.config_version)
    lanes = [
        Lane(
            lane=one.lane.value,
            running=one.running,
            finished=one.finished,
            items=one.items,
            new=one.new,
            entries=one.entries,
        )
        for one in found.lanes
    ]
    return Source(
        id=found.uid,
        action=found.action_uid,
        type_key=found.importer_key,
        config=config,
        floor_at=found.floor_at,
        cap=found.cap,
        every_seconds=found.every_seconds,
        state=found.state,
        reason=None if found.reason is None else render(found.reason, _),
        running=found.running,
        stored=found.stored,
        created_at=found.created_at,
        last_run_at=found.last_run_at,
        next_run_at=found.next_run_at,
        lanes=lanes,
    )


def _run(one: views.Run) -> Run:
    return Run(
        id=one.uid,
        lane=one.lane.value,
        state=one.state,
        reason=one.reason,
        counts=one.counts,
        started_at=one.started_at,
        seen_at=one.seen_at,
        finished_at=one.finished_at,
        undone_at=one.undone_at,
    )
