"""Taking a person out of draws: salts and references go, tags stay, and the proofs still hold.

A tag without its salt says nothing about anybody.
"""

from collections.abc import Collection

from sqlalchemy import Connection

from tombola.db.sets import members
from tombola.draws.models import exclusion, pool, winner


def erase(conn: Connection, entrant_ids: Collection[int]) -> None:
    """Forget which tags were these people's. Idempotent."""
    ids = sorted(set(entrant_ids))
    for table in (pool, exclusion):
        mine = members(conn, table.c.entrant_id, ids)
        conn.execute(table.update().where(mine).values(entrant_id=None, salt=None))
    mine = members(conn, winner.c.entrant_id, ids)
    conn.execute(winner.update().where(mine).values(entrant_id=None))
