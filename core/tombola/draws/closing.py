"""Before the freeze: every source is read once more, and what it brought is looked at again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, select

from tombola.api import Lane
from tombola.campaigns.models import action
from tombola.importing import service as importing
from tombola.importing.models import recheck, run, source
from tombola.importing.recheck import ask_campaign
from tombola.importing.states import SourceState
from tombola.importing.work import IMPORT, task_key
from tombola.installation import Installation
from tombola.queue.models import task
from tombola.queue.rules import State as TaskState
from tombola.teams.rules import Actor


@dataclass(frozen=True, slots=True)
class Looked:
    """How far the last imports are.

    Attributes:
        read: Sources that have been read to their end since the draw was closed.
        stuck: Those that will not be read unless a person acts, with the reason.
        open: Sources that are still being read.
        rechecks: Rounds of looking again that still run.
    """

    read: int
    stuck: list[str]
    open: int
    rechecks: int

    @property
    def done(self) -> bool:
        """Whether there is nothing left to wait for."""
        return not self.open and not self.rechecks


def begin(inst: Installation, actor: Actor, campaign_id: int) -> None:
    """Ask for a run of every source that may run, and for a look at what all have brought.

    Idempotent: what runs already goes on.
    """
    for each in importing.of_campaign(inst, actor, campaign_id):
        if each.state is not SourceState.PAUSED:
            importing.run_now(inst, actor, each.uid)
    ask_campaign(inst, actor, campaign_id)


def look(conn: Connection, campaign_id: int, since: datetime) -> Looked:
    """See how far the sources of a campaign are, since a draw was closed."""
    mine = select(action.c.id).where(action.c.campaign_id == campaign_id)
    rows = conn.execute(
        select(source).where(source.c.action_id.in_(mine), source.c.removed_at.is_(None))
    ).mappings()
    read, stuck, still = 0, [], 0
    for row in rows.all():
        if _is_read(conn, row["id"], since):
            read += 1
        elif _waits(conn, row["id"], row["state"]):
            still += 1
        else:
            stuck.append(f"{row['importer_key']}: {row['reason'] or row['state']}")
    rechecks = conn.execute(
        select(func.count())
        .select_from(recheck)
        .join(source, source.c.id == recheck.c.source_id)
        .where(source.c.action_id.in_(mine), recheck.c.state == "running")
    ).scalar_one()
    return Looked(read, stuck, still, rechecks)


def _is_read(conn: Connection, source_id: int, since: datetime) -> bool:
    """A run of new posts that began after the close and came to its end."""
    ended = exists().where(
        run.c.source_id == source_id,
        run.c.lane == Lane.LIVE.value,
        run.c.started_at >= since,
        run.c.state == "finished",
    )
    reads = exists().where(
        run.c.source_id == source_id, run.c.state == "running", run.c.lane == Lane.LIVE.value
    )
    return bool(conn.execute(select(ended & ~reads)).scalar())


def _waits(conn: Connection, source_id: int, state: str) -> bool:
    """Whether it will be read by itself: at work now, due, or in trouble that passes."""
    if state == SourceState.PAUSED or SourceState(state).needs_person:
        return False
    if state in {SourceState.GATED, SourceState.ENDED, SourceState.AWAY}:
        return False
    alive = exists().where(
        task.c.kind == IMPORT,
        task.c.key == task_key(source_id, Lane.LIVE),
        task.c.state.in_([TaskState.READY, TaskState.RUNNING]),
    )
    return bool(conn.execute(select(alive)).scalar())
