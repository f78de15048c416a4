"""Erasing people: asked for once, done by a duty, never undone."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, exists, func, select

from tombola.db import new_uid
from tombola.db.rows import first
from tombola.db.sets import insert_new
from tombola.entrants.models import entrant
from tombola.entries.models import entry
from tombola.installation import Installation
from tombola.people.service import of_uid
from tombola.privacy.models import erasure
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: The kind of duty that erases, one for each team; its key is the team's number.
ERASE = "erase"
_COLUMNS = ("uid", "team_id", "entrant_id", "asked_by", "member_id", "asked_at")


#: The condition that an entrant's erasure was not asked for.
NOT_ASKED = ~exists().where(erasure.c.entrant_id == entrant.c.id)


class AskedBy(StrEnum):
    """Who wanted an erasure."""

    TEAM = "team"
    ENTRANT = "entrant"
    PROGRAM = "program"
    RETENTION = "retention"
    DELETION = "deletion"
    RESTORE = "restore"


class Erasure(BaseModel):
    """An erasure as its team sees it. ``finished_at`` is empty while it waits or goes on."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    uid: str
    asked_by: AskedBy
    asked_at: datetime
    finished_at: datetime | None


class Consequences(BaseModel):
    """What an erasure will do to one person's part."""

    model_config = ConfigDict(frozen=True)

    entries: int
    campaigns: int


def erase(
    inst: Installation, actor: Actor, entrant_uid: str, *, asked_by: AskedBy = AskedBy.TEAM
) -> Erasure:
    """Have a person erased. A second wish changes nothing and gives the first one back.

    Raises:
        NotFound: the actor's team has no such entrant.
        Forbidden: the actor is no editor.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_uid(conn, actor, entrant_uid)
        ask(conn, actor, [(found.id, found.uid)], asked_by, now)
        made = of_entrant(conn, actor.team_id, found.id)
    inst.bell.ring(ERASE)
    if made is None:
        raise RuntimeError("the erasure was not kept")
    return made


def ask(
    conn: Connection,
    actor: Actor,
    people: list[tuple[int, str]],
    asked_by: AskedBy,
    now: datetime,
) -> int:
    """Note that people, (row, public name), are to be erased. Returns for how many it is new.

    The caller rings for ``ERASE`` after the commit.
    """
    rows = [
        (new_uid(now), actor.team_id, number, asked_by.value, actor.member_id, now)
        for number, _uid in sorted(people)
    ]
    fresh = insert_new(conn, erasure, _COLUMNS, rows)
    if fresh:
        tasks.put(conn, ERASE, str(actor.team_id), now, team_id=actor.team_id)
        subject = people[0][1] if len(people) == 1 else ""
        detail = {"people": len(fresh), "asked_by": asked_by.value}
        audit(conn, actor, "entrant.erased", subject, detail, now)
    return len(fresh)


def of_entrant(conn: Connection, team_id: int, entrant_id: int) -> Erasure | None:
    """The erasure of an entrant, if one was asked for."""
    mine = (erasure.c.team_id == team_id, erasure.c.entrant_id == entrant_id)
    row = first(conn, select(erasure).where(*mine))
    return None if row is None else Erasure.model_validate(dict(row))


def consequences(inst: Installation, actor: Actor, entrant_uid: str) -> Consequences:
    """What will count on without a name, in numbers. Raises NotFound."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_uid(conn, actor, entrant_uid)
        row = conn.execute(
            select(func.count(), func.count(entry.c.campaign_id.distinct())).where(
                entry.c.team_id == actor.team_id, entry.c.entrant_id == found.id
            )
        ).one()
    return Consequences(entries=row[0], campaigns=row[1])


def uid_of(conn: Connection, team_id: int, entrant_id: int) -> str | None:
    """The public name of an entrant of a team."""
    mine = (entrant.c.team_id == team_id, entrant.c.id == entrant_id)
    return conn.execute(select(entrant.c.uid).where(*mine)).scalar()
