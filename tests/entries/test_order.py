"""Orders of arrival, and the hold that keeps writers out while a campaign is frozen."""

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tombola.db.sets import lock_alone
from tombola.entries.models import entry, participation, total
from tombola.entries.totals import recount

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONES = ["Europe/Berlin", "Pacific/Chatham", "America/St_Johns"]
posts = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 26 * 24), st.integers(1, 4)),
    min_size=1,
    max_size=14,
)


def outcome(ledger, action, drafts, sizes):
    """Record in sets of the given sizes, and tell what counts: by day and state, by person."""
    rest = list(drafts)
    for size in sizes:
        ledger.record(*rest[:size])
        rest = rest[size:]
    ledger.record(*rest)
    with ledger.db.read() as conn:
        assert recount(conn, ledger.campaign_id) == []
        days = conn.execute(
            select(total.c.local_day, total.c.state, total.c.entries, total.c.worth).where(
                total.c.action_id == action
            )
        )
        people = conn.execute(
            select(entry.c.entrant_id, entry.c.state, func.count())
            .where(entry.c.action_id == action)
            .group_by(entry.c.entrant_id, entry.c.state)
        )
        return sorted(map(tuple, days)), sorted(map(tuple, people))


@pytest.mark.parametrize("interval", ["once", "hourly", "daily", "unlimited"])
@given(st.sampled_from(ZONES), posts, st.lists(st.integers(1, 5), max_size=4), st.integers())
@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_totals_are_the_same_in_every_order(
    sqlite_database, new_ledger, empty, interval, zone, raw, sizes, seed
):
    empty(sqlite_database)
    ledger = new_ledger(sqlite_database, zone)
    people = {number: ledger.person(str(number)) for number in (1, 2, 3)}
    found = []
    for turn in range(2):
        action = ledger.action(interval, worth=3)
        drafts = [
            ledger.draft(action, people[who], f"{n}", NOW - timedelta(hours=hours, minutes=minute))
            for n, (who, hours, minute) in enumerate(raw)
        ]
        if turn:
            random.Random(seed).shuffle(drafts)  # noqa: S311 # an order, no secret
        found.append(outcome(ledger, action, drafts, sizes if turn else []))
    # A once-only place may be held by another day's post; days are compared where they decide.
    assert found[0][1] == found[1][1]
    if interval in {"daily", "hourly", "unlimited"}:
        assert found[0][0] == found[1][0]


def test_nobody_records_while_a_campaign_is_frozen(ledger):
    action = ledger.action()
    draft = ledger.draft(action, ledger.person(), "late")
    recorded = threading.Event()

    def write():
        ledger.record(draft)
        recorded.set()

    with ledger.db.write() as conn:
        lock_alone(conn, ledger.campaign_id)
        writer = threading.Thread(target=write)
        writer.start()
        assert not recorded.wait(0.5)
        seen = conn.execute(select(func.count()).select_from(entry)).scalar_one()
        assert seen == 0
    writer.join(10)
    assert recorded.is_set()


def test_writers_of_one_campaign_do_not_lose_each_others_totals(ledger):
    action = ledger.action("daily")
    people = [ledger.person(str(n)) for n in range(20)]

    def write(writer):
        for round_ in range(5):
            ledger.record(
                *[ledger.draft(action, who, f"{writer}-{round_}-{who.id}") for who in people]
            )

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.db.read() as conn:
        assert recount(conn, ledger.campaign_id) == []
        assert conn.execute(select(func.sum(participation.c.entries))).scalar() == len(people)
        assert conn.execute(select(func.count()).select_from(entry)).scalar() == 400
