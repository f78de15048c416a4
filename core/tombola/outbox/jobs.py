"""From the outbox to the plugins that listen: one duty for each plugin and event.

A plugin's failure delays nobody else's: every delivery is a duty of its own, tried again with
growing waits, parked while the plugin is away or out of order, and dead, with a button, after the
last try.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, cast, exists, or_, select

from tombola.api import PluginUnavailable
from tombola.db.rows import first
from tombola.db.sets import members
from tombola.installation import Installation
from tombola.outbox.models import outbox
from tombola.plugins.world import TeamRef
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Kind, Parked, Result
from tombola.queue.models import task
from tombola.queue.rules import State
from tombola.queue.tasks import Claim
from tombola.teams.service import team_by_id

#: The duty that shares events out, and the duty of one delivery.
RELAY, DELIVERY = "relay", "delivery"
#: The duty that forgets events whose every delivery has long ended or waited too long.
SWEEP = "outbox_sweep"
KEEP = timedelta(days=30)
#: The event that is a duty of law, and therefore waits as long as it has to.
ERASURE = "entrant_erased"
#: Events that one transaction shares out.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What a hook is given; empty when what happened is gone meanwhile."""

    given: Mapping[str, Any] | None


#: Reads what a hook is told about an outbox row. Registered by event name in ``rooms.py``, since
#: the rooms that know lie above this one.
Reader = Callable[[Connection, RowMapping], Told]


def kinds(readers: Mapping[str, Reader]) -> list[Kind]:
    """The outbox's kinds of duty; events without a reader are forgotten by the relay."""
    return [
        Kind(RELAY, partial(_relay, readers), waiting=_waiting),
        Kind(DELIVERY, partial(_deliver, readers), lease=timedelta(minutes=1)),
        Kind(SWEEP, _sweep, every=timedelta(hours=1), concurrency=1),
    ]


def _waiting(conn: Connection, _now: datetime) -> bool:
    return (
        conn.execute(select(outbox.c.id).where(outbox.c.relayed_at.is_(None))).first() is not None
    )


def _relay(readers: Mapping[str, Reader], inst: Installation, held: Claim) -> Result:
    """Share the oldest events out to those who listen; each row leaves the outbox once."""
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now, lease=timedelta(seconds=30))
        rows = conn.execute(
            select(outbox.c.id, outbox.c.event, outbox.c.team_id)
            .where(outbox.c.relayed_at.is_(None))
            .order_by(outbox.c.id)
            .limit(BATCH)
        ).all()
        told = [
            (f"{number}:{slug}", team_id)
            for number, event, team_id in rows
            if event in readers
            for slug in _hearers(inst, f"on_{event}")
        ]
        for key, team_id in told:
            tasks.put(conn, DELIVERY, key, now, team_id=team_id)
        ids = [row[0] for row in rows]
        conn.execute(outbox.update().where(members(conn, outbox.c.id, ids)).values(relayed_at=now))
    if told:
        inst.bell.ring(DELIVERY)
    return Again(now) if len(rows) == BATCH else Done()


def _hearers(inst: Installation, hook: str) -> list[str]:
    """The plugins that listen, and those out of order, of which nobody knows whether they would.

    A delivery to the latter waits, parked, until they are in order; then it is made, or ends at
    once when they do not listen after all.
    """
    away = (slug for slug, plugin in inst.plugins.by_slug.items() if not plugin.ready)
    return list(dict.fromkeys((*inst.plugins.listeners(hook), *away)))


def _sweep(inst: Installation, held: Claim) -> Result:
    """Forget old events, a batch a transaction; a duty to erase stays until each has done it."""
    mine = task.c.key.startswith(cast(outbox.c.id, Text).concat(":"))
    owed = exists().where(task.c.kind == DELIVERY, task.c.state != State.DONE, mine)
    gone_by = outbox.c.relayed_at < inst.clock() - KEEP
    old = select(outbox.c.id).where(gone_by, or_(outbox.c.event != ERASURE, ~owed)).limit(BATCH)
    gone = BATCH
    while gone == BATCH and not held.over():
        with inst.db.write() as conn:
            gone = conn.execute(outbox.delete().where(outbox.c.id.in_(old))).rowcount
    return Done()


def _deliver(readers: Mapping[str, Reader], inst: Installation, held: Claim) -> Result:
    """Tell one plugin of one event."""
    number, _, slug = held.key.partition(":")
    with inst.db.read() as conn:
        row = first(conn, select(outbox).where(outbox.c.id == int(number)))
        if row is None:
            return Done()
        told = readers[row["event"]](conn, row)
        team = team_by_id(conn, row["team_id"])
    if told.given is None:
        return Done()
    try:
        where = TeamRef(team.id, team.uid)
        inst.plugins.tell(slug, f"on_{row['event']}", where, **told.given)
    except PluginUnavailable as away:
        raise Parked(str(away)) from away
    return Done()
