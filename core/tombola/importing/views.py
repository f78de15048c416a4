"""Sources and runs as pages see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select

from tombola.api import Lane, Phrase, Text
from tombola.campaigns.models import action
from tombola.importing.models import item, lane, media, run, source
from tombola.importing.rules import Counts
from tombola.importing.states import SourceState
from tombola.importing.work import IMPORT, task_key
from tombola.queue.models import task
from tombola.queue.rules import State

DEAD: Text = Phrase(
    "The import stopped: each try ended without a trace. The operator sees more; press “Run now” "
    "to try again."
)


#: Columns of a source that a page sees in its own words.
_TOLD = {"state", "reason"}


class Call(BaseModel):
    """One call of a run: when, how long, what came of it."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    took_ms: int
    outcome: str
    items: int = 0


class Progress(BaseModel):
    """How far a lane is."""

    model_config = ConfigDict(frozen=True)

    lane: Lane
    running: bool
    finished: bool
    pages: int = 0
    items: int = 0
    new: int = 0
    entries: int = 0
    run_uid: str | None = None


class Source(BaseModel):
    """A source as pages see it.

    Attributes:
        config: As stored; the importer's model reads it.
        reason: Why it does not run, in words for the team; None while all is well.
        said: What the network said to it, where ``reason`` does not repeat it.
        tried_at: When a call last brought nothing; None while all is well.
        dead: It was given up, and goes on only when somebody asks.
        running: A worker has it at this moment.
        stored: Items that it has brought so far.
        pictures_waiting: Pictures that are still to be fetched.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    id: int
    uid: str
    action_id: int
    action_uid: str
    importer_key: str
    connection_id: int | None = None
    config: dict[str, Any]
    config_version: int
    floor_at: datetime | None
    cap: int | None
    every_seconds: int
    state: SourceState
    reason: Text | None
    said: str = ""
    tried_at: datetime | None = None
    dead: bool = False
    created_at: datetime
    last_run_at: datetime | None
    next_run_at: datetime | None
    running: bool
    lanes: list[Progress]
    stored: int
    pictures_waiting: int


class Run(BaseModel):
    """A run with its log. ``state`` is running, finished, failed or undone."""

    model_config = ConfigDict(frozen=True)

    uid: str
    lane: Lane
    state: str
    reason: str | None
    counts: dict[str, int]
    calls: list[Call]
    started_at: datetime
    seen_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None

    def stands(self, of: Source) -> str:
        """How it stands for people: running, waiting, paused, stopped, finished or undone."""
        if self.undone_at is not None:
            return "undone"
        if self.state != "running":
            return "stopped" if self.state == "failed" else self.state
        place = next((each for each in of.lanes if each.run_uid == self.uid), None)
        if place is None or of.dead or of.state is SourceState.GONE:
            return "stopped"
        if of.state is SourceState.PAUSED:
            return "paused"
        return "running" if place.running or of.state is SourceState.ACTIVE else "waiting"


def sources_where(
    conn: Connection, now: datetime, team_id: int, condition: ColumnElement[bool]
) -> list[Source]:
    """The team's sources that match, oldest first, with what their lanes do."""
    rows = conn.execute(
        select(source, action.c.uid.label("action_uid"))
        .join(action, action.c.id == source.c.action_id)
        .where(source.c.team_id == team_id, source.c.removed_at.is_(None), condition)
        .order_by(source.c.id)
    ).mappings()
    return [_source(conn, row, now) for row in rows]


def actions_with_sources(conn: Connection, campaign_id: int) -> set[int]:
    """Which of a campaign's actions have a source."""
    found = conn.execute(
        select(source.c.action_id)
        .join(action, action.c.id == source.c.action_id)
        .where(action.c.campaign_id == campaign_id, source.c.removed_at.is_(None))
    )
    return set(found.scalars())


def run_of(row: RowMapping) -> Run:
    """A row of ``run``."""
    return Run(
        uid=row["uid"],
        lane=Lane(row["lane"]),
        state=row["state"],
        reason=row["reason"],
        counts=Counts.of(row["counts"]).stored(),
        calls=[Call.model_validate(call) for call in row["calls"]],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        finished_at=row["finished_at"],
        undone_at=row["undone_at"],
    )


def _source(conn: Connection, row: RowMapping, now: datetime) -> Source:
    duties = _duties(conn, row["id"])
    lanes = [_progress(each, duties, now) for each in _lanes(conn, row["id"])]
    paused = row["state"] == SourceState.PAUSED
    dead = not paused and State.DEAD in {state for state, _ in duties.values()}
    detail = row["detail"] or {}
    waiting = select(func.count()).select_from(media)
    return Source(
        **{name: row[name] for name in Source.model_fields if name in row and name not in _TOLD},
        state=SourceState.FAILING if dead else row["state"],
        reason=DEAD if dead else _says(row),
        said=_said(detail),
        tried_at=detail.get("tried_at"),
        dead=dead,
        running=any(each.running for each in lanes),
        lanes=lanes,
        stored=conn.execute(select(func.count()).where(item.c.source_id == row["id"])).scalar_one(),
        pictures_waiting=conn.execute(
            waiting.where(media.c.source_id == row["id"], media.c.state == "wanted")
        ).scalar_one(),
    )


def _says(row: RowMapping) -> Text | None:
    detail = row["detail"] or {}
    if "says" in detail:
        return Phrase(detail["says"], detail.get("values", {}))
    reason: str | None = row["reason"]
    return reason


def _said(detail: Mapping[str, Any]) -> str:
    """What the network said, unless the sentence says it already."""
    told = "%(said)s" in detail.get("says", "")
    return "" if told else str(detail.get("values", {}).get("said", ""))


def _duties(conn: Connection, source_id: int) -> dict[str, tuple[str, datetime]]:
    keys = [task_key(source_id, each) for each in Lane]
    rows = conn.execute(
        select(task.c.key, task.c.state, task.c.lease_until).where(
            task.c.kind == IMPORT, task.c.key.in_(keys)
        )
    )
    return {row.key: (row.state, row.lease_until) for row in rows}


def _lanes(conn: Connection, source_id: int) -> list[RowMapping]:
    rows = conn.execute(
        select(lane, run.c.counts, run.c.uid.label("run_uid"))
        .outerjoin(run, and_(run.c.id == lane.c.run_id, run.c.source_id == lane.c.source_id))
        .where(lane.c.source_id == source_id)
        .order_by(lane.c.lane.desc())
    ).mappings()
    return list(rows)


def _progress(row: RowMapping, duties: dict[str, tuple[str, datetime]], now: datetime) -> Progress:
    of = Lane(row["lane"])
    state, lease_until = duties.get(task_key(row["source_id"], of), (State.DONE, now))
    counts = Counts.of(row["counts"] or {})
    return Progress(
        lane=of,
        running=state == State.RUNNING and lease_until > now,
        finished=row["finished_at"] is not None,
        pages=counts.pages,
        items=counts.items,
        new=counts.new,
        entries=counts.entries,
        run_uid=row["run_uid"],
    )
