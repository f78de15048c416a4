"""A campaign's pictures for whoever judges them: pages of a grid by keyset, and one of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
    select,
    tuple_,
)

from tombola.api import NotFound
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action
from tombola.campaigns.service import Campaign
from tombola.db.types import UtcDateTime
from tombola.entrants.models import identity
from tombola.entries.models import entry
from tombola.importing.media_review import Review
from tombola.importing.models import item, media, source
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role

PAGE = 60
#: What is listed besides the reviews: pictures that could not be fetched.
FAILED = "failed"
#: Counted no further than this: the number is for people.
COUNTED = 100_000


class Filter(BaseModel):
    """What the grid is narrowed to. ``state`` is a review, ``failed``, or empty for all kept."""

    model_config = ConfigDict(frozen=True)

    state: str = ""
    action: str = ""
    source: str = ""


class Position(BaseModel):
    """Where a page ends."""

    model_config = ConfigDict(frozen=True)

    sort_at: datetime
    id: int


class Tile(BaseModel):
    """A picture with its post.

    Attributes:
        state: kept, or why there is no picture: failed, wanted, expired, removed.
        reason: Why it could not be fetched.
        sort_at: When the post was posted, or else seen; ``timed`` tells the two apart.
        entry: Uid of the post's entry, with its state.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    uid: str
    state: str
    review: Review
    reason: str | None
    alt: str
    width: int | None
    height: int | None
    sort_at: datetime
    timed: bool
    who: str
    text: str
    permalink: str | None
    importer_key: str
    entry: str | None
    entry_state: str | None


class Grid(BaseModel):
    """Some pictures, the newest post first, and where the next ones begin."""

    model_config = ConfigDict(frozen=True)

    tiles: list[Tile]
    next: Position | None


def page(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    wanted: Filter,
    after: Position | None = None,
    size: int = PAGE,
) -> Grid:
    """One page of a campaign's pictures, those of the newest posts first.

    A later page costs what the first one does. Another team's campaign is not found.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        query = select(media.c.id, media.c.sort_at).where(*_conditions(found, wanted))
        if after is not None:
            # A row value keeps the index range; the same written with OR does not.
            place = tuple_(literal(after.sort_at, UtcDateTime()), literal(after.id, BigInteger()))
            query = query.where(tuple_(media.c.sort_at, media.c.id) < place)
        order = (media.c.sort_at.desc(), media.c.id.desc())
        rows = conn.execute(query.order_by(*order).limit(size + 1)).all()
        shown = rows[:size]
        tiles = _tiles(conn, [row.id for row in shown])
    last = Position(sort_at=shown[-1].sort_at, id=shown[-1].id) if len(rows) > size else None
    return Grid(tiles=tiles, next=last)


def one(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> Tile:
    """One picture of a campaign. Raises NotFound."""
    return some(inst, actor, campaign_uid, [uid])[0]


def some(inst: Installation, actor: Actor, campaign_uid: str, uids: Sequence[str]) -> list[Tile]:
    """Named pictures of a campaign, the newest post first. Raises NotFound when there are none."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        mine = (media.c.campaign_id == found.id, media.c.uid.in_(uids))
        ids = conn.execute(select(media.c.id).where(*mine)).scalars().all()
        tiles = _tiles(conn, ids)
    if not tiles:
        raise NotFound("There is no such picture.")
    return tiles


def counts(conn: Connection, campaign_id: int) -> dict[str, int]:
    """How many pictures stand where, by review and ``failed``; each up to ``COUNTED``."""
    found = {}
    for name in (Review.WAITING, Review.SHOWN, Review.HIDDEN, FAILED):
        some_of = select(media.c.id).where(media.c.campaign_id == campaign_id, *_standing(name))
        counted = select(func.count()).select_from(some_of.limit(COUNTED).subquery())
        found[str(name)] = conn.execute(counted).scalar_one()
    return found


def _standing(state: str) -> tuple[ColumnElement[bool], ...]:
    if state == FAILED:
        return (media.c.state == FAILED,)
    kept = media.c.state == "kept"
    return (kept, media.c.review == state) if state else (kept,)


def _conditions(found: Campaign, wanted: Filter) -> list[ColumnElement[bool]]:
    needed = [media.c.campaign_id == found.id, *_standing(wanted.state)]
    of_source = select(source.c.id).join(action, action.c.id == source.c.action_id)
    of_source = of_source.where(action.c.campaign_id == found.id)
    if wanted.action:
        needed.append(media.c.source_id.in_(of_source.where(action.c.uid == wanted.action)))
    if wanted.source:
        needed.append(media.c.source_id.in_(of_source.where(source.c.uid == wanted.source)))
    return needed


def _tiles(conn: Connection, ids: Sequence[int]) -> list[Tile]:
    rows = conn.execute(_described().where(media.c.id.in_(ids)))
    return [
        Tile(
            id=row.id,
            uid=row.uid,
            state=row.state,
            review=Review(row.review),
            reason=row.reason,
            alt=row.alt,
            width=row.width,
            height=row.height,
            sort_at=row.sort_at,
            timed=row.occurred_at is not None,
            who=row.handle or row.name or "",
            text=row.text,
            permalink=row.permalink,
            importer_key=row.importer_key,
            entry=row.entry,
            entry_state=row.entry_state,
        )
        for row in rows
    ]


def _described() -> Select[Any]:
    made = and_(entry.c.action_id == source.c.action_id, entry.c.key == item.c.external_id)
    posts = (
        media.join(item, item.c.id == media.c.item_id)
        .join(source, source.c.id == media.c.source_id)
        .outerjoin(identity, identity.c.id == item.c.identity_id)
        .outerjoin(entry, made)
    )
    return (
        select(
            media.c.id, media.c.uid, media.c.state, media.c.review, media.c.reason, media.c.alt,
            media.c.width, media.c.height, media.c.sort_at, item.c.occurred_at, item.c.text,
            item.c.permalink, source.c.importer_key, identity.c.handle, identity.c.name,
            entry.c.uid.label("entry"), entry.c.state.label("entry_state"),
        )
        .select_from(posts)
        .order_by(media.c.sort_at.desc(), media.c.id.desc())
    )  # fmt: skip
