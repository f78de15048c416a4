"""What a plugin may answer to a delivery; run within the boundary, so that else is its fault."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tombola.api import Accepted, Reply

#: Characters of an event's ``dedupe``.
LONGEST_DEDUPE = 300
_STATUSES = range(100, 600)


def checked(said: object) -> Reply | Sequence[Accepted]:
    """Give what ``receive`` answered, looked through to its last event.

    Raises:
        TypeError: it is neither a ``Reply`` nor a sequence of ``Accepted``, or holds what is no
            text, time or JSON.
        ValueError: an event's ``dedupe`` or document cannot be kept as it is.
    """
    if isinstance(said, Reply):
        return _reply(said)
    return _events(said)


def _events(said: object) -> Sequence[Accepted]:
    if isinstance(said, str | bytes) or not isinstance(said, Sequence):
        raise TypeError(f"receive answered {type(said).__name__}, not a Reply or events")
    return [_event(each) for each in said]


def _reply(said: Reply) -> Reply:
    texts = isinstance(said.body, str) and isinstance(said.content_type, str)
    if not texts or type(said.status) is not int:
        raise TypeError("a Reply is a text, a status and a content type")
    if said.status not in _STATUSES or not said.content_type.isprintable():
        raise ValueError(f"a Reply cannot have the status {said.status} or this content type")
    said.body.encode()
    return replace(said, events=_events(said.events))


def _event(given: object) -> Accepted:
    if not isinstance(given, Accepted):
        raise TypeError(f"receive answered {type(given).__name__} among the events")
    if not isinstance(given.dedupe, str) or not isinstance(given.payload, Mapping):
        raise TypeError("an event has a text as its dedupe and a mapping as its payload")
    if not 0 < len(given.dedupe) <= LONGEST_DEDUPE:
        raise ValueError(f"an event's dedupe has 1 to {LONGEST_DEDUPE} characters")
    if given.occurred_at is not None and (
        not isinstance(given.occurred_at, datetime) or given.occurred_at.utcoffset() is None
    ):
        raise TypeError("an event's occurred_at is an aware time")
    need_storable(given.dedupe)
    _check_whose(given)
    return replace(given, payload=need_storable(dict(given.payload)))


def _check_whose(given: Accepted) -> None:
    named = [each for each in (given.account, given.connector) if each is not None]
    if not all(isinstance(each, str) for each in (given.topic, *named)):
        raise TypeError("an event's topic, account and connector are texts")
    if len(named) == 1 or any(not 0 < len(each) <= LONGEST_DEDUPE for each in named):
        raise ValueError("an event names an account and its connector, or neither")
    if len(given.topic) > LONGEST_DEDUPE or (named and not given.topic):
        raise ValueError("an event of an account has a topic, by which importers hear it")
    need_storable([given.topic, *named])


def need_storable(value: Any) -> Any:
    """Give a value as it will come back from the database; raise for what it would refuse."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    text.encode()
    kept = json.loads(text)
    if _has_nul(kept):
        raise ValueError("an event holds a NUL, which no database keeps")
    return kept


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(_has_nul, value))
