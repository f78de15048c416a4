"""Taking a person out of draws: salts and references go, tags stay, and the proofs still hold.

A tag without its salt says nothing about anybody.
"""

from collections.abc import Collection

from sqlalchemy import Connection, select

from tombola.db.sets import members
from tombola.draws.models import (
    draw,
    exclusion,
    pool,
    pool_block,
    winner,
    witness,
)
from tombola.draws.store import DRAW, key
from tombola.queue import tasks


def erase(conn: Connection, entrant_ids: Collection[int]) -> None:
    """Forget which tags were these people's. Idempotent."""
    ids = sorted(set(entrant_ids))
    for table in (pool, exclusion):
        mine = members(conn, table.c.entrant_id, ids)
        conn.execute(table.update().where(mine).values(entrant_id=None, salt=None))
    mine = members(conn, winner.c.entrant_id, ids)
    conn.execute(winner.update().where(mine).values(entrant_id=None))


def drop(conn: Connection, campaign_id: int) -> None:
    """Take away a campaign's draws with everything about them; the log's records stay.

    The log holds no words of a team, so that nothing in it has to go.
    """
    ids = list(conn.execute(select(draw.c.id).where(draw.c.campaign_id == campaign_id)).scalars())
    tasks.drop(conn, DRAW, map(key, ids))
    for table in (pool, pool_block, exclusion, winner, witness):
        conn.execute(table.delete().where(members(conn, table.c.draw_id, ids)))
    conn.execute(draw.delete().where(members(conn, draw.c.id, ids)))
