"""A plugin that keeps failing for a team is left alone there, then tried once, then again."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, bindparam, delete, func, select, update

from tombola.plugins.models import plugin_fault, quarantine

#: Faults of one plugin for one team within WINDOW that are too many.
LIMIT = 5
WINDOW = timedelta(minutes=10)
FIRST_REST = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=6)
#: Faults are kept this long for the pages.
KEPT = timedelta(days=14)


#: Made once: every call of a plugin runs it.
_RESTING = select(quarantine).where(
    quarantine.c.plugin == bindparam("plugin"), quarantine.c.team == bindparam("team")
)


class Fault(BaseModel):
    """Something that a plugin did wrong."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    at: datetime
    plugin: str
    version: str
    team_id: int | None
    place: str
    error: str
    correlation: str


class Rest(BaseModel):
    """A plugin that is not called for a team (0: for none) before ``retry_at``."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    plugin: str
    team: int
    since: datetime
    retry_at: datetime
    reason: str


def resting(conn: Connection, plugin: str, team_id: int) -> Rest | None:
    """Give the quarantine of a plugin for a team, over or not."""
    row = conn.execute(_RESTING, {"plugin": plugin, "team": team_id}).first()
    return Rest.model_validate(row) if row else None


def claim_trial(conn: Connection, plugin: str, team_id: int, now: datetime) -> bool:
    """Take the one trial after a rest; whoever gets True calls the plugin, others wait on."""
    taken = conn.execute(
        update(quarantine)
        .where(*_here(plugin, team_id), quarantine.c.retry_at <= now)
        .values(retry_at=now + FIRST_REST)
    )
    return taken.rowcount == 1


def record(conn: Connection, fault: Fault, now: datetime) -> None:
    """Keep a fault, forget old ones, and begin or lengthen the rest when there are too many."""
    conn.execute(plugin_fault.insert().values(**fault.model_dump()))
    conn.execute(delete(plugin_fault).where(plugin_fault.c.at < now - KEPT))
    team_id = fault.team_id or 0
    before = resting(conn, fault.plugin, team_id)
    if before is None and _recent(conn, fault, now) < LIMIT:
        return
    rest = FIRST_REST if before is None else min(2 * (now - before.since), LONGEST_REST)
    conn.execute(delete(quarantine).where(*_here(fault.plugin, team_id)))
    conn.execute(
        quarantine.insert().values(
            plugin=fault.plugin,
            team=team_id,
            since=before.since if before else now,
            retry_at=now + max(rest, FIRST_REST),
            reason=fault.error,
        )
    )


def release(conn: Connection, plugin: str, team_id: int) -> bool:
    """End a rest after a trial that went well; tell whether there was one."""
    return conn.execute(delete(quarantine).where(*_here(plugin, team_id))).rowcount == 1


def forgive(conn: Connection, plugin: str, team_id: int) -> bool:
    """End a rest and forget the faults that led to it, by a person; tell whether there was one.

    Without the second, the next fault would be the one too many again.
    """
    mine = plugin_fault.c.team_id
    same = mine == team_id if team_id else mine.is_(None)
    conn.execute(delete(plugin_fault).where(plugin_fault.c.plugin == plugin, same))
    return release(conn, plugin, team_id)


def rests(conn: Connection) -> list[Rest]:
    """Give every quarantine, for the health page."""
    rows = conn.execute(select(quarantine).order_by(quarantine.c.plugin, quarantine.c.team))
    return [Rest.model_validate(row) for row in rows]


def faults(
    conn: Connection, plugin: str | None = None, team_id: int | None = None, limit: int = 50
) -> list[Fault]:
    """Give the latest faults, newest first, of one plugin or team or all."""
    wanted = select(plugin_fault).order_by(plugin_fault.c.at.desc(), plugin_fault.c.id.desc())
    if plugin is not None:
        wanted = wanted.where(plugin_fault.c.plugin == plugin)
    if team_id is not None:
        wanted = wanted.where(plugin_fault.c.team_id == team_id)
    return [Fault.model_validate(row) for row in conn.execute(wanted.limit(limit))]


def _here(plugin: str, team_id: int) -> tuple[Any, Any]:
    return quarantine.c.plugin == plugin, quarantine.c.team == team_id


def _recent(conn: Connection, fault: Fault, now: datetime) -> int:
    team = plugin_fault.c.team_id
    same = team == fault.team_id if fault.team_id else team.is_(None)
    count = select(func.count()).where(
        plugin_fault.c.plugin == fault.plugin, same, plugin_fault.c.at > now - WINDOW
    )
    return int(conn.execute(count).scalar_one())
