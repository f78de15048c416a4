"""What a team does with its connected accounts: see them, check them, disconnect them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, select

from tombola.api import (
    Account,
    Connector,
    FetchError,
    HttpError,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Text,
)
from tombola.connections.models import connection
from tombola.connections.rules import USABLE, ConnectionState, text_of
from tombola.connections.store import opened, sealed
from tombola.db.rows import first
from tombola.db.sets import members
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.models import task
from tombola.queue.rules import State
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: The kind of duty that checks one connection.
CHECK = "connection_check"
#: How long a connector may take to say goodbye to an account.
LEAVE = timedelta(seconds=10)


class Connected(BaseModel):
    """A connected account as pages see it; never its secrets.

    Attributes:
        title_of: the connector's title; its key when nobody offers it any more.
        reason: why it does not work, or what the last check complained about.
        checking: a check of it is due or running.
        told_at: when the members were told that it is broken.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    id: int
    uid: str
    connector: str
    title_of: Text
    account_uid: str
    kind: str
    title: str
    handle: str | None
    state: ConnectionState
    reason: Text | None
    checking: bool
    created_at: datetime
    checked_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Way:
    """A connector as pages offer it; ``why_not`` None: a member can connect now."""

    key: str
    title: Text
    why_not: Text | None


def listing(inst: Installation, actor: Actor) -> list[Connected]:
    """The team's connected accounts, by title."""
    mine = (connection.c.team_id == actor.team_id, connection.c.state != ConnectionState.LEFT)
    with inst.db.read() as conn:
        rows = conn.execute(select(connection).where(*mine).order_by(connection.c.title))
        return [_connected(conn, inst, row) for row in rows.mappings().all()]


def get(inst: Installation, actor: Actor, uid: str) -> Connected:
    """One connected account of the team. Raises NotFound."""
    with inst.db.read() as conn:
        return _connected(conn, inst, _row(conn, actor, uid))


def ways(inst: Installation, actor: Actor) -> list[Way]:
    """Every connector with why it cannot be used now, by title."""
    found = [
        Way(each.key, each.title, why_unready(inst, actor, each))
        for each in inst.plugins.connectors()
    ]
    return sorted(found, key=lambda way: str(way.title))


def why_unready(inst: Installation, actor: Actor, each: Connector) -> Text | None:
    """Say why a team cannot connect with it now; None when it can."""
    away = inst.plugins.why_not(each.key, actor)
    if away is not None:
        return away
    try:
        ready = inst.plugins.call(each.key, actor, "ready", lambda ctx: bool(each.ready(ctx)))
    except (PluginFailed, PluginUnavailable) as failed:
        return str(failed)
    return None if ready else each.needs


def connector_of(inst: Installation, key: str) -> Connector:
    """A connector by its key. Raises NotFound."""
    found = inst.plugins.connector(key)
    if found is None:
        raise NotFound("This way to connect accounts is not there.")
    return found


def check_now(inst: Installation, actor: Actor, uid: str) -> None:
    """Ask for a check at once. Raises NotFound."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = _row(conn, actor, uid)
        tasks.put(conn, CHECK, str(row["id"]), now, team_id=actor.team_id)
        audit(conn, actor, "account.check_asked", uid, {"title": row["title"]}, now)
    inst.bell.ring(CHECK)


def disconnect(inst: Installation, actor: Actor, uid: str) -> str:
    """Forget a connected account's tokens; what uses it stops until it is connected again.

    Returns:
        Its title.
    """
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        row = _row(conn, actor, uid)
        shared = _is_shared(conn, inst, row)
    if not shared:
        _say_goodbye(inst, actor, row)
    now = inst.clock()
    with inst.db.write() as conn:
        row = _row(conn, actor, uid)
        bare = Account(row["account_uid"], row["title"], row["kind"])
        conn.execute(
            connection.update()
            .where(connection.c.id == row["id"])
            .values(
                state=ConnectionState.LEFT,
                sealed=sealed(inst.vault, actor.team_id, uid, bare),
                facts={},
                reason=None,
                renewed_at=now,
            )
        )
        tasks.drop(conn, CHECK, [str(row["id"])])
        detail = {"connector": row["connector"], "title": row["title"]}
        audit(conn, actor, "account.disconnected", uid, detail, now)
    return str(row["title"])


def id_of_account(
    conn: Connection, inst: Installation, team_id: int, key: str, account_uid: str
) -> int | None:
    """The row of a team's usable connection of an account; None when there is none."""
    return conn.execute(
        select(connection.c.id).where(
            connection.c.team_id == team_id,
            connection.c.connector.in_(inst.plugins.connector_keys(key)),
            connection.c.account_uid == account_uid,
            connection.c.state.in_([each.value for each in USABLE]),
        )
    ).scalar()


