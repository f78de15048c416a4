"""Claims as a moderator sees them: post, claimant, what speaks for it, who else claims it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Select, func, select

from tombola.api import Identity
from tombola.campaigns.models import action, campaign
from tombola.campaigns.service import of_team
from tombola.claiming.models import claim
from tombola.claiming.rules import State
from tombola.db.sets import members
from tombola.entrants.models import entrant, identity
from tombola.entrants.service import ITEM, VISITOR
from tombola.importing.models import item, media
from tombola.installation import Installation
from tombola.teams.models import member
from tombola.teams.rules import Actor, Role

#: Lines that one page shows; the next ones come when these are decided.
PAGE = 50


class Person(BaseModel):
    """Somebody as a moderator sees them; ``accounts`` are proven ones."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    id: int
    uid: str
    name: str | None
    email: str | None
    is_person: bool
    accounts: list[Identity]


class Seen(BaseModel):
    """A post that is claimed, as it was imported."""

    model_config = ConfigDict(frozen=True)

    text: str
    permalink: str | None
    occurred_at: datetime | None
    picture: str | None
    picture_alt: str
    #: The entrant that it counts for, when that is a person.
    counts_for: Person | None


class Rival(BaseModel):
    """Somebody else's claim on the same post."""

    model_config = ConfigDict(frozen=True)

    uid: str
    who: Person
    state: State


class Line(BaseModel):
    """One claim. ``decided_by`` is a member's name; None where it was decided by itself."""

    model_config = ConfigDict(frozen=True)

    uid: str
    action: str
    permalink: str
    handle: str | None
    code: str
    state: State
    note: str
    reason: str | None
    created_at: datetime
    looked_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    who: Person
    post: Seen | None
    rivals: list[Rival]


#: Columns that a line shows as they are.
_PLAIN = (
    *("uid", "permalink", "handle", "code", "state", "note", "reason"),
    *("created_at", "looked_at", "decided_at"),
)


def page(
    inst: Installation, actor: Actor, campaign_uid: str, states: Collection[State]
) -> list[Line]:
    """The claims of a campaign in these states, at most ``PAGE``.

    Those that wait for somebody come in the order of their coming, decided ones newest first.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        mine = (claim.c.campaign_id == found.id, claim.c.state.in_([*states]))
        waits = State.PENDING in states or State.WAITING in states
        order = claim.c.id if waits else claim.c.id.desc()
        rows = conn.execute(select(claim).where(*mine).order_by(order).limit(PAGE)).mappings().all()
        return _lines(conn, actor.team_id, rows)


def counts(inst: Installation, actor: Actor, campaign_uid: str) -> dict[State, int]:
    """How many claims of a campaign stand where."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        rows = conn.execute(
            select(claim.c.state, func.count())
            .where(claim.c.campaign_id == found.id)
            .group_by(claim.c.state)
        )
        return {State(row[0]): row[1] for row in rows}


def pending(conn: Connection, team_id: int, key: str) -> int:
    """How many claims of the campaign with that key wait for a moderator; one statement."""
    counted: int = conn.execute(
        select(func.count())
        .select_from(claim)
        .join(campaign, campaign.c.id == claim.c.campaign_id)
        .where(
            campaign.c.key == key,
            campaign.c.team_id == team_id,
            claim.c.state == State.PENDING.value,
        )
    ).scalar_one()
    return counted


def people(conn: Connection, team_id: int, ids: Collection[int]) -> dict[int, Person]:
    """Entrants by number, with the accounts that they have proven."""
    wanted = sorted(set(ids))
    proven: dict[int, list[Identity]] = {}
    for row in conn.execute(
        select(identity).where(
            identity.c.team_id == team_id,
            members(conn, identity.c.entrant_id, wanted),
            identity.c.proven_at.is_not(None),
            identity.c.kind.not_in([ITEM, VISITOR]),
        )
    ):
        known = Identity(row.kind, row.value, row.handle, row.name)
        proven.setdefault(row.entrant_id, []).append(known)
    rows = conn.execute(
        select(entrant).where(entrant.c.team_id == team_id, members(conn, entrant.c.id, wanted))
    )
    return {
        row.id: Person(
            id=row.id,
            uid=row.uid,
            name=row.name,
            email=row.email,
            is_person=row.kind != ITEM,
            accounts=proven.get(row.id, []),
        )
        for row in rows
    }


def _lines(conn: Connection, team_id: int, rows: Sequence[Any]) -> list[Line]:
    keys = sorted({row["claim_key"] for row in rows})
    posts = _posts(conn, team_id, keys)
    others = _others(conn, team_id, keys)
    ids = {row["entrant_id"] for row in others}
    known = people(conn, team_id, ids | {post["entrant_id"] for post in posts.values()})
    titles = _titles(conn, select(action.c.id, action.c.title), {r["action_id"] for r in rows})
    members_ = _titles(conn, select(member.c.id, member.c.name), {r["decided_by"] for r in rows})
    return [
        Line(
            **{name: row[name] for name in _PLAIN},
            action=titles.get(row["action_id"], ""),
            decided_by=members_.get(row["decided_by"]),
            who=known[row["entrant_id"]],
            post=_seen(posts.get(row["claim_key"]), known),
            rivals=[
                Rival(uid=other["uid"], who=known[other["entrant_id"]], state=other["state"])
                for other in others
                if other["claim_key"] == row["claim_key"]
                and other["entrant_id"] != row["entrant_id"]
            ],
        )
        for row in rows
    ]


def _posts(conn: Connection, team_id: int, keys: Sequence[str]) -> dict[str, Any]:
    picture = (
        select(media.c.uid)
        .where(media.c.item_id == item.c.id, media.c.sha256.is_not(None))
        .order_by(media.c.position)
        .limit(1)
    )
    alt = (
        select(media.c.alt)
        .where(media.c.item_id == item.c.id, media.c.sha256.is_not(None))
        .order_by(media.c.position)
        .limit(1)
    )
    rows = conn.execute(
        select(
            item.c.claim_key, item.c.text, item.c.permalink, item.c.occurred_at,
            identity.c.entrant_id, picture.scalar_subquery().label("picture"),
            alt.scalar_subquery().label("alt"),
        )
        .join(identity, identity.c.id == item.c.identity_id)
        .where(
            item.c.team_id == team_id,
            item.c.claim_key.is_not(None),
            members(conn, item.c.claim_key, keys),
        )
        .order_by(item.c.id.desc())
    ).mappings()  # fmt: skip
    return {row["claim_key"]: row for row in rows}


def _others(conn: Connection, team_id: int, keys: Sequence[str]) -> list[Any]:
    rows = conn.execute(
        select(claim)
        .where(
            claim.c.team_id == team_id,
            members(conn, claim.c.claim_key, keys),
        )
        .order_by(claim.c.id)
    )
    return list(rows.mappings())


def _titles(conn: Connection, query: Select[Any], ids: Collection[int | None]) -> dict[int, str]:
    wanted = sorted(number for number in ids if number is not None)
    rows = conn.execute(query.where(members(conn, query.selected_columns.id, wanted)))
    return {row[0]: row[1] for row in rows}


def _seen(row: Any, known: dict[int, Person]) -> Seen | None:
    if row is None:
        return None
    owner = known.get(row["entrant_id"])
    return Seen(
        text=row["text"],
        permalink=row["permalink"],
        occurred_at=row["occurred_at"],
        picture=row["picture"],
        picture_alt=row["alt"] or "",
        counts_for=owner if owner is not None and owner.is_person else None,
    )
