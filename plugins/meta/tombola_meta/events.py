"""Splits what Meta delivers into events. Pure.

Source: Meta, Graph API, “Webhooks”, reference of page and instagram; Messenger Platform, “Webhook
Events”; recorded deliveries; read 2026-11-21.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tombola.api import Accepted
from tombola_meta.accounts import CONNECTOR
from tombola_meta.reading import Raw, mapping, objects, text, uid
from tombola_meta.times import time_from

#: Topics by object and field; other fields are for nobody.
TOPICS: Final[Mapping[tuple[str, str], str]] = {
    ("page", "feed"): "meta.page.feed",
    ("page", "mention"): "meta.page.mention",
    ("instagram", "comments"): "meta.instagram.comments",
    ("instagram", "mentions"): "meta.instagram.mentions",
}
MESSAGING: Final = "meta.page.messaging"

#: Kinds of news on a page that come by the thousand and enter nobody.
NOISE: Final = frozenset({"like", "reaction"})

#: A comment's own time is that of its first event; an edit or a removal came later.
FIRST: Final = "add"

#: Lists of messages; those in ``standby`` are held by another app.
MESSAGES: Final = ("messaging", "standby")


def events_from(body: Raw) -> Iterator[Accepted]:
    """Give the events of a delivery, in its order; what is unknown is left out.

    An event that is delivered again has the same ``dedupe``: it is a hash over all of it and over
    the time that Meta puts beside it, since hiding a comment a second time is another event than
    hiding it the first time. Messages have an id of Meta's.

    Args:
        body: as ``reading.parsed`` gives it.
    """
    about = text(body.get("object")) or ""
    for entry in objects(body.get("entry")):
        account = uid(entry.get("id"))
        if account is None:
            continue
        for change in objects(entry.get("changes")):
            yield from _change(about, account, entry, change)
        if about == "page":
            for name in MESSAGES:
                for message in objects(entry.get(name)):
                    yield from _message(account, name, message)


def _change(about: str, account: str, entry: Raw, change: Raw) -> Iterator[Accepted]:
    field = text(change.get("field")) or ""
    topic, value = TOPICS.get((about, field)), mapping(change.get("value"))
    if topic is None or not value or text(value.get("item")) in NOISE:
        return
    at = time_from(value.get("created_time")) if text(value.get("verb")) == FIRST else None
    yield _event(
        topic,
        account,
        {"field": field, "value": value},
        hashed=[about, account, entry.get("time"), field, value],
        at=at or time_from(entry.get("time")),
    )


def _message(account: str, name: str, message: Raw) -> Iterator[Accepted]:
    said = mapping(message.get("message"))
    if said.get("is_echo") is True:
        return
    at = time_from(message.get("timestamp"))
    payload = {"standby": name == "standby", "event": message}
    key = _mid(message)
    hashed = [account, key] if key else [account, message]
    yield _event(MESSAGING, account, payload, hashed=hashed, at=at)


def _mid(message: Raw) -> str | None:
    """Name a message or a tapped button by Meta's id; its deletion is an event of its own."""
    for name in ("message", "postback"):
        inside = mapping(message.get(name))
        mid = text(inside.get("mid"))
        if mid is not None:
            return f"{mid} deleted" if inside.get("is_deleted") is True else mid
    return None


def _event(
    topic: str, account: str, payload: Mapping[str, Any], *, hashed: Any, at: Any
) -> Accepted:
    written = json.dumps([topic, hashed], sort_keys=True, separators=(",", ":"))
    return Accepted(
        dedupe=f"{topic}:{hashlib.sha256(written.encode()).hexdigest()}",
        payload={"account": account, **payload},
        occurred_at=at,
        topic=topic,
        account=account,
        connector=CONNECTOR,
    )
