"""Who is to be erased, and taking the person out of entrants and identities.

The rows stay, empty: entries count for an entrant, and a draw that counted them can still be
recomputed. Each room with data about people has an ``erasing.py`` of its own; ``privacy`` calls
them all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, or_, select

from tombola.db.sets import members
from tombola.entrants.codes import EMAIL
from tombola.entrants.models import code, entrant, identity, link
from tombola.entrants.service import VISITOR

#: What the value of an erased identity begins with; its own public name follows.
ERASED = "erased:"


@dataclass(frozen=True, slots=True)
class Doomed:
    """People who are to be erased, with all that rooms find their traces by.

    Attributes:
        entrants: Their rows, and those of entrants who were merged into them.
        identities: Rows of theirs.
        names: Of those identities, (kind, value); browsers are none.
        emails: Their addresses in small letters, confirmed or given.
        words: Ids and handles at networks, as texts of others may name them.
    """

    team_id: int
    entrants: tuple[int, ...]
    identities: tuple[int, ...]
    names: tuple[tuple[str, str], ...]
    emails: tuple[str, ...]
    words: tuple[str, ...]


def find(conn: Connection, team_id: int, entrant_ids: Collection[int]) -> Doomed:
    """Read who they are. What was erased before is found again, empty."""
    ids = _with_merged(conn, team_id, set(entrant_ids))
    people = conn.execute(
        select(entrant.c.email).where(
            entrant.c.team_id == team_id, members(conn, entrant.c.id, ids)
        )
    ).all()
    known = conn.execute(
        select(identity.c.id, identity.c.kind, identity.c.value, identity.c.handle)
        .where(identity.c.team_id == team_id, members(conn, identity.c.entrant_id, ids))
        .order_by(identity.c.id)
    ).all()
    living = [row for row in known if not row.value.startswith(ERASED)]
    named = [row for row in living if row.kind != VISITOR]
    emails = {row.email.lower() for row in people if row.email}
    emails |= {row.value.lower() for row in named if row.kind == EMAIL}
    accounts = [row for row in named if row.kind != EMAIL]
    words = {row.value for row in accounts} | {row.handle for row in accounts if row.handle}
    return Doomed(
        team_id=team_id,
        entrants=tuple(ids),
        identities=tuple(row.id for row in known),
        names=tuple((row.kind, row.value) for row in named),
        emails=tuple(sorted(emails)),
        words=tuple(sorted(words)),
    )


def erase(conn: Connection, doomed: Doomed, now: datetime) -> None:
    """Empty entrants, identities and the codes that were mailed to them. Idempotent."""
    team_id = doomed.team_id
    conn.execute(
        code.delete().where(code.c.team_id == team_id, members(conn, code.c.email, doomed.emails))
    )
    conn.execute(
        identity.update()
        .where(identity.c.team_id == team_id, members(conn, identity.c.id, doomed.identities))
        .values(
            value=literal(ERASED).concat(identity.c.uid),
            handle=None,
            name=None,
            proven_at=None,
            consented_at=None,
        )
    )
    people = (entrant.c.team_id == team_id, members(conn, entrant.c.id, doomed.entrants))
    conn.execute(entrant.update().where(*people).values(name=None, email=None))
    first = (*people, entrant.c.erased_at.is_(None))
    conn.execute(entrant.update().where(*first).values(erased_at=now))


def _with_merged(conn: Connection, team_id: int, ids: set[int]) -> Sequence[int]:
    """The same, and whoever was merged into them and is nobody by themselves any more."""
    found = set(ids)
    fresh = found
    while fresh:
        rows = conn.execute(
            select(link.c.from_entrant_id)
            .where(
                link.c.team_id == team_id,
                link.c.undone_at.is_(None),
                members(conn, link.c.to_entrant_id, sorted(fresh)),
            )
            .distinct()
        ).scalars()
        before = set(rows) - found
        alive = set(
            conn.execute(
                select(identity.c.entrant_id).where(
                    identity.c.team_id == team_id,
                    members(conn, identity.c.entrant_id, sorted(before)),
                    or_(identity.c.value.is_(None), ~identity.c.value.startswith(ERASED)),
                )
            ).scalars()
        )
        fresh = before - alive
        found |= fresh
    return sorted(found)
