"""Taking out what a team wrote down about reaching a person."""

from sqlalchemy import Connection

from tombola.db.sets import members
from tombola.entrants.erasing import Doomed
from tombola.people.models import contact_attempt


def erase(conn: Connection, doomed: Doomed) -> None:
    """Delete the attempts. Idempotent."""
    conn.execute(
        contact_attempt.delete().where(
            contact_attempt.c.team_id == doomed.team_id,
            members(conn, contact_attempt.c.entrant_id, doomed.entrants),
        )
    )