def choices(inst: Installation, actor: Actor, key: str) -> list[tuple[str, str]]:
    """The team's usable accounts of a connector for a form: (uid, words)."""
    keys = set(inst.plugins.connector_keys(key))
    usable = [each for each in listing(inst, actor) if each.connector in keys]
    return [(each.account_uid, _named(each)) for each in usable if each.state in USABLE]


def _named(account: Connected) -> str:
    """An account by its title, and by its name there where the title does not say it."""
    name = f"@{account.handle}"
    return (
        account.title
        if not account.handle or name in account.title
        else f"{account.title} ({name})"
    )


def connected_among(
    conn: Connection, inst: Installation, named: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those accounts, as (connector, uid), that some team has connected, broken ones included."""
    found: set[tuple[str, str]] = set()
    for connector in sorted({key for key, _ in named}):
        uids = [uid for key, uid in named if key == connector]
        known = select(connection.c.account_uid).where(
            connection.c.connector.in_(inst.plugins.connector_keys(connector)),
            members(conn, connection.c.account_uid, uids),
            connection.c.state != ConnectionState.LEFT,
        )
        found |= {(connector, uid) for uid in conn.execute(known).scalars()}
    return found


def title_of(inst: Installation, key: str) -> Text:
    """A connector's title; its key when nobody offers it any more."""
    found = inst.plugins.connector(key)
    return found.title if found is not None else key


def _connected(conn: Connection, inst: Installation, row: RowMapping) -> Connected:
    due = (task.c.kind == CHECK, task.c.key == str(row["id"]), task.c.due_at <= inst.clock())
    waiting = task.c.state.in_([State.READY, State.RUNNING])
    checking = conn.execute(select(task.c.id).where(*due, waiting)).first() is not None
    names = set(Connected.model_fields) - {"title_of", "reason", "checking"}
    return Connected(
        **{name: row[name] for name in names},
        title_of=title_of(inst, row["connector"]),
        reason=text_of(row["reason"]),
        checking=checking,
    )


def _row(conn: Connection, actor: Actor, uid: str) -> RowMapping:
    mine = (connection.c.uid == uid, connection.c.team_id == actor.team_id)
    row = first(conn, select(connection).where(*mine))
    if row is None or row["state"] == ConnectionState.LEFT:
        raise NotFound("There is no such connected account.")
    return row


def _is_shared(conn: Connection, inst: Installation, row: RowMapping) -> bool:
    others = select(connection.c.id).where(
        connection.c.connector.in_(inst.plugins.connector_keys(row["connector"])),
        connection.c.account_uid == row["account_uid"],
        connection.c.id != row["id"],
        connection.c.state != ConnectionState.LEFT,
    )
    return conn.execute(others.limit(1)).first() is not None


def _say_goodbye(inst: Installation, actor: Actor, row: RowMapping) -> None:
    """Let the plugin undo what it set up at the network, as far as that is possible."""
    known = inst.plugins.connector(row["connector"])
    if known is None:
        return
    account = opened(inst.vault, row)
    try:
        inst.plugins.call(
            known.key,
            actor,
            "leave",
            lambda ctx: known.leave(ctx, account),
            deadline=LEAVE,
            passes=(FetchError, HttpError),
        )
    except (FetchError, HttpError, PluginFailed, PluginUnavailable):
        return
