"""Handling what webhooks brought: one duty an event, at least once."""

from datetime import timedelta

from sqlalchemy import RowMapping, Text, and_, cast, exists, or_, select

from tombola.api import Accepted, PluginUnavailable, Reply, Webhook
from tombola.db.rows import first
from tombola.inbox.models import inbox
from tombola.inbox.service import (
    CHANNEL_HEAR,
    CHANNEL_HEARD,
    HEAR,
    HEARD,
    ask,
    event_of,
    keep,
    ring,
)
from tombola.inbox.unseen import WEBHOOK, raw_delivery
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Done, Kind, Parked, Result, Settled
from tombola.queue.models import task
from tombola.queue.rules import State as DutyState
from tombola.queue.tasks import Claim

#: How long the handling of one event may be silent.
LEASE = timedelta(minutes=1)
#: The duty that forgets events that were handled or refused so long ago that no network repeats
#: them any more (the longest documented repetition is three days).
SWEEP = "inbox_sweep"
KEEP = timedelta(days=30)
BATCH = 200


def kinds() -> list[Kind]:
    """The inbox's kinds of duty."""
    return [
        Kind(WEBHOOK, _handle, lease=LEASE),
        Kind(SWEEP, _sweep, every=timedelta(hours=1), concurrency=1),
    ]


def _handle(inst: Installation, held: Claim) -> Result:
    with inst.db.read() as conn:
        row = first(conn, select(inbox).where(inbox.c.id == int(held.key)))
    if row is None or row["state"] not in {"kept", "unseen"}:
        return Done()
    webhook = inst.plugins.webhook(row["receiver"])
    if webhook is None:
        plugin = inst.plugins.owner(row["receiver"])
        if row["state"] == "unseen" and plugin is not None and plugin.ready:
            return _end(inst, held, row, "refused")
        raise Parked("Nobody handles these webhooks any more.")
    try:
        if row["state"] == "unseen":
            return _see(inst, held, webhook, row)
        event = event_of(row)
        inst.plugins.call(
            webhook.key,
            None,
            "handle",
            lambda ctx: webhook.handle(ctx, event),
            deadline=timedelta(seconds=30),
        )
    except PluginUnavailable as away:
        raise Parked(str(away)) from away
    return _end(inst, held, row, "handled")


def _sweep(inst: Installation, held: Claim) -> Result:
    """Forget old events, and those whose duty a person has forgotten, a batch a transaction."""
    ended = inbox.c.state.in_(["handled", "refused"])
    number = cast(inbox.c.id, Text)
    duty = exists().where(task.c.kind == WEBHOOK, task.c.key == number)
    heard = and_(task.c.kind.in_([HEARD, CHANNEL_HEARD]), task.c.key == number)
    hears = and_(task.c.kind.in_([HEAR, CHANNEL_HEAR]), task.c.key.like(number + ":%"))
    unheard = exists().where(or_(heard, hears), task.c.state != DutyState.DONE)
    past = and_(ended, inbox.c.received_at < inst.clock() - KEEP, ~unheard)
    old = select(inbox.c.id).where(or_(past, and_(~ended, ~duty))).limit(BATCH)
    gone = BATCH
    while gone == BATCH and not held.over():
        with inst.db.write() as conn:
            gone = conn.execute(inbox.delete().where(inbox.c.id.in_(old))).rowcount
    return Done()


def _see(inst: Installation, held: Claim, webhook: Webhook, row: RowMapping) -> Result:
    """Verify what was kept unseen; what does not hold is refused now as it would have been."""
    said = ask(inst, webhook, raw_delivery(row["event"]))
    events = said.events if isinstance(said, Reply) else said
    return _end(inst, held, row, "handled" if events else "refused", *events)


def _end(inst: Installation, held: Claim, row: RowMapping, state: str, *events: Accepted) -> Result:
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now, lease=LEASE)
        keep(inst, conn, row["receiver"], events, now)
        conn.execute(inbox.update().where(inbox.c.id == row["id"]).values(state=state))
        tasks.finish(conn, held)
    if events:
        ring(inst, events)
    return Settled()
