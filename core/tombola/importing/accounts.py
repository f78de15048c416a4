"""Which of a team's connected accounts a source reads with, and what follows when one breaks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from tombola.api import (
    CredentialExpired,
    FetchError,
    Importer,
    Invalid,
    Lane,
    PermissionLost,
    Phrase,
    SourceConfig,
    Text,
)
from tombola.connections import service as connections
from tombola.connections import states
from tombola.connections.models import connection
from tombola.connections.offering import FIELD
from tombola.connections.rules import USABLE
from tombola.importing.models import lane, source
from tombola.importing.states import SourceState
from tombola.importing.work import IMPORT, Work, task_key
from tombola.installation import Installation
from tombola.queue import tasks

#: What says that a connection, and not only this call, is of no use any more.
LOST = (CredentialExpired, PermissionLost)


def chosen(
    conn: Connection,
    inst: Installation,
    team_id: int,
    importer: Importer[Any, Any],
    config: SourceConfig,
) -> int | None:
    """The connection of the account that a configuration names; None where none is needed.

    Raises:
        Invalid: The team has not connected it, or it has to be reconnected.
    """
    if importer.connection is None:
        return None
    uid = str(getattr(config, FIELD))
    found = connections.id_of_account(conn, inst, team_id, importer.connection, uid)
    if found is None:
        says = (
            "This account is not connected, or has to be reconnected. See “Connected accounts”."
            if uid
            else "Choose an account. New ones are connected under “Connected accounts”."
        )
        raise Invalid({f"config.{FIELD}": says})
    return found


def why_not(
    conn: Connection, importer: Importer[Any, Any], connection_id: int | None
) -> Text | None:
    """Say why a source has to wait for a member to mend its account; None when it need not."""
    if importer.connection is None:
        return None
    if connection_id is None:
        return Phrase("Choose in the source's settings which account it reads with.")
    return states.why_not(conn, connection_id)


def lost(
    conn: Connection,
    inst: Installation,
    work: Work,
    error: FetchError,
    *,
    since: datetime,
    now: datetime,
) -> Text | None:
    """Mark the connection broken when an error says so; members are told once.

    Returns:
        Why the source waits now; None when the error says nothing of the connection, or something
        of secrets that were renewed meanwhile. The caller rings ``MAIL`` after the commit.
    """
    if not isinstance(error, LOST) or work.connection_id is None:
        return None
    states.break_(conn, inst, work.connection_id, str(error), since=since, now=now)
    return states.why_not(conn, work.connection_id)


def counted(conn: Connection, team_id: int) -> Mapping[int, int]:
    """How many of a team's sources read with each connection; paused ones included."""
    mine = (source.c.team_id == team_id, source.c.removed_at.is_(None))
    rows = conn.execute(
        select(source.c.connection_id, func.count())
        .where(*mine, source.c.connection_id.is_not(None))
        .group_by(source.c.connection_id)
    )
    return {row[0]: row[1] for row in rows}


def wake(inst: Installation, team_id: int) -> None:
    """Let sources whose account works again go on at once, where they stood."""
    now = inst.clock()
    whole = select(connection.c.id).where(
        connection.c.team_id == team_id,
        connection.c.state.in_([each.value for each in USABLE]),
    )
    waiting = (
        source.c.team_id == team_id,
        source.c.connection_id.in_(whole),
        source.c.removed_at.is_(None),
        source.c.state == SourceState.RECONNECT,
    )
    open_lanes = (
        select(lane.c.source_id, lane.c.lane)
        .join(source, source.c.id == lane.c.source_id)
        .where(*waiting, lane.c.finished_at.is_(None))
    )
    with inst.db.write() as conn:
        lanes = conn.execute(open_lanes).all()
        well: dict[str, Any] = {"state": SourceState.ACTIVE, "reason": None, "detail": {}}
        conn.execute(update(source).where(*waiting).values(**well))
        for source_id, name in lanes:
            payload = {"source": source_id, "lane": name}
            key = task_key(source_id, Lane(name))
            tasks.put(conn, IMPORT, key, now, team_id=team_id, payload=payload)
    inst.bell.ring(IMPORT)
