"""One event, several that hear it: each gets a duty of its own, so that none waits for another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from tombola.api import Accepted
from tombola.db.rows import first
from tombola.inbox.models import inbox
from tombola.inbox.service import event_of
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.tasks import Claim


@dataclass(frozen=True, slots=True)
class Ear:
    """Somebody who hears an event.

    Attributes:
        name: Who it is, for the duty's key ``<event>:<name>``.
        team_id: Whose duty it is.
        payload: What the duty carries beside the event.
    """

    name: str
    team_id: int
    payload: Mapping[str, Any]


def fan_out(
    inst: Installation,
    held: Claim,
    kind: str,
    ears: Callable[[Connection, Installation, Accepted], Sequence[Ear]],
) -> tuple[Accepted, int] | None:
    """Give each ear of the held event a duty, and end the held duty with them. Idempotent.

    Args:
        inst: The installation.
        held: The duty whose key is the event's number.
        kind: The kind of duty of each ear; the caller rings for it.
        ears: Says who hears an event, inside the transaction.

    Returns:
        The event and how many hear it; None when it is forgotten already.
    """
    with inst.db.read() as conn:
        row = first(conn, select(inbox).where(inbox.c.id == int(held.key)))
    if row is None:
        return None
    event = event_of(row)
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        found = ears(conn, inst, event)
        for ear in found:
            payload = {"event": row["id"], **ear.payload}
            key = f"{row['id']}:{ear.name}"
            tasks.put(conn, kind, key, now, team_id=ear.team_id, payload=payload)
        tasks.finish(conn, held)
    return event, len(found)
