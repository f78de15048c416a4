"""Deliveries that nobody can verify yet, kept as they came while their plugin is away."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from tombola.api import Delivery
from tombola.db.sets import insert_new
from tombola.db.types import text_time, time_text
from tombola.inbox.checks import need_storable
from tombola.inbox.models import inbox
from tombola.queue import tasks

#: The kind of duty that handles one event.
WEBHOOK = "webhook"
COLUMNS = ("receiver", "dedupe", "event", "received_at", "state")
#: What strangers may leave for one plugin: deliveries, bytes of them all, and bytes of each.
MOST_UNSEEN = 10_000
MOST_UNSEEN_BYTES = 64 * 1024 * 1024
MOST_BYTES_EACH = 256 * 1024
#: Headers that say how a delivery came here and nothing of what it is; also their beginnings.
_ON_THE_WAY = frozenset({"host", "user-agent", "connection", "content-length", "date", "via"})
_OF_PROXIES = ("accept", "x-forwarded-", "x-real-ip", "x-request-id", "forwarded")


class Unkept(Exception):
    """There is no room for this delivery; its sender has to come again."""


def keep_unseen(conn: Connection, receiver: str, delivery: Delivery) -> None:
    """Keep a delivery once, with a duty that verifies it when the plugin is back. Idempotent.

    Two deliveries are the same when method, query, body and headers are, but for headers of the
    way. So a forged copy of a body never stands in the place of the signed one.

    Raises:
        Unkept: it is too large or of characters that no database keeps, or its plugin's room for
            deliveries of strangers is used.
    """
    document = raw_document(delivery)
    size = len(json.dumps(document))
    if size > MOST_BYTES_EACH:
        raise Unkept("too large to wait")
    if not _storable([receiver, document]):
        raise Unkept("unreadable")
    digest = _digest(receiver, delivery)
    waiting = _waiting(conn, receiver)
    if digest in waiting:
        return
    if len(waiting) >= MOST_UNSEEN or sum(waiting.values()) + size > MOST_UNSEEN_BYTES:
        raise Unkept("too many are waiting")
    row = (receiver, f"raw:{digest}:{size}", document, delivery.received_at, "unseen")
    for number in insert_new(conn, inbox, COLUMNS, [row]):
        tasks.put(conn, WEBHOOK, str(number), delivery.received_at)


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


def _digest(receiver: str, delivery: Delivery) -> str:
    headers = [
        (name, value)
        for name, value in sorted(delivery.headers.items())
        if name not in _ON_THE_WAY and not name.startswith(_OF_PROXIES)
    ]
    told = json.dumps([receiver, delivery.method, sorted(delivery.query.items()), headers])
    return hashlib.sha256(told.encode() + b"\n" + delivery.body).hexdigest()


def _waiting(conn: Connection, receiver: str) -> dict[str, int]:
    """Bytes of each delivery that waits for the receiver's plugin, by its digest.

    Both stand in the row's key, so that no document is read.
    """
    slug = receiver.partition(".")[0]
    waiting = select(inbox.c.dedupe).where(
        inbox.c.state == "unseen", inbox.c.receiver.startswith(f"{slug}.", autoescape=True)
    )
    keys = (key.split(":") for key in conn.execute(waiting).scalars())
    return {digest: int(size) for _, digest, size in keys}


def _storable(value: Any) -> bool:
    """Tell whether PostgreSQL takes a document: no NUL, nothing that is no Unicode."""
    try:
        need_storable(value)
    except ValueError:
        return False
    return True
