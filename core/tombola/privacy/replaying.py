"""Erasures as a file beside the backups: after a restore they are asked for again."""

import json
from collections.abc import Iterable, Iterator

from sqlalchemy import select

from tombola.db.types import time_text
from tombola.entrants.models import entrant
from tombola.installation import Installation
from tombola.privacy.models import erasure
from tombola.privacy.service import ERASE, AskedBy, ask
from tombola.teams.models import team
from tombola.teams.rules import Actor


def lines(inst: Installation) -> Iterator[str]:
    """Every erasure as a line of JSON, oldest first: public names that say nothing of anybody."""
    with inst.db.read() as conn:
        rows = conn.execute(
            select(team.c.uid.label("team"), entrant.c.uid.label("entrant"), erasure.c.asked_at)
            .join(team, team.c.id == erasure.c.team_id)
            .join(entrant, entrant.c.id == erasure.c.entrant_id)
            .order_by(erasure.c.id)
        ).all()
    for row in rows:
        told = {"team": row.team, "entrant": row.entrant, "asked_at": time_text(row.asked_at)}
        yield json.dumps(told) + "\n"


def replay(inst: Installation, told: Iterable[str]) -> int:
    """Ask for those erasures again that this database knows nothing of. Returns how many.

    Idempotent. People who are not in the database were never there, or are gone already.

    Raises:
        ValueError: a line is none of ``lines``'.
    """
    asked = 0
    now = inst.clock()
    for number, line in enumerate(told, 1):
        try:
            each = json.loads(line)
            names = str(each["team"]), str(each["entrant"])
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"line {number} is no erasure") from error
        with inst.db.write() as conn:
            row = conn.execute(
                select(entrant.c.id, entrant.c.team_id)
                .join(team, team.c.id == entrant.c.team_id)
                .where(team.c.uid == names[0], entrant.c.uid == names[1])
            ).first()
            if row is not None:
                actor = Actor.system(row.team_id, names[0])
                asked += ask(conn, actor, [(row.id, names[1])], AskedBy.RESTORE, now)
    if asked:
        inst.bell.ring(ERASE)
    return asked
