"""Taking a person's browsers out, and what their pages pushed."""

from sqlalchemy import Connection, select

from tombola.db.sets import members
from tombola.entrants.erasing import Doomed
from tombola.entrants.models import code, identity
from tombola.entrants.service import VISITOR
from tombola.widget.models import event, visitor


def erase(conn: Connection, doomed: Doomed) -> None:
    """Delete their browsers and events: a browser that comes back is a stranger. Idempotent."""
    team_id = doomed.team_id
    theirs = set(
        conn.execute(
            select(visitor.c.id).where(
                visitor.c.team_id == team_id,
                members(conn, visitor.c.entrant_id, doomed.entrants),
            )
        ).scalars()
    )
    values = conn.execute(
        select(identity.c.value).where(
            identity.c.team_id == team_id,
            identity.c.kind == VISITOR,
            members(conn, identity.c.id, doomed.identities),
        )
    ).scalars()
    theirs |= {int(value) for value in values if value.isdigit()}
    ids = sorted(theirs)
    for table in (event, code):
        conn.execute(
            table.delete().where(table.c.team_id == team_id, members(conn, table.c.visitor_id, ids))
        )
    conn.execute(
        visitor.update()
        .where(visitor.c.team_id == team_id, members(conn, visitor.c.stands_for_id, ids))
        .values(stands_for_id=None, link=None)
    )
    conn.execute(
        visitor.delete().where(visitor.c.team_id == team_id, members(conn, visitor.c.id, ids))
    )
