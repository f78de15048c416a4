"""Visitors who never became anybody, left nothing and did not come back are forgotten."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select

from tombola.db.sets import members
from tombola.entrants.models import code
from tombola.installation import Installation
from tombola.queue.kinds import Again, Done, Result
from tombola.queue.tasks import Claim
from tombola.widget.models import event, visitor

#: How long a visitor is remembered who is nobody.
KEPT = timedelta(days=365)
#: Visitors that one step looks at; the lock on the database lasts milliseconds.
STEP = 2_000


def forget(inst: Installation, claim: Claim) -> Result:
    """Walk through all visitors by number. Idempotent; begins anew when its time is used up."""
    after, before = 0, inst.clock() - KEPT
    while (last := step(inst, after, before)) is not None:
        if claim.over():
            return Again(inst.clock() + timedelta(hours=1))
        after = last
    return Done()


def step(inst: Installation, after: int, before: datetime, *, most: int = STEP) -> int | None:
    """Forget those of the next visitors who were here last before then, and are nobody.

    Returns:
        The number of the last one that was looked at; None when none was left to look at.
    """
    with inst.db.read() as conn:
        rows = conn.execute(
            select(visitor.c.id, visitor.c.seen_at, visitor.c.entrant_id)
            .where(visitor.c.id > after)
            .order_by(visitor.c.id)
            .limit(most)
        ).all()
    idle = [row.id for row in rows if row.entrant_id is None and row.seen_at < before]
    if idle:
        _forget(inst, idle, before)
    return rows[-1].id if rows else None


def _forget(inst: Installation, numbers: list[int], before: datetime) -> None:
    """Delete them, if that is still true: a page may have come back meanwhile."""
    stands = visitor.alias()
    with inst.db.write() as conn:
        conn.execute(
            visitor.delete().where(
                members(conn, visitor.c.id, numbers),
                visitor.c.seen_at < before,
                visitor.c.entrant_id.is_(None),
                ~exists().where(event.c.visitor_id == visitor.c.id),
                ~exists().where(code.c.visitor_id == visitor.c.id),
                ~exists().where(stands.c.stands_for_id == visitor.c.id),
            )
        )
