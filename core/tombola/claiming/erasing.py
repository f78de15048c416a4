"""Taking a person's claims out, and what they have shown to be theirs."""

from sqlalchemy import Connection

from tombola.claiming.models import claim, owned
from tombola.db.sets import members
from tombola.entrants.erasing import Doomed


def erase(conn: Connection, doomed: Doomed) -> None:
    """Delete their claims, decided or not. Idempotent."""
    for table, column, ids in (
        (claim, claim.c.entrant_id, doomed.entrants),
        (owned, owned.c.identity_id, doomed.identities),
    ):
        conn.execute(
            table.delete().where(table.c.team_id == doomed.team_id, members(conn, column, ids))
        )
