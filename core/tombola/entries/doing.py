"""Which actions somebody has done, by the ledger, and who has done enough of them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

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


def has_done(
    campaign_id: int, entrant_id: ColumnElement[Any], required: int
) -> ColumnElement[bool]:
    """The condition that an entrant has done so many different actions of a campaign.

    For queries over many entrants, such as the pool of a draw: entries of those who have done
    fewer than the campaign's ``actions_required`` cannot win.
    """
    several = entry.alias("several")
    counted = (
        select(func.count(several.c.action_id.distinct()))
        .where(
            several.c.campaign_id == campaign_id,
            several.c.entrant_id == entrant_id,
            several.c.state.in_(DOING),
        )
        .scalar_subquery()
    )
    return counted >= required
