"""Who claimed what, as the team sees it: filtered, in pages, with what does not stand any more."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
)

from tombola.campaigns.models import campaign, prize
from tombola.campaigns.service import of_team
from tombola.entrants.models import entrant, identity
from tombola.entries.doing import DOING
from tombola.entries.models import entry
from tombola.installation import Installation
from tombola.rewards import codes
from tombola.rewards.models import reward_basis, reward_claim
from tombola.rewards.rules import State
from tombola.teams.models import member
from tombola.teams.rules import Actor, Role

#: Lines of one page.
PAGE = 50
#: Whose a claim is.
_WHOSE = identity.c.id == reward_claim.c.identity_id


class Filter(BaseModel):
    """Which claims.

    Attributes:
        prize: Uid of one prize; "" for all.
        state: One state; None for all.
        doubtful: Those alone whose entries do not reach any more for what was asked for.
    """

    model_config = ConfigDict(frozen=True)

    prize: str = ""
    state: State | None = None
    doubtful: bool = False


class Line(BaseModel):
    """One claim.

    Attributes:
        id: For the next page.
        entrant: Uid of who has it, for their page.
        code: None where there is none, or for a viewer.
        doubtful: Entries that it stands on were taken back since.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    uid: str
    prize: str
    delivery: str
    entrant: str
    name: str | None
    email: str | None
    erased: bool
    state: State
    code: str | None
    claimed_at: datetime
    shown_at: datetime | None
    delivered_at: datetime | None
    undone_at: datetime | None
    decided_by: str | None
    reason: str | None
    doubtful: bool


def page(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    wanted: Filter,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Line]:
    """Claims of a campaign, the newest first, those before a number; codes for editors alone."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        query = _lines().where(*_conditions(found.id, wanted))
        if before is not None:
            query = query.where(reward_claim.c.id < before)
        ordered = query.order_by(reward_claim.c.id.desc()).limit(limit)
        rows = conn.execute(ordered).mappings().all()
        return _read(conn, inst, actor, rows)


class Held(BaseModel):
    """A reward that one person has claimed, in any campaign of the team."""

    model_config = ConfigDict(frozen=True)

    prize: str
    campaign: str
    key: str
    state: State
    claimed_at: datetime


def of_person(conn: Connection, team_id: int, entrant_id: int) -> list[Held]:
    """What somebody has claimed, the newest first; of removed campaigns nothing."""
    rows = conn.execute(
        select(
            prize.c.title.label("prize"), campaign.c.title.label("campaign"), campaign.c.key,
            reward_claim.c.state, reward_claim.c.claimed_at,
        )
        .join(prize, prize.c.id == reward_claim.c.prize_id)
        .join(campaign, campaign.c.id == reward_claim.c.campaign_id)
        .join(identity, _WHOSE)
        .where(
            reward_claim.c.team_id == team_id,
            identity.c.entrant_id == entrant_id,
            campaign.c.removed_at.is_(None),
        )
        .order_by(reward_claim.c.id.desc())
    ).mappings()  # fmt: skip
    return [Held.model_validate(dict(row)) for row in rows]


def counts(inst: Installation, actor: Actor, campaign_uid: str) -> dict[str, int]:
    """How many claims stand where, by state. Doubtful ones are not counted: that reads them all."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        rows = conn.execute(
            select(reward_claim.c.state, func.count())
            .where(reward_claim.c.campaign_id == found.id)
            .group_by(reward_claim.c.state)
        )
        return {str(row[0]): int(row[1]) for row in rows}


def _lines() -> Select[tuple[object, ...]]:
    return (
        select(
            reward_claim,
            prize.c.title.label("prize"),
            prize.c.delivery,
            entrant.c.uid.label("entrant"),
            entrant.c.name,
            entrant.c.email,
            entrant.c.erased_at,
            member.c.name.label("member"),
            _is_doubtful().label("doubtful"),
        )
        .join(prize, prize.c.id == reward_claim.c.prize_id)
        .join(identity, _WHOSE)
        .join(entrant, entrant.c.id == identity.c.entrant_id)
        .outerjoin(member, member.c.id == reward_claim.c.decided_by)
    )


def _conditions(campaign_id: int, wanted: Filter) -> list[ColumnElement[bool]]:
    found = [reward_claim.c.campaign_id == campaign_id]
    if wanted.prize:
        one = select(prize.c.id).where(prize.c.uid == wanted.prize)
        found.append(reward_claim.c.prize_id.in_(one))
    if wanted.state is not None:
        found.append(reward_claim.c.state == wanted.state.value)
    if wanted.doubtful:
        found.append(_is_doubtful())
    return found


def _is_doubtful() -> ColumnElement[bool]:
    """Of what was done when it was claimed, too little stands today, or something mandatory not.

    Asked of the ledger each time, so that taking entries back and restoring them both show.
    """
    stands = (
        exists()
        .where(
            entry.c.action_id == reward_basis.c.action_id,
            entry.c.entrant_id == identity.c.entrant_id,
            entry.c.state.in_(DOING),
        )
        .correlate(reward_basis, identity)
    )
    mine = reward_basis.c.claim_id == reward_claim.c.id
    left = select(func.count()).select_from(reward_basis).where(mine, stands)
    too_few = left.correlate(reward_claim, identity).scalar_subquery() < reward_claim.c.needs
    lacks = exists().where(mine, reward_basis.c.mandatory, ~stands)
    lacks = lacks.correlate(reward_claim, identity)
    alive = reward_claim.c.state != State.UNDONE.value
    return and_(alive, or_(too_few, lacks))


def _read(
    conn: Connection, inst: Installation, actor: Actor, rows: Sequence[RowMapping]
) -> list[Line]:
    texts: dict[int, str] = {}
    numbers = [row["code_id"] for row in rows if row["code_id"] is not None]
    if numbers and actor.role.includes(Role.EDITOR):
        texts = codes.opened(conn, inst.vault, numbers)
    return [
        Line(
            **{name: row[name] for name in _PLAIN},
            code=texts.get(row["code_id"]),
            erased=row["erased_at"] is not None,
            decided_by=row["member"],
        )
        for row in rows
    ]


#: Columns that a line shows as they are.
_PLAIN = (
    *("id", "uid", "prize", "delivery", "entrant", "name", "email", "state", "doubtful"),
    *("claimed_at", "shown_at", "delivered_at", "undone_at", "reason"),
)
