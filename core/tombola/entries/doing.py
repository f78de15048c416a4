"""Which actions somebody has done, by the ledger, and who has done enough of them."""

from typing import Any

from sqlalchemy import Connection, Select, func, select

from tombola.entries.models import entry
from tombola.entries.rules import State

#: An entry in one of these states says that its action was done: taking it out of the pool does
#: not change what its person did.
DOING = (State.VALID.value, State.ARCHIVED.value)


def done(conn: Connection, campaign_id: int, entrant_id: int) -> set[int]:
    """The different actions of a campaign that an entrant has done, removed ones too."""
    rows = conn.execute(
        select(entry.c.action_id)
        .where(
            entry.c.campaign_id == campaign_id,
            entry.c.entrant_id == entrant_id,
            entry.c.state.in_(DOING),
        )
        .distinct()
    )
    return set(rows.scalars())


def too_few(campaign_id: int, needs: int) -> Select[Any]:
    """Who has done something in a campaign, and fewer different actions than it asks for.

    Entries of theirs cannot win: for the pool of a draw.
    """
    return (
        select(entry.c.entrant_id)
        .where(entry.c.campaign_id == campaign_id, entry.c.state.in_(DOING))
        .group_by(entry.c.entrant_id)
        .having(func.count(entry.c.action_id.distinct()) < needs)
    )
