"""The newest pictures that came with entries of an action, as everybody may see them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from tombola.entrants.models import entrant, identity
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.importing.models import PUBLIC_PICTURE, item, media, source

#: Pictures that are looked at for each one that is wanted: those whose entry does not count are
#: passed over, and a visitor's page never walks through all of a campaign.
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that an entry came with."""

    uid: str
    alt: str
    who: str
    permalink: str | None


def newest(conn: Connection, action_id: int, size: int) -> list[Picture]:
    """The newest public pictures of entries that count, one of each post.

    Costs the same for ten pictures and for a hundred thousand, however many wait or are hidden.
    """
    sources = conn.execute(select(source.c.id).where(source.c.action_id == action_id)).scalars()
    found: list[tuple[datetime, int, int, Picture]] = []
    for source_id in sources.all():
        for review in ("shown", "waiting"):  # one walk down its index each
            found += _of(conn, action_id, source_id, review, size)
    latest = sorted(found, key=lambda one: one[:2], reverse=True)
    by_post = {item_id: picture for _, _, item_id, picture in reversed(latest)}
    shown = [by_post.pop(item_id) for _, _, item_id, _ in latest if item_id in by_post]
    return shown[:size]


def _of(
    conn: Connection, action_id: int, source_id: int, review: str, size: int
) -> list[tuple[datetime, int, int, Picture]]:
    looked_at = (
        select(media.c.id, media.c.uid, media.c.alt, media.c.item_id, media.c.sort_at)
        .where(
            media.c.source_id == source_id,
            media.c.review == review,
            media.c.state == "kept",
            PUBLIC_PICTURE,
        )
        .order_by(media.c.sort_at.desc(), media.c.id.desc())
        .limit(size * _LOOKED_AT)
        .subquery()
    )
    who = func.coalesce(identity.c.handle, entrant.c.name, identity.c.name, "")
    rows = conn.execute(
        select(
            looked_at.c.sort_at, looked_at.c.id, looked_at.c.item_id, looked_at.c.uid,
            looked_at.c.alt, who.label("who"), item.c.permalink,
        )
        .join(item, item.c.id == looked_at.c.item_id)
        .join(
            entry,
            and_(
                entry.c.action_id == action_id,
                entry.c.key == item.c.external_id,
                entry.c.item_id == item.c.id,
                entry.c.state == State.VALID.value,
            ),
        )
        .join(identity, identity.c.id == entry.c.identity_id)
        .join(entrant, entrant.c.id == entry.c.entrant_id)
        .order_by(looked_at.c.sort_at.desc(), looked_at.c.id.desc())
        .limit(size * 4)
    )  # fmt: skip
    return [
        (row.sort_at, row.id, row.item_id, Picture(row.uid, row.alt, row.who, row.permalink))
        for row in rows
    ]
