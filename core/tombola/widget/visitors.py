"""Browsers that were here: found by what is kept of their secret, and the entrants they are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from tombola.db.sets import insert_new, members
from tombola.widget.models import visitor


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser as one site sees it.

    Attributes:
        entrant_id: who it is known to be.
        stands_for_id: the visitor of the widget that a link token named.
        link: the text of that token.
    """

    id: int
    team_id: int
    entrant_id: int | None
    stands_for_id: int | None
    seen_at: datetime
    link: str | None = None

    @property
    def root_id(self) -> int:
        """The visitor to whom events are written: the widget's, once a link has led here."""
        return self.stands_for_id or self.id


#: How exactly it is known when a visitor was here last.
NOTED = timedelta(days=1)

_COLUMNS = (
    visitor.c.id,
    visitor.c.team_id,
    visitor.c.entrant_id,
    visitor.c.stands_for_id,
    visitor.c.seen_at,
    visitor.c.link,
)


def find(conn: Connection, hashes: Collection[str]) -> dict[str, Visitor]:
    """The visitors of those hashes that are known, by hash."""
    rows = conn.execute(
        select(visitor.c.token_hash, *_COLUMNS).where(
            members(conn, visitor.c.token_hash, sorted(hashes))
        )
    )
    return {row[0]: Visitor(*row[1:]) for row in rows}


def meet(conn: Connection, teams: Mapping[str, int], now: datetime) -> dict[str, Visitor]:
    """The visitors of those hashes, new ones made. ``teams``: the team by hash."""
    known = find(conn, teams)
    missing = sorted(set(teams) - set(known))
    if missing:
        rows = [(teams[hashed], hashed, now, now) for hashed in missing]
        insert_new(conn, visitor, ("team_id", "token_hash", "created_at", "seen_at"), rows)
        known |= find(conn, missing)
    return known


def by_number(conn: Connection, numbers: Collection[int]) -> dict[int, Visitor]:
    """Visitors by number."""
    rows = conn.execute(select(*_COLUMNS).where(members(conn, visitor.c.id, sorted(numbers))))
    return {row[0]: Visitor(*row) for row in rows}


def bind(conn: Connection, page: Visitor, widget_id: int, link: str | None = None) -> Visitor:
    """Let a tracking page's visitor stand for the widget's visitor whose link led there.

    A later link wins: another person may use the same browser. A visitor of another team is
    not followed.
    """
    row = conn.execute(
        select(visitor.c.entrant_id).where(
            visitor.c.id == widget_id, visitor.c.team_id == page.team_id
        )
    ).first()
    if row is None or widget_id == page.id:
        return page
    bound = replace(page, entrant_id=row[0], stands_for_id=widget_id, link=link or page.link)
    if bound != page:
        conn.execute(
            visitor.update()
            .where(visitor.c.id == page.id)
            .values(entrant_id=bound.entrant_id, stands_for_id=widget_id, link=bound.link)
        )
    return bound


def become(conn: Connection, team_id: int, widget_id: int, entrant_id: int) -> None:
    """The widget's visitor is this entrant from now on, and so is every page that stands for it."""
    conn.execute(
        visitor.update()
        .where(
            visitor.c.team_id == team_id,
            or_(visitor.c.id == widget_id, visitor.c.stands_for_id == widget_id),
        )
        .values(entrant_id=entrant_id)
    )


def note(conn: Connection, number: int, now: datetime) -> None:
    """A visitor was here."""
    conn.execute(visitor.update().where(visitor.c.id == number).values(seen_at=now))


def forget(conn: Connection, team_id: int, widget_id: int) -> None:
    """Log the widget's visitor out: this browser is nobody in particular again.

    So are the pages that stand for it: what they report from now on is whoever's comes next.
    """
    conn.execute(
        visitor.update()
        .where(
            visitor.c.team_id == team_id,
            or_(visitor.c.id == widget_id, visitor.c.stands_for_id == widget_id),
        )
        .values(entrant_id=None)
    )


def move(conn: Connection, team_id: int, from_id: int, to_id: int) -> None:
    """The browsers of one entrant are another's from now on."""
    conn.execute(
        visitor.update()
        .where(visitor.c.team_id == team_id, visitor.c.entrant_id == from_id)
        .values(entrant_id=to_id)
    )


def standing_for(conn: Connection, team_id: int, widget_id: int) -> list[int]:
    """The numbers of a visitor of the widget and of the pages' visitors that stand for it."""
    rows = conn.execute(
        select(visitor.c.id).where(
            visitor.c.team_id == team_id,
            or_(visitor.c.id == widget_id, visitor.c.stands_for_id == widget_id),
        )
    )
    return list(rows.scalars())
