"""How a connection comes to stand: broken and told once, or whole again."""

from datetime import datetime

import structlog
from sqlalchemy import Connection, RowMapping, select

from tombola.api import Phrase, Text, render
from tombola.connections.models import connection
from tombola.connections.rules import USABLE, ConnectionState, text_document, text_of
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.queue import tasks
from tombola.teams.telling import tell

log = structlog.get_logger("tombola.connections")

#: What mails about a broken connection are for.
PURPOSE = "reconnect"


def why_not(conn: Connection, connection_id: int) -> Text | None:
    """Say why what uses a connection has to wait for a member; None while it may go on."""
    row = first(conn, select(connection).where(connection.c.id == connection_id))
    if row is None or row["state"] == ConnectionState.LEFT:
        title = row["title"] if row is not None else "?"
        return Phrase(
            "The account “%(title)s” was disconnected. Connect it again, or choose another one.",
            {"title": title},
        )
    if row["state"] != ConnectionState.BROKEN:
        return None
    said = text_of(row["reason"])
    return Phrase(
        "The account “%(title)s” has to be reconnected: %(said)s",
        {"title": row["title"], "said": render(said) if said else ""},
    )


def break_(
    conn: Connection,
    inst: Installation,
    connection_id: int,
    said: Text,
    *,
    since: datetime,
    now: datetime,
) -> bool:
    """Mark a connection broken and write to the team's owners and editors, once.

    Idempotent: one that is broken or left already stays as it is. So does one whose secrets were
    renewed after ``since``, since what was said is about the old ones.

    Args:
        conn: The transaction of whoever found out.
        inst: The installation.
        connection_id: Its row.
        said: What the network says, for the team.
        since: When the call began that found out.
        now: The moment.

    Returns:
        True when it has become broken now. The caller rings the bell of ``MAIL`` after the commit.
    """
    changed = conn.execute(
        connection.update()
        .where(
            connection.c.id == connection_id,
            connection.c.state.in_([each.value for each in USABLE]),
            connection.c.renewed_at <= since,
        )
        .values(
            state=ConnectionState.BROKEN,
            reason=text_document(said),
            told_at=now if mail.is_on(inst) else None,
        )
        .returning(*connection.c)
    )
    row = changed.mappings().first()
    if row is None:
        return False
    log.warning("connection_broken", connection=connection_id, team=row["team_id"])
    _write_to_members(conn, inst, row, said, now)
    return True


def mend(conn: Connection, row: RowMapping, complaint: Text | None, now: datetime) -> None:
    """Let a connection work (again), with a complaint or without; what waited for it goes on.

    ``row`` is as it stood when the check began: one that has broken since stays broken.
    """
    state = ConnectionState.WORKS if complaint is None else ConnectionState.COMPLAINS
    still = (connection.c.id == row["id"], connection.c.state == row["state"])
    changed = conn.execute(
        connection.update()
        .where(*still)
        .values(state=state, reason=text_document(complaint), checked_at=now, told_at=None)
    )
    if changed.rowcount and row["state"] == ConnectionState.BROKEN:
        tasks.wake(conn, row["team_id"], now)


def _write_to_members(
    conn: Connection, inst: Installation, row: RowMapping, said: Text, now: datetime
) -> None:
    words = {"title": row["title"], "said": render(said)}
    subject = Phrase("“%(title)s” has to be reconnected", words)
    key = f"{row['uid']} {now.isoformat()}"
    tell(conn, inst, row["team_id"], PURPOSE, key, subject, Phrase(_TEXT, words), now)


_TEXT = """Hello %(name)s,

the connected account “%(title)s” does not work any more:

%(said)s

What reads or writes with it has stopped, and goes on where it stood once somebody of your team
has reconnected it:

%(home)s/accounts

You get this mail once."""
