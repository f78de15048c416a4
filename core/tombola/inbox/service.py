"""Webhooks in: verified by the plugin, kept, answered after the commit, handled later."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, select

from tombola.api import (
    Accepted,
    Delivery,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Reply,
    Webhook,
)
from tombola.connections.service import connected_among
from tombola.db.sets import add_up, insert_new
from tombola.db.types import text_time, time_text
from tombola.inbox.checks import checked
from tombola.inbox.models import dropped, inbox
from tombola.inbox.unseen import COLUMNS, WEBHOOK, Unkept, keep_unseen
from tombola.installation import Installation
from tombola.plugins.validation import THING
from tombola.queue import tasks

log = structlog.get_logger("tombola.inbox")

#: The kind of duty that lets importers hear one event; the room of imports does it.
HEARD = "heard"
#: The kind of duty that lets one source hear one event; its key is ``<event>:<source>``.
HEAR = "hear"
#: The kind of duty that gives each channel, and each team whose account an event is, a duty of its
#: own to hear it; the room of messages does it.
CHANNEL_HEARD = "channel_heard"
#: The kind of duty that lets one channel hear one event for one team; its key is
#: ``<event>:<team>:<channel>``.
CHANNEL_HEAR = "channel_hear"
#: Bytes of a delivery; the largest documented one (a batch of a thousand changes) has less.
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


def receive(inst: Installation, receiver: str, delivery: Delivery) -> Answer:
    """Take one delivery.

    While the plugin is switched off, resting or not in order (broken, or left out in safe mode:
    nobody knows its receivers then, so any name is taken for one), the delivery is kept as it
    came, unseen, and verified when the plugin is back. An acknowledged delivery has been committed.

    Args:
        inst: The installation.
        receiver: The webhook's key, ``slug.name``.
        delivery: The request; its body is at most ``MOST_BYTES`` long.

    Raises:
        NotFound: No installed plugin has such a receiver.
    """
    webhook = inst.plugins.webhook(receiver)
    if webhook is None:
        if _is_away(inst, receiver):
            return _wait(inst, receiver, delivery)
        raise NotFound("Nobody receives webhooks here.")
    try:
        said = ask(inst, webhook, delivery)
    except PluginUnavailable:
        return _wait(inst, receiver, delivery)
    except PluginFailed:
        return Answer(503, "try again later")
    events = said.events if isinstance(said, Reply) else said
    if events:
        with inst.db.write() as conn:
            keep(inst, conn, receiver, events, inst.clock())
        ring(inst, events)
    if isinstance(said, Reply):
        return Answer(said.status, said.body, said.content_type)
    return Answer(200, "ok") if events else Answer(403, "refused")


def ask(inst: Installation, webhook: Webhook, delivery: Delivery) -> Reply | Sequence[Accepted]:
    """Let the plugin verify a delivery and split it into events; a wrong answer is its fault."""
    return inst.plugins.call(
        webhook.key, None, "receive", lambda ctx: checked(webhook.receive(ctx, delivery))
    )


def keep(
    inst: Installation,
    conn: Connection,
    receiver: str,
    events: Sequence[Accepted],
    now: datetime,
) -> None:
    """Keep verified events, each once by its ``dedupe``, with the duties of each new one.

    One duty lets the receiver's plugin handle it, another lets importers hear it, a third channels.
    Events of accounts that no team has connected are counted and dropped.
    """
    named = {_whose(each) for each in events} - {None}
    known = {None, *connected_among(conn, inst, {each for each in named if each is not None})}
    strange = Counter(each.topic for each in events if _whose(each) not in known)
    _count(conn, receiver, strange, now)
    rows = {each.dedupe: _row(receiver, each, now) for each in events if _whose(each) in known}
    new = insert_new(conn, inbox, COLUMNS, [rows[key] for key in sorted(rows)])
    for row in conn.execute(select(inbox.c.id, inbox.c.event).where(inbox.c.id.in_(new))):
        tasks.put(conn, WEBHOOK, str(row.id), now)
        if row.event.get("topic"):
            tasks.put(conn, HEARD, str(row.id), now)
        if row.event.get("connector"):
            tasks.put(conn, CHANNEL_HEARD, str(row.id), now)


def ring(inst: Installation, events: Sequence[Accepted]) -> None:
    """Wake those who do the duties of events that were kept."""
    inst.bell.ring(WEBHOOK)
    if any(each.topic for each in events):
        inst.bell.ring(HEARD)
    if any(each.connector for each in events):
        inst.bell.ring(CHANNEL_HEARD)


def event_of(row: RowMapping) -> Accepted:
    """The event of a row."""
    document = row["event"]
    return Accepted(
        row["dedupe"],
        document["payload"],
        text_time(document["at"]) if document["at"] else None,
        topic=document.get("topic", ""),
        account=document.get("account"),
        connector=document.get("connector"),
    )


def _whose(event: Accepted) -> tuple[str, str] | None:
    """The account of an event, as (connector, uid)."""
    if event.connector is None or event.account is None:
        return None
    return event.connector, event.account


def _count(conn: Connection, receiver: str, strange: Counter[str], now: datetime) -> None:
    rows = [(receiver, topic, f"{now:%Y-%m-%d}", n) for topic, n in strange.items()]
    if rows:
        log.info("events_dropped", receiver=receiver, events=sum(strange.values()))
        add_up(conn, dropped, ("receiver", "topic", "day", "times"), rows, ["times"])


def _wait(inst: Installation, receiver: str, delivery: Delivery) -> Answer:
    if delivery.method != "POST":
        return Answer(503, "switched off")
    try:
        with inst.db.write() as conn:
            keep_unseen(conn, receiver, delivery)
    except Unkept as full:
        return Answer(503, str(full))
    return Answer(200, "ok")


def _is_away(inst: Installation, receiver: str) -> bool:
    """Tell whether an installed plugin might have this receiver, were it in order."""
    slug, _, name = receiver.partition(".")
    plugin = inst.plugins.by_slug.get(slug)
    return plugin is not None and not plugin.ready and THING.fullmatch(name) is not None


def _row(receiver: str, event: Accepted, now: datetime) -> tuple[Any, ...]:
    at = time_text(event.occurred_at) if event.occurred_at else None
    document: dict[str, Any] = {"payload": dict(event.payload), "at": at}
    if event.topic:
        whose = {"account": event.account, "connector": event.connector}
        document |= {"topic": event.topic, **whose}
    return (receiver, event.dedupe, document, now, "kept")
