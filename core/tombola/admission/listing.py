"""Everything that people have said to one campaign, a page at a time."""

from collections import defaultdict
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, and_, select

from tombola.admission.models import agreement, statement
from tombola.admission.rules import Answer
from tombola.db.sets import members
from tombola.entrants.models import entrant, identity

#: People of one page.
PAGE = 500


class Row(BaseModel):
    """What one person said. ``identity_id`` is where the next page goes on."""

    model_config = ConfigDict(frozen=True)

    identity_id: int
    person: str
    name: str | None
    email: str | None
    country: str | None
    age: int | None
    answers: list[Answer]
    agreed: list[str]
    at: datetime


def page(conn: Connection, campaign_id: int, after: int = 0) -> list[Row]:
    """Up to PAGE people in the order of their identities, those after a number."""
    same = and_(identity.c.team_id == statement.c.team_id, identity.c.id == statement.c.identity_id)
    rows = conn.execute(
        select(statement, entrant.c.uid, entrant.c.name, entrant.c.email)
        .join(identity, same)
        .join(entrant, entrant.c.id == identity.c.entrant_id)
        .where(statement.c.campaign_id == campaign_id, statement.c.identity_id > after)
        .order_by(statement.c.identity_id)
        .limit(PAGE)
    ).all()
    ticked = conn.execute(
        select(agreement.c.identity_id, agreement.c.wording)
        .where(agreement.c.campaign_id == campaign_id)
        .where(members(conn, agreement.c.identity_id, [row.identity_id for row in rows]))
        .order_by(agreement.c.id)
    )
    agreed: dict[int, list[str]] = defaultdict(list)
    for identity_id, wording in ticked:
        agreed[identity_id].append(wording)
    return [
        Row(
            identity_id=row.identity_id,
            person=row.uid,
            name=row.name,
            email=row.email,
            country=row.country,
            age=row.age,
            answers=[Answer.model_validate(each) for each in row.details],
            agreed=agreed[row.identity_id],
            at=row.at,
        )
        for row in rows
    ]
