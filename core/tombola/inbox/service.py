"""Webhooks in: verified by the plugin, kept, answered after the commit, handled later."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

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
from tombola.db.types import text_time, time_text
from tombola.inbox.models import inbox
from tombola.installation import Installation
from tombola.queue import tasks

#: The kind of duty that handles one event.
WEBHOOK = "webhook"
#: Bytes of a delivery; the largest documented one (a batch of a thousand changes) has less.
MOST_BYTES = 1024 * 1024
#: Deliveries that are kept for a plugin that is switched off, until it is on again.
MOST_UNSEEN = 10_000
COLUMNS = ("receiver", "dedupe", "event", "received_at", "state")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


def receive(inst: Installation, receiver: str, delivery: Delivery) -> Answer:
    """Take one delivery.

    While the plugin is switched off or resting, the delivery is kept as it came, unseen, and
    verified when the plugin is back. An acknowledged delivery has been committed.

    Args:
        inst: The installation.
        receiver: The webhook's key, ``slug.name``.
        delivery: The request; its body is at most ``MOST_BYTES`` long.

    Raises:
        NotFound: No installed plugin has such a receiver.
    """
    webhook = inst.plugins.webhook(receiver)
    if webhook is None:
        raise NotFound("Nobody receives webhooks here.")
    try:
        said = ask(inst, webhook, delivery)
    except PluginUnavailable:
        return _keep_unseen(inst, receiver, delivery)
    except PluginFailed:
        return Answer(503, "try again later")
    if isinstance(said, Reply):
        return Answer(said.status, said.body, said.content_type)
    if not said:
        return Answer(403, "refused")
    with inst.db.write() as conn:
        keep(conn, receiver, said, inst.clock())
    inst.bell.ring(WEBHOOK)
    return Answer(200, "ok")


def ask(inst: Installation, webhook: Webhook, delivery: Delivery) -> Reply | Sequence[Accepted]:
    """Let the plugin verify a delivery and split it into events."""
    return inst.plugins.call(
        webhook.key, None, "receive", lambda ctx: webhook.receive(ctx, delivery)
    )


def keep(conn: Connection, receiver: str, events: Sequence[Accepted], now: datetime) -> None:
    """Keep verified events, each once by its ``dedupe``, with a duty for each new one."""
    rows = {event.dedupe: _row(receiver, event, now) for event in events}
    for number in insert_new(conn, inbox, COLUMNS, [rows[key] for key in sorted(rows)]):
        tasks.put(conn, WEBHOOK, str(number), now)


def raw_document(delivery: Delivery) -> dict[str, Any]:
    """A delivery as JSON, its bytes untouched."""
    return {
        "method": delivery.method,
        "headers": dict(delivery.headers),
        "query": dict(delivery.query),
        "body": base64.b64encode(delivery.body).decode(),
        "received_at": time_text(delivery.received_at),
    }


def raw_delivery(document: Mapping[str, Any]) -> Delivery:
    """The delivery that ``raw_document`` wrote."""
    return Delivery(
        method=document["method"],
        headers=document["headers"],
        query=document["query"],
        body=base64.b64decode(document["body"]),
        received_at=text_time(document["received_at"]),
    )


def _keep_unseen(inst: Installation, receiver: str, delivery: Delivery) -> Answer:
    if delivery.method != "POST":
        return Answer(503, "switched off")
    digest = hashlib.sha256(delivery.body).hexdigest()
    row = (receiver, f"raw:{digest}", raw_document(delivery), delivery.received_at, "unseen")
    with inst.db.write() as conn:
        waiting = conn.execute(
            select(func.count()).where(inbox.c.receiver == receiver, inbox.c.state == "unseen")
        ).scalar_one()
        if waiting >= MOST_UNSEEN:
            return Answer(503, "too many are waiting")
        for number in insert_new(conn, inbox, COLUMNS, [row]):
            tasks.put(conn, WEBHOOK, str(number), delivery.received_at)
    return Answer(200, "ok")


def _row(receiver: str, event: Accepted, now: datetime) -> tuple[Any, ...]:
    at = time_text(event.occurred_at) if event.occurred_at else None
    return (receiver, event.dedupe, {"payload": dict(event.payload), "at": at}, now, "kept")
