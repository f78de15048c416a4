"""A campaign's days are its own zone's: a second on either side of midnight is two days."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tombola.entries.models import entry


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Europe/Berlin", datetime(2026, 6, 1, 22, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 6, 1, 15, tzinfo=UTC)),
        ("America/St_Johns", datetime(2026, 6, 2, 2, 30, tzinfo=UTC)),
    ],
)
def test_a_second_before_and_after_midnight_are_two_days(database, new_ledger, zone, midnight):
    ledger = new_ledger(database, zone)
    action, who = ledger.action("daily"), ledger.person()
    before, after = midnight - timedelta(seconds=1), midnight + timedelta(seconds=1)
    ledger.record(
        ledger.draft(action, who, "a", before),
        ledger.draft(action, who, "b", after),
        ledger.draft(action, who, "c", after + timedelta(hours=1)),
        now=after + timedelta(hours=2),
    )
    with database.read() as conn:
        rows = conn.execute(select(entry.c.local_day, entry.c.state).order_by(entry.c.key)).all()
    assert [tuple(row) for row in rows] == [
        ("2026-06-01", "valid"),
        ("2026-06-02", "valid"),
        ("2026-06-02", "spent"),
    ]
