"""What one turn of a source works on, as the database has it at its beginning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from tombola.api import Lane, NotFound, PluginUnavailable, SourceConfig
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action
from tombola.campaigns.service import Campaign
from tombola.db.rows import first
from tombola.importing.models import lane, run, source
from tombola.importing.rules import Counts
from tombola.importing.states import SourceState
from tombola.installation import Installation
from tombola.plugins.models import setting
from tombola.plugins.switches import Scope
from tombola.plugins.world import TeamRef
from tombola.teams.models import team
from tombola.teams.rules import Actor

#: The kind of duty under which lanes wait.
IMPORT = "import"
#: How long a silent worker keeps a lane; a call of the importer ends before.
LEASE = timedelta(seconds=45)
#: How long one call of an importer may take.
CALL = timedelta(seconds=30)


def import_action(conn: Connection, actor: Actor, uid: str) -> RowMapping:
    """The row of a team's action. Raises NotFound."""
    row = first(
        conn,
        select(action).where(
            action.c.uid == uid,
            action.c.team_id == actor.team_id,
            action.c.removed_at.is_(None),
        ),
    )
    if row is None:
        raise NotFound("There is no such action.")
    return row


def source_row(conn: Connection, actor: Actor, uid: str) -> RowMapping:
    """The row of a team's source that is still there. Raises NotFound."""
    row = first(
        conn,
        select(source).where(
            source.c.uid == uid,
            source.c.team_id == actor.team_id,
            source.c.removed_at.is_(None),
        ),
    )
    if row is None:
        raise NotFound("There is no such source.")
    return row


def task_key(source_id: int, of: Lane) -> str:
    """The name of a lane's duty."""
    return f"{source_id}-{of.value}"


@dataclass(frozen=True, slots=True)
class Work:
    """One lane of one source.

    Attributes:
        cursor: Where the open run goes on; None at its beginning.
        checkpoint: Where a new run begins; None opens the lane anew.
        run_id: The open run; None between runs.
        own_credentials: The team uses its own key of the network, not the operator's.
    """

    source_id: int
    source_uid: str
    team: TeamRef
    importer_key: str
    config: Mapping[str, Any]
    config_version: int
    connection_id: int | None
    own_credentials: bool
    floor_at: datetime | None
    cap: int | None
    every: timedelta
    state: SourceState
    created_at: datetime
    last_run_at: datetime | None
    action_id: int
    campaign: Campaign
    lane: Lane
    cursor: Mapping[str, Any] | None
    checkpoint: Mapping[str, Any] | None
    run_id: int | None
    run_started_at: datetime | None
    counts: Counts
    calls: list[dict[str, Any]]

    @property
    def team_id(self) -> int:
        """The team's row."""
        return self.team.team_id


def load(conn: Connection, payload: Mapping[str, Any]) -> Work | None:
    """Read a lane's work; None when source, action or campaign are gone."""
    row = first(
        conn,
        select(
            source,
            lane.c.lane,
            lane.c.cursor,
            lane.c.checkpoint,
            lane.c.run_id,
            run.c.counts,
            run.c.calls,
            run.c.started_at,
            action.c.campaign_id,
            team.c.uid.label("team_uid"),
        )
        .join(lane, lane.c.source_id == source.c.id)
        .join(action, (action.c.id == source.c.action_id) & action.c.removed_at.is_(None))
        .join(team, team.c.id == source.c.team_id)
        .outerjoin(run, run.c.id == lane.c.run_id)
        .where(
            source.c.id == payload["source"],
            lane.c.lane == payload["lane"],
            source.c.removed_at.is_(None),
        ),
    )
    if row is None:
        return None
    try:
        campaign = campaigns.by_id(conn, row["campaign_id"])
    except NotFound:
        return None
    return Work(
        source_id=row["id"],
        source_uid=row["uid"],
        team=TeamRef(row["team_id"], row["team_uid"]),
        importer_key=row["importer_key"],
        config=row["config"],
        config_version=row["config_version"],
        connection_id=row["connection_id"],
        own_credentials=has_own(conn, row["importer_key"], row["team_id"]),
        floor_at=row["floor_at"],
        cap=row["cap"],
        every=timedelta(seconds=row["every_seconds"]),
        state=SourceState(row["state"]),
        created_at=row["created_at"],
        last_run_at=row["last_run_at"],
        action_id=row["action_id"],
        campaign=campaign,
        lane=Lane(row["lane"]),
        cursor=row["cursor"],
        checkpoint=row["checkpoint"],
        run_id=row["run_id"],
        run_started_at=row["started_at"],
        counts=Counts.of(row["counts"] or {}),
        calls=list(row["calls"] or ()),
    )


def config_of(inst: Installation, work: Work) -> SourceConfig:
    """A source's stored configuration as its importer's model of today.

    Plugin code; raises PluginUnavailable and PluginFailed.
    """
    config = inst.plugins.config_of(work.importer_key, work.config, work.config_version, work.team)
    if not isinstance(config, SourceConfig):
        raise PluginUnavailable(work.importer_key, "This is no source's configuration.")
    return config


def has_own(conn: Connection, importer_key: str, team_id: int) -> bool:
    """Whether a team uses its own key of the network, not the operator's."""
    slug = importer_key.partition(".")[0]
    mine = select(setting.c.plugin).where(
        setting.c.scope == Scope.TEAM, setting.c.scope_id == str(team_id), setting.c.plugin == slug
    )
    return conn.execute(mine).first() is not None
