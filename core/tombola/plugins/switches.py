"""Enabling is data: who has switched which plugin off, and the one function that asks."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Select, and_, bindparam, column, delete, or_, select, table

from tombola.api import Text
from tombola.plugins.models import switch


class Scope(StrEnum):
    """For whom a switch holds. The operator has the first two, a team the last two."""

    INSTALLATION = "installation"
    PLAN = "plan"
    TEAM = "team"
    CAMPAIGN = "campaign"


REASONS: dict[Scope, Text] = {
    Scope.INSTALLATION: "The operator has switched this plugin off.",
    Scope.PLAN: "Your plan does not include this plugin.",
    Scope.TEAM: "Your team has switched this plugin off.",
    Scope.CAMPAIGN: "This plugin is switched off in this campaign.",
}

#: The few columns of a table that a room above owns.
_team = table("team", column("id"), column("plan"))


def _off() -> Select[Any]:
    """Make the statement once: every call of a plugin runs it."""
    plan = select(_team.c.plan).where(_team.c.id == bindparam("number")).scalar_subquery()
    return select(switch.c.scope).where(
        switch.c.plugin == bindparam("plugin"),
        switch.c.on.is_(False),
        or_(
            switch.c.scope == Scope.INSTALLATION,
            and_(switch.c.scope == Scope.PLAN, switch.c.scope_id == plan),
            and_(switch.c.scope == Scope.TEAM, switch.c.scope_id == bindparam("team")),
            and_(switch.c.scope == Scope.CAMPAIGN, switch.c.scope_id == bindparam("campaign")),
        ),
    )


_OFF = _off()


class Switch(BaseModel):
    """One switch that somebody has set; a plugin without any is on."""

    model_config = ConfigDict(frozen=True)

    scope: Scope
    scope_id: str
    plugin: str
    on: bool


def off_reason(
    conn: Connection, plugin: str, team_id: int = 0, campaign_id: int | None = None
) -> Text | None:
    """Give the widest switch that is off, as a sentence; None when the plugin is on."""
    given = {
        "plugin": plugin,
        "number": team_id,
        "team": str(team_id),
        "campaign": "" if campaign_id is None else str(campaign_id),
    }
    off = set(conn.execute(_OFF, given).scalars())
    return next((REASONS[scope] for scope in Scope if scope in off), None)


def is_on(conn: Connection, plugin: str, team_id: int = 0, campaign_id: int | None = None) -> bool:
    """Tell whether every switch that concerns this team and campaign is on."""
    return off_reason(conn, plugin, team_id, campaign_id) is None


def turn(conn: Connection, scope: Scope, scope_id: str, plugin: str, *, on: bool | None) -> None:
    """Set a switch; ``on=None`` takes it away, which leaves the plugin on. Idempotent.

    The caller writes the audit record.
    """
    here = (switch.c.scope == scope, switch.c.scope_id == scope_id, switch.c.plugin == plugin)
    conn.execute(delete(switch).where(*here))
    if on is not None:
        conn.execute(switch.insert().values(scope=scope, scope_id=scope_id, plugin=plugin, on=on))


def listed(conn: Connection, plugin: str | None = None) -> list[Switch]:
    """Give every switch that somebody has set, of one plugin or all."""
    wanted = select(switch).order_by(switch.c.plugin, switch.c.scope, switch.c.scope_id)
    if plugin is not None:
        wanted = wanted.where(switch.c.plugin == plugin)
    return [Switch(**row) for row in conn.execute(wanted).mappings()]
