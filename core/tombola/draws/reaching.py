"""The entry by which a winner is reached: the contact card belongs to one."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, func, select

from tombola.campaigns.service import Campaign
from tombola.db.sets import members
from tombola.entrants.models import entrant
from tombola.entries.models import entry


def entries_of(conn: Connection, of: Campaign, people: Iterable[str]) -> Mapping[str, str]:
    """Each person's newest entry in a campaign, by the person's public name.

    Args:
        conn: Any transaction.
        of: The campaign.
        people: Their public names; whoever has no entry any more is left out.
    """
    theirs = select(entrant.c.id).where(
        entrant.c.team_id == of.team_id, members(conn, entrant.c.uid, people)
    )
    newest = (
        select(func.max(entry.c.id))
        .where(entry.c.campaign_id == of.id, entry.c.entrant_id.in_(theirs))
        .group_by(entry.c.entrant_id)
    )
    rows = conn.execute(
        select(entrant.c.uid, entry.c.uid.label("entry"))
        .join(entry, entry.c.entrant_id == entrant.c.id)
        .where(entry.c.id.in_(newest))
    )
    return {row.uid: row.entry for row in rows}
