"""What leaves after the commit starts here: a row in the transaction that caused it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tombola.outbox.models import outbox


def announce(
    conn: Connection,
    team_id: int,
    campaign_id: int | None,
    event: str,
    payload: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep that an event happened, in the transaction in which it did.

    Args:
        conn: The write transaction of the act.
        team_id: The team it concerns.
        campaign_id: The campaign it concerns, if one.
        event: Name of the ``on_*`` hook without ``on_``.
        payload: JSON values that name what happened; the relay reads the rest by them.
        now: The act's moment.
    """
    conn.execute(
        outbox.insert().values(
            team_id=team_id, campaign_id=campaign_id, event=event, payload=dict(payload), at=now
        )
    )
