"""What a campaign's own page says of its draws: published winners, and the reader's own proof."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import Connection, select

from tombola.db.rows import first
from tombola.draws import proofs, showing
from tombola.draws.models import exclusion, pool
from tombola.draws.showing import Shown
from tombola.draws.types import Draw
from tombola.installation import Installation
from tombola.widget.outcomes import Outcome

#: Draws that the page tells of, the newest first, and names of one prize; the draws' own pages
#: have them all.
DRAWS = 3
NAMES = 100


def outcomes(inst: Installation, campaign_id: int, entrant_id: int | None) -> Sequence[Outcome]:
    """Published draws of a campaign, with an entrant's private links to those they were in.

    The page is what most people open once winners are told: few short reads, no path of a proof.
    """
    with inst.db.read() as conn:
        told = showing.published(conn, campaign_id, DRAWS)
        return [_outcome(conn, of, places, entrant_id) for of, places in told]


def _outcome(
    conn: Connection, of: Draw, places: Sequence[Shown], entrant_id: int | None
) -> Outcome:
    prizes: dict[str, list[str]] = {}
    for one in places:
        prizes.setdefault(one.prize, []).append(one.name)
    mine, weight = _mine(conn, of, entrant_id) if entrant_id is not None else ("", 0)
    return Outcome(
        href=url_for("draws_public.result", number=of.number),
        prizes=[(title, names[:NAMES], len(names[NAMES:])) for title, names in prizes.items()],
        mine=mine,
        weight=weight,
        total=of.total or 0,
    )


def _mine(conn: Connection, of: Draw, entrant_id: int) -> tuple[str, int]:
    """The address of somebody's proof, "" without one; and their tickets, 0 when left out."""
    for table in (pool, exclusion):
        query = select(table).where(
            table.c.draw_id == of.id, table.c.entrant_id == entrant_id, table.c.salt.is_not(None)
        )
        row = first(conn, query)
        if row is not None:
            token = proofs.token_of(row["tag"], row["salt"])
            link = url_for("draws_public.receipt", number=of.number, token=token)
            return link, row["weight"] if table is pool else 0
    return "", 0
