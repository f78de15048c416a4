"""Somebody tells a network that we are to forget them: their account is cut loose everywhere."""

from datetime import datetime

from sqlalchemy import Connection, select

from tombola.db.rows import first
from tombola.entrants import service as entrants
from tombola.entrants.models import identity
from tombola.entrants.models import link as link_table
from tombola.entries.changes import Act
from tombola.entries.linking import unlink
from tombola.teams.audit import audit
from tombola.teams.rules import Actor


def disown(conn: Connection, provider: str, value: str, now: datetime) -> int:
    """Undo an account's links in every team, and forget its id, its names and its proof.

    Its entries stay, without anybody's name on them: a draw that counted them can still be
    recomputed. Whoever logs in with the account again is somebody new. Idempotent.

    Args:
        conn: A write transaction.
        provider: Key of the identity provider.
        value: The network's own id.
        now: The moment.

    Returns:
        How many teams knew the account.
    """
    known = select(identity.c.team_id, identity.c.id).where(
        identity.c.kind == provider, identity.c.value == value
    )
    rows = conn.execute(known.order_by(identity.c.id)).all()
    for team_id, identity_id in rows:
        _loosen(conn, team_id, identity_id, now)
    return len(rows)


def _loosen(conn: Connection, team_id: int, identity_id: int, now: datetime) -> None:
    actor = Actor.system(team_id)
    while (held := entrants.by_id(conn, team_id, identity_id)) is not None:
        newest = (
            select(link_table.c.id)
            .where(
                link_table.c.identity_id == identity_id,
                link_table.c.to_entrant_id == held.entrant_id,
                link_table.c.undone_at.is_(None),
            )
            .order_by(link_table.c.id.desc())
            .limit(1)
        )
        row = first(conn, newest)
        if row is None:
            entrants.forget(conn, held)
            audit(conn, actor, "identity.forgotten", held.uid, {}, now)
            return
        unlink(conn, row["id"], Act("unlink", actor, "", held.uid, now))
