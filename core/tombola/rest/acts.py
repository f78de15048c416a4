"""Acts on entries, and files of them."""

from typing import Annotated, Literal

from flask import Response, send_file
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tombola.campaigns.pages import campaign_of_address
from tombola.entries import bulk, downloads, service
from tombola.entries.bulk import Bulk
from tombola.entries.downloads import MEDIA_TYPES, Download
from tombola.entries.exporting import Shape as FileShape
from tombola.installation import current
from tombola.rest.entries import Chosen, filter_of
from tombola.rest.registry import Api
from tombola.rest.shapes import Moment, Shape
from tombola.teams import doors
from tombola.teams.rules import Role, Scope

api = Api("rest_acts", __name__, tag="Acts on entries")

Verb = Literal["revoke", "archive", "restore"]


class NewAct(Shape):
    """An act on some entries, named one by one or chosen by a filter."""

    act: Annotated[
        Verb,
        Field(
            description="revoke takes them back and frees their places; archive takes them out of "
            "the pool and keeps their places; restore lets the rules decide them again."
        ),
    ]
    reason: Annotated[
        str, Field(max_length=1_000, description="Kept with each entry; restore needs none.")
    ] = ""
    entries: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(min_length=1, max_length=service.MOST, description="Their ids."),
    ] = None
    chosen: Annotated[Chosen | None, Field(description="All that this finds; {} means all.")] = None

    @model_validator(mode="after")
    def _one_way(self) -> "NewAct":
        if (self.entries is None) == (self.chosen is None):
            said = "Say which entries: give entries or chosen, one of them."
            raise PydanticCustomError("which", said, {"field": "entries"})
        return self


class Act(Shape):
    """An act, as far as it is."""

    id: Annotated[str | None, Field(description="null: named entries, done at once.")]
    act: Annotated[str, Field(description="revoke, archive, restore or undo.")]
    state: Annotated[Literal["running", "finished"], Field(description="Poll while running.")]
    reason: str
    total: Annotated[int, Field(description="Entries it was for when it began.")]
    seen: Annotated[int, Field(description="Those that were looked at so far.")]
    changed: Annotated[int, Field(description="Those that changed.")]
    started_at: Moment
    finished_at: Moment | None


class Numbers(Shape):
    """How many entries each act would change now."""

    revoke: int
    archive: int
    restore: int


class NewFile(Shape):
    """A file of entries."""

    shape: Annotated[
        Literal["csv", "jsonl"],
        Field(description="CSV after RFC 4180, safe in spreadsheets; or a JSON object a line."),
    ] = "csv"
    bom: Annotated[bool, Field(description="Begin a CSV with the mark some programs need.")] = False
    chosen: Annotated[Chosen, Field(default_factory=Chosen, description="Which entries.")]


class File(Shape):
    """A file of entries, as far as it is. It is kept for seven days."""

    id: str
    name: str
    shape: Literal["csv", "jsonl"]
    state: Annotated[str, Field(description="writing, then ready.")]
    total: Annotated[int, Field(description="Entries it is for.")]
    done: Annotated[int, Field(description="Entries that are in it.")]
    size_bytes: int
    asked_at: Moment
    expires_at: Annotated[Moment | None, Field(description="When it goes; null: not ready yet.")]


class Files(Shape):
    """A campaign's files, the newest first, at most 50."""

    items: list[File]


@api.post("/campaigns/<campaign>/entries/acts", scope=Scope.ENTRIES_WRITE, body=NewAct, answer=Act)
def act_on_entries(campaign: str, body: NewAct) -> Act:
    """Revoke, archive or restore entries.

    Up to 5,000 named ones are done at once. What a filter finds is done at once up to a thousand
    entries, and in the background beyond: ask the act for its progress. Each has its own undo:
    restore.
    """
    inst, actor = current(), doors.actor()
    found = campaign_of_address(campaign)
    if body.chosen is not None:
        wanted = filter_of(body.chosen)
        return _act(bulk.act_on_all(inst, actor, found.uid, wanted, body.act, body.reason))
    uids = body.entries or []
    if body.act == "restore":
        changed = service.restore(inst, actor, found.uid, uids)
    else:
        do = {"revoke": service.revoke, "archive": service.archive}[body.act]
        changed = do(inst, actor, found.uid, uids, body.reason)
    now = inst.clock()
    total = len(set(uids))
    return Act(
        id=None, act=body.act, state="finished", reason=body.reason.strip(), total=total,
        seen=total, changed=changed, started_at=now, finished_at=now,
    )  # fmt: skip


