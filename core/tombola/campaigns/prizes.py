"""Prizes of a campaign, in their order: what is drawn in a competition, or claimed in a reward."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, func, select

from tombola.api import NotFound
from tombola.campaigns.models import prize
from tombola.campaigns.rules import MOST_REQUIRED, Prose, Title, reordered
from tombola.campaigns.service import of_team, touch
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: Winners of one prize, and pieces of a limited reward, at most.
MOST_WINNERS = 10_000
MOST_STOCK = 10_000_000


class Delivery(StrEnum):
    """How a prize comes to whoever has it."""

    #: A code of their own, from a list that the team gives.
    CODE = "code"
    #: The same words for everybody, such as a link or where to go.
    TEXT = "text"
    #: The team writes to them.
    CONTACT = "contact"


class PrizeForm(BaseModel):
    """What a team says of a prize."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Title
    description: Prose = ""
    winners: Annotated[int, Field(ge=1, le=MOST_WINNERS)] = 1
    stock: Annotated[int, Field(ge=0, le=MOST_STOCK)] | None = None
    needs: Annotated[int, Field(ge=0, le=MOST_REQUIRED)] = 0
    delivery: Delivery = Delivery.CONTACT
    delivery_text: Prose = ""

    @model_validator(mode="after")
    def says_what_it_delivers(self) -> Self:
        """Refuse a text that is shown to everybody and empty."""
        if self.delivery is Delivery.TEXT and not self.delivery_text:
            said = "Write what people get to see."
            raise PydanticCustomError("text_missing", said, {"field": "delivery_text"})
        return self


class Prize(BaseModel):
    """A prize as pages and callers see it.

    Attributes:
        winners: Of a competition: how many are drawn.
        stock: Of a reward: how many can be claimed; None for no limit of its own. With codes,
            the number of free codes is a limit, too.
        claimed: Of a reward: how many are claimed.
        needs: Of a reward: different actions done before it unlocks; 0: the mandatory ones alone.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    team_id: int
    campaign_id: int
    title: str
    description: str
    winners: int
    stock: int | None
    claimed: int
    needs: int
    delivery: Delivery
    delivery_text: str
    position: int
    created_at: datetime


def of_campaign(conn: Connection, campaign_id: int) -> list[Prize]:
    """A campaign's prizes in their order, without the removed ones."""
    rows = conn.execute(
        select(prize)
        .where(prize.c.campaign_id == campaign_id, prize.c.removed_at.is_(None))
        .order_by(prize.c.position, prize.c.id)
    ).mappings()
    return [Prize.model_validate(row) for row in rows]


def one(conn: Connection, campaign_id: int, uid: str) -> Prize:
    """One prize of a campaign. Raises NotFound."""
    row = first(
        conn,
        select(prize).where(
            prize.c.campaign_id == campaign_id,
            prize.c.uid == uid,
            prize.c.removed_at.is_(None),
        ),
    )
    if row is None:
        raise NotFound("There is no such prize.")
    return Prize.model_validate(row)


def listing(inst: Installation, actor: Actor, campaign_uid: str) -> list[Prize]:
    """The prizes of a campaign of the actor's team, in their order. Raises NotFound."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        return of_campaign(conn, of_team(conn, actor, campaign_uid).id)


def add(inst: Installation, actor: Actor, campaign_uid: str, form: PrizeForm) -> Prize:
    """Add a prize at the end of a campaign. Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        touch(conn, actor, found, now)
        return put(conn, actor, found.id, form, now)


def put(conn: Connection, actor: Actor, campaign_id: int, form: PrizeForm, now: datetime) -> Prize:
    """The same as ``add`` for callers that hold a transaction and have found the campaign."""
    last = conn.execute(
        select(func.max(prize.c.position)).where(prize.c.campaign_id == campaign_id)
    ).scalar()
    uid = new_uid(now)
    insert_one(
        conn, prize, uid=uid, team_id=actor.team_id, campaign_id=campaign_id, claimed=0,
        position=(last or 0) + 1, created_at=now, **_values(form),
    )  # fmt: skip
    audit(conn, actor, "prize.added", uid, {"title": form.title}, now)
    return one(conn, campaign_id, uid)


def change(inst: Installation, actor: Actor, campaign_uid: str, uid: str, form: PrizeForm) -> Prize:
    """Change a prize; what is claimed already stays claimed. Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        before = one(conn, found.id, uid)
        values = _values(form)
        changed = {name: value for name, value in values.items() if getattr(before, name) != value}
        if not changed:
            return before
        mine = (prize.c.id == before.id, prize.c.team_id == actor.team_id)
        conn.execute(prize.update().where(*mine).values(**changed))
        detail = {name: [str(getattr(before, name)), str(value)] for name, value in changed.items()}
        touch(conn, actor, found, now)
        audit(conn, actor, "prize.changed", uid, detail, now)
        return one(conn, found.id, uid)


def remove(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> None:
    """Take a prize out of a campaign; who has it keeps it. Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        gone = one(conn, found.id, uid)
        conn.execute(prize.update().where(prize.c.id == gone.id).values(removed_at=now))
        touch(conn, actor, found, now)
        audit(conn, actor, "prize.removed", uid, {"title": gone.title}, now)


def move(inst: Installation, actor: Actor, campaign_uid: str, uid: str, step: int) -> None:
    """Move a prize one place up (-1) or down (1); at an end it stays. Raises NotFound."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        moved = one(conn, found.id, uid)
        ids = [each.id for each in of_campaign(conn, found.id)]
        for position, number in enumerate(reordered(ids, moved.id, step), 1):
            conn.execute(prize.update().where(prize.c.id == number).values(position=position))
        touch(conn, actor, found, now)
        audit(conn, actor, "prize.moved", uid, {"step": step}, now)


def _values(form: PrizeForm) -> dict[str, object]:
    return form.model_dump() | {"delivery": form.delivery.value}
