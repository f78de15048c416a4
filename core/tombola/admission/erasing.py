"""What goes when a person is erased: everything they said of themselves, and what they ticked."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from tombola.admission.models import agreement, statement
from tombola.db.sets import members
from tombola.entrants.models import identity


def erase(conn: Connection, team_id: int, entrant_ids: Collection[int]) -> int:
    """Delete the statements and agreements of people's identities. Idempotent.

    Call it while the identities still count for these entrants. Returns the rows that are gone.
    """
    theirs = select(identity.c.id).where(
        identity.c.team_id == team_id,
        members(conn, identity.c.entrant_id, sorted(entrant_ids)),
    )
    gone = 0
    for table in (statement, agreement):
        mine = (table.c.team_id == team_id, table.c.identity_id.in_(theirs))
        gone += conn.execute(table.delete().where(*mine)).rowcount
    return gone