@api.get("/campaigns/<campaign>/entries/acts/<act>", scope=Scope.ENTRIES_READ, answer=Act)
def get_act(campaign: str, act: str) -> Act:
    """Ask an act how far it is."""
    found = campaign_of_address(campaign)
    return _act(bulk.get(current(), doors.actor(), found.uid, act))


@api.post(
    "/campaigns/<campaign>/entries/acts/preview",
    scope=Scope.ENTRIES_READ,
    role=Role.EDITOR,
    body=Chosen,
    answer=Numbers,
    status=200,
    writes=False,
)
def preview_act(campaign: str, body: Chosen) -> Numbers:
    """Count what each act on all that a filter finds would change. Nothing is changed."""
    found = campaign_of_address(campaign)
    told = bulk.choice(current(), doors.actor(), found.uid, filter_of(body))
    return Numbers(revoke=told.revoke, archive=told.archive, restore=told.restore)


@api.post(
    "/campaigns/<campaign>/entries/files",
    scope=Scope.ENTRIES_READ,
    body=NewFile,
    answer=File,
    status=202,
)
def begin_file(campaign: str, body: NewFile) -> File:
    """Ask for a file of entries. It is written in the background; its state says when it is ready.

    That it was asked for stands in the audit log.
    """
    found = campaign_of_address(campaign)
    shape, wanted = FileShape(body.shape), filter_of(body.chosen)
    return _file(downloads.begin(current(), doors.actor(), found.uid, wanted, shape, bom=body.bom))


@api.get(
    "/campaigns/<campaign>/entries/files",
    scope=Scope.ENTRIES_READ,
    role=Role.EDITOR,
    answer=Files,
)
def list_files(campaign: str) -> Files:
    """List a campaign's files, the newest first."""
    found = campaign_of_address(campaign)
    made = downloads.of_campaign(current(), doors.actor(), found.uid)
    return Files(items=[_file(each) for each in made])


@api.get(
    "/campaigns/<campaign>/entries/files/<file>",
    scope=Scope.ENTRIES_READ,
    role=Role.EDITOR,
    answer=File,
)
def get_file(campaign: str, file: str) -> File:
    """Ask a file how far it is."""
    found = campaign_of_address(campaign)
    return _file(downloads.get(current(), doors.actor(), found.uid, file))


@api.get(
    "/campaigns/<campaign>/entries/files/<file>/content",
    scope=Scope.ENTRIES_READ,
    role=Role.EDITOR,
    file=tuple(MEDIA_TYPES.values()),
)
def download_file(campaign: str, file: str) -> Response:
    """Download a file that is ready; before, that is a conflict."""
    found = campaign_of_address(campaign)
    made, path = downloads.path(current(), doors.actor(), found.uid, file)
    answer = send_file(
        path, mimetype=MEDIA_TYPES[made.shape], as_attachment=True, download_name=made.name
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _act(found: Bulk) -> Act:
    return Act(
        id=found.uid,
        act=found.kind,
        state="running" if found.state == "running" else "finished",
        reason=found.reason,
        total=found.total,
        seen=found.seen,
        changed=found.changed,
        started_at=found.started_at,
        finished_at=found.finished_at,
    )


def _file(made: Download) -> File:
    return File(
        id=made.uid,
        name=made.name,
        shape="csv" if made.shape is FileShape.CSV else "jsonl",
        state=made.state,
        total=made.total,
        done=made.done,
        size_bytes=made.size,
        asked_at=made.asked_at,
        expires_at=made.expires_at,
    )
