"""What listening plugins are told about draws, read when they are told."""

from sqlalchemy import Connection, RowMapping, select

from tombola.api import WinnerView
from tombola.campaigns import service as campaigns
from tombola.db.rows import first
from tombola.draws import rules
from tombola.draws.models import draw, winner
from tombola.draws.types import DrawForm
from tombola.entrants.models import entrant
from tombola.outbox.jobs import Told


def winner_drawn(conn: Connection, row: RowMapping) -> Told:
    """For ``on_winner_drawn``; nothing when the draw was declared void or the person erased."""
    found = first(
        conn,
        select(
            winner.c.rank,
            winner.c.prize,
            winner.c.passed_at,
            entrant.c.uid.label("entrant_uid"),
            draw.c.number,
            draw.c.state,
            draw.c.form,
            draw.c.campaign_id,
        )
        .join(draw, draw.c.id == winner.c.draw_id)
        .join(entrant, entrant.c.id == winner.c.entrant_id)
        .where(winner.c.id == row["payload"]["winner"], entrant.c.erased_at.is_(None)),
    )
    if found is None or found["state"] not in rules.COUNTS or found["passed_at"] is not None:
        return Told(None)
    form = DrawForm.model_validate(found["form"])
    shown = WinnerView(
        draw=found["number"],
        rank=found["rank"],
        entrant_id=found["entrant_uid"],
        prize=form.prizes[found["prize"] - 1].title,
        backup=rules.prize_of(form, found["rank"]) is None,
    )
    campaign = campaigns.view(conn, campaigns.ever(conn, found["campaign_id"]))
    return Told({"winner": shown, "campaign": campaign})


READERS = {"winner_drawn": winner_drawn}
