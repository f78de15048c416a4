"""Near misses: what was reported and became nothing, counted by name and reason."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from tombola.widget.models import near_miss
from tombola.widget.parts import Judged, Part
from tombola.widget.rules import Miss

#: Different names that a campaign's list of near misses holds; a page gone wild adds no more.
MOST_MISSES = 200


def note(conn: Connection, parts: Iterable[Part], weighed: Iterable[Judged], now: datetime) -> None:
    """Count what matched nothing, and what was not believable enough for some action."""
    counted = Counter(
        (part.place.campaign.team_id, part.place.campaign.id, name, miss)
        for part in parts
        for name, miss in part.misses
    )
    for each in weighed:
        if (miss := each.miss) is not None:
            campaign = each.part.place.campaign
            counted[campaign.team_id, campaign.id, each.pushed.name, miss] += 1
    for (team_id, campaign_id, name, miss), times in sorted(counted.items()):
        if _has_room(conn, campaign_id, name, miss):
            _add(conn, team_id, campaign_id, name, miss, times, now)


def _has_room(conn: Connection, campaign_id: int, name: str, miss: Miss) -> bool:
    here = near_miss.c.campaign_id == campaign_id
    count, known = conn.execute(
        select(
            func.count(),
            func.count().filter(near_miss.c.name == name, near_miss.c.reason == miss.value),
        ).where(here)
    ).one()
    return bool(known) or count < MOST_MISSES


def _add(
    conn: Connection,
    team_id: int,
    campaign_id: int,
    name: str,
    miss: Miss,
    times: int,
    now: datetime,
) -> None:
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(near_miss).values(
        team_id=team_id, campaign_id=campaign_id, name=name, reason=miss.value, times=times,
        first_at=now, last_at=now,
    )  # fmt: skip
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[near_miss.c.campaign_id, near_miss.c.name, near_miss.c.reason],
            set_={"times": near_miss.c.times + statement.excluded.times, "last_at": now},
        )
    )
