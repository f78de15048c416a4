"""The duty that erases people, a batch a transaction."""

from datetime import timedelta

from sqlalchemy import Connection, select

from tombola.db.scrub import securely, settle
from tombola.db.sets import members
from tombola.entrants import erasing
from tombola.entrants.models import entrant
from tombola.inbox.erasing import naming
from tombola.installation import Installation
from tombola.outbox.jobs import ERASURE, RELAY
from tombola.outbox.service import announce
from tombola.privacy import erasers
from tombola.privacy.models import erasure
from tombola.privacy.service import ERASE
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Kind, Result
from tombola.queue.tasks import Claim

#: People that one transaction erases.
BATCH = 100


def kinds() -> list[Kind]:
    """The kinds of duty of erasures."""
    return [Kind(ERASE, _erase, lease=timedelta(minutes=2), concurrency=1)]


def _erase(inst: Installation, held: Claim) -> Result:
    """Erase those of a team who wait, the longest waiting first. Idempotent."""
    team_id = int(held.key)
    done = 0
    while batch := _waiting(inst, team_id):
        _erase_batch(inst, held, team_id, batch)
        done += len(batch)
        if held.over():
            return Again(inst.clock())
    if done:
        settle(inst.db)
        inst.bell.ring(RELAY)
    return Done()


def _waiting(inst: Installation, team_id: int) -> list[int]:
    with inst.db.read() as conn:
        rows = conn.execute(
            select(erasure.c.entrant_id)
            .where(erasure.c.team_id == team_id, erasure.c.finished_at.is_(None))
            .order_by(erasure.c.id)
            .limit(BATCH)
        )
        return list(rows.scalars())


def _erase_batch(inst: Installation, held: Claim, team_id: int, batch: list[int]) -> None:
    with inst.db.read() as conn:
        webhooks = naming(conn, erasing.find(conn, team_id, batch).words)
    now = inst.clock()
    with inst.db.write() as conn:
        securely(conn)
        tasks.guard(conn, held, now=now)
        doomed = erasing.find(conn, team_id, batch)
        erasers.erase(conn, inst.vault, doomed, webhooks, now)
        for uid in _uids(conn, doomed.entrants):
            announce(conn, team_id, None, ERASURE, {"entrant": uid}, now)
        conn.execute(
            erasure.update()
            .where(erasure.c.team_id == team_id, members(conn, erasure.c.entrant_id, batch))
            .values(finished_at=now)
        )


def _uids(conn: Connection, ids: tuple[int, ...]) -> list[str]:
    rows = conn.execute(
        select(entrant.c.uid).where(members(conn, entrant.c.id, ids)).order_by(entrant.c.id)
    )
    return list(rows.scalars())
