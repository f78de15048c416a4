"""How identities came to a person, or went from them: every move with who, why and when."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, or_, select

from tombola.db.sets import members
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant
from tombola.entrants.models import link as link_table
from tombola.entrants.service import ITEM, Known
from tombola.teams.models import audit, member

#: Links that a person's page shows, the newest first.
LINKS = 100


class Link(BaseModel):
    """An identity that came to somebody, or went from them.

    Attributes:
        why: log-in, claim or merge.
        by: the member who did it; None where it was done by itself.
        came: to this person; else it went from them.
        undoable: it is the last move of its identity.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    uid: str
    identity: Known
    other_uid: str
    other_name: str | None
    other_is_post: bool
    why: str
    by: str | None
    at: datetime
    undone_at: datetime | None
    came: bool
    undoable: bool


def links_of(conn: Connection, team_id: int, entrant_id: int) -> list[Link]:
    """The moves to and from an entrant, the newest first, at most ``LINKS``."""
    rows = (
        conn.execute(
            select(link_table)
            .where(
                link_table.c.team_id == team_id,
                or_(
                    link_table.c.to_entrant_id == entrant_id,
                    link_table.c.from_entrant_id == entrant_id,
                ),
            )
            .order_by(link_table.c.id.desc())
            .limit(LINKS)
        )
        .mappings()
        .all()
    )
    known = {
        number: entrants.by_id(conn, team_id, number)
        for number in {row["identity_id"] for row in rows}
    }
    others = {row["from_entrant_id"] for row in rows} | {row["to_entrant_id"] for row in rows}
    people = {
        row.id: row
        for row in conn.execute(select(entrant).where(members(conn, entrant.c.id, sorted(others))))
    }
    makers = _makers(conn, team_id, [each.uid for each in known.values() if each is not None])
    found = []
    for row in rows:
        held = known[row["identity_id"]]
        if held is None:
            continue
        came = row["to_entrant_id"] == entrant_id
        other = people[row["from_entrant_id"] if came else row["to_entrant_id"]]
        found.append(
            Link(
                uid=row["uid"],
                identity=held,
                other_uid=other.uid,
                other_name=other.name,
                other_is_post=other.kind == ITEM,
                why=row["why"],
                by=makers.get((held.uid, row["at"])),
                at=row["at"],
                undone_at=row["undone_at"],
                came=came,
                undoable=row["undone_at"] is None and held.entrant_id == row["to_entrant_id"],
            )
        )
    return found


def _makers(conn: Connection, team_id: int, uids: Sequence[str]) -> dict[tuple[str, datetime], str]:
    """Which member made a link, by identity and moment, from the audit log."""
    rows = conn.execute(
        select(audit.c.subject, audit.c.at, member.c.name)
        .join(member, member.c.id == audit.c.member_id)
        .where(
            audit.c.team_id == team_id,
            audit.c.act == "identity.linked",
            members(conn, audit.c.subject, list(uids)),
        )
    )
    return {(row.subject, row.at): row.name for row in rows}
