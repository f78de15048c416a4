"""Webhooks in: verified by the plugin, kept, answered after the commit, handled later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tombola.api import (
    Accepted,
    Delivery,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Reply,
    Webhook,
)
from tombola.db.sets import insert_new
from tombola.db.types import time_text
from tombola.inbox.checks import checked
from tombola.inbox.models import inbox
from tombola.inbox.unseen import COLUMNS, WEBHOOK, Unkept, keep_unseen
from tombola.installation import Installation
from tombola.plugins.validation import THING
from tombola.queue import tasks

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
            keep(conn, receiver, events, inst.clock())
        inst.bell.ring(WEBHOOK)
    if isinstance(said, Reply):
        return Answer(said.status, said.body, said.content_type)
    return Answer(200, "ok") if events else Answer(403, "refused")


def ask(inst: Installation, webhook: Webhook, delivery: Delivery) -> Reply | Sequence[Accepted]:
    """Let the plugin verify a delivery and split it into events; a wrong answer is its fault."""
    return inst.plugins.call(
        webhook.key, None, "receive", lambda ctx: checked(webhook.receive(ctx, delivery))
    )


def keep(conn: Connection, receiver: str, events: Sequence[Accepted], now: datetime) -> None:
    """Keep verified events, each once by its ``dedupe``, with a duty for each new one."""
    rows = {event.dedupe: _row(receiver, event, now) for event in events}
    for number in insert_new(conn, inbox, COLUMNS, [rows[key] for key in sorted(rows)]):
        tasks.put(conn, WEBHOOK, str(number), now)


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
    return (receiver, event.dedupe, {"payload": dict(event.payload), "at": at}, now, "kept")
