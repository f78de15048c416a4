"""Taking a person out of the ledger: entries count as before, and say nothing of anybody."""

from sqlalchemy import Connection, Text, cast, literal, or_

from tombola.db.sets import members
from tombola.entrants.erasing import ERASED, Doomed
from tombola.entries.models import bulk_act, entry, saved_view

#: A shorter word names nobody in particular.
LEAST = 4


def erase(conn: Connection, doomed: Doomed) -> None:
    """Empty what entries say, and the filters that name them; acts' that are over. Idempotent.

    State, worth, times and place in an interval stay, and so do all totals.
    """
    mine = entry.c.team_id == doomed.team_id
    conn.execute(
        entry.update()
        .where(mine, members(conn, entry.c.entrant_id, doomed.entrants))
        .values(key=literal(ERASED).concat(entry.c.uid), details={}, alike=None, reason=None)
    )
    if doomed.emails or doomed.words:
        over = (bulk_act.c.team_id == doomed.team_id, bulk_act.c.finished_at.is_not(None))
        conn.execute(bulk_act.update().where(*over).values(wanted={}))
    asked = cast(saved_view.c.wanted, Text)
    names = [each for each in (*doomed.emails, *doomed.words) if len(each) >= LEAST]
    naming = [asked.contains(name, autoescape=True) for name in names]
    if naming:
        views = (saved_view.c.team_id == doomed.team_id, or_(*naming))
        conn.execute(saved_view.delete().where(*views))
