"""Rows of draws as callers see them, and the few statements that several files share."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from tombola.api import NotFound
from tombola.campaigns.models import campaign
from tombola.db.rows import first
from tombola.draws.models import draw, draw_log
from tombola.draws.types import Draw, DrawForm, Progress, State
from tombola.fairness.hashing import sha256
from tombola.teams.rules import Actor

#: The kind of duty that brings a draw to its end.
DRAW = "draw"


def key(draw_id: int) -> str:
    """The name of a draw's duty."""
    return str(draw_id)


def row_of(conn: Connection, actor: Actor, uid: str, *, alone: bool = False) -> RowMapping:
    """A draw's row of the actor's team; ``alone`` holds it until the end. Raises NotFound."""
    mine = draw.c.team_id == actor.team_id
    return _one(conn, mine & (draw.c.uid == uid), alone=alone)


def row_by_id(conn: Connection, draw_id: int, *, alone: bool = False) -> RowMapping:
    """The same by number, for workers."""
    return _one(conn, draw.c.id == draw_id, alone=alone)


def row_by_uid(conn: Connection, uid: str) -> RowMapping:
    """The same by public name, for pages that everybody may open."""
    return _one(conn, draw.c.uid == uid)


def row_by_number(conn: Connection, number: int) -> RowMapping:
    """The same by its number in the log."""
    return _one(conn, draw.c.number == number)


def view(conn: Connection, row: RowMapping) -> Draw:
    """A draw as callers see it."""
    campaign_uid = conn.execute(
        select(campaign.c.uid).where(campaign.c.id == row["campaign_id"])
    ).scalar_one()
    said = row["commitment"]
    return Draw(
        campaign_uid=campaign_uid,
        state=State(row["state"]),
        form=DrawForm.model_validate(row["form"]),
        progress=Progress.model_validate(row["progress"]),
        commitment_hash=sha256(said.encode()).hex() if said else None,
        secret=row["revealed"].get("secret"),
        **{
            name: row[name]
            for name in (
                *("id", "uid", "team_id", "campaign_id", "number", "notes", "people", "total"),
                *("root", "ledger_head", "seed", "created_at", "closing_at", "frozen_at"),
                *(
                    "randomness_at",
                    "drawn_at",
                    "published_at",
                    "voided_at",
                    "void_reason",
                    "shown_names",
                ),
            )
        },
    )


def change(conn: Connection, draw_id: int, **values: Any) -> None:
    """Write columns of one draw."""
    conn.execute(draw.update().where(draw.c.id == draw_id).values(**values))


def log_end(conn: Connection, now: datetime) -> tuple[int, str, datetime]:
    """Number and hash of the log's last record, and a moment for the next: never before it."""
    last = conn.execute(
        select(draw_log.c.seq, draw_log.c.hash, draw_log.c.at)
        .order_by(draw_log.c.seq.desc())
        .limit(1)
    ).first()
    if last is None:
        return 0, "0" * 64, now
    return last.seq, last.hash, max(now, last.at)


def _one(conn: Connection, condition: ColumnElement[bool], *, alone: bool = False) -> RowMapping:
    query = select(draw).where(condition)
    row = first(conn, query.with_for_update() if alone else query)
    if row is None:
        raise NotFound("There is no such draw.")
    return row
