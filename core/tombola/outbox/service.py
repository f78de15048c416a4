"""What leaves after the commit: a row in the transaction that caused it, and nothing before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tombola.db.rows import insert_one
from tombola.outbox.models import outbox


def announce(
    conn: Connection,
    team_id: int,
    campaign_id: int | None,
    event: str,
    payload: Mapping[str, Any],
    now: datetime,
) -> None:
    """Note an event for the plugins that listen to it.

    Nobody hears of it unless the caller's transaction commits. The payload holds row numbers, not
    copies: what plugins are told is read when they are called (see ``jobs``).

    Args:
        conn: The transaction that made the event true.
        team_id: The team it happened in.
        campaign_id: The campaign, if it was in one.
        event: A hook's name without ``on_``.
        payload: What its builder needs to find the facts again.
        now: The moment, aware.
    """
    insert_one(
        conn,
        outbox,
        team_id=team_id,
        campaign_id=campaign_id,
        event=event,
        payload=dict(payload),
        at=now,
    )
