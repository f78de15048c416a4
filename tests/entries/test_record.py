"""record(): the one door of the ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from tombola.campaigns.models import campaign
from tombola.entries.models import entry, ledger_event, participation
from tombola.entries.record import Status, load_rules, record
from tombola.entries.totals import recount
from tombola.outbox.models import outbox

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def test_a_set_is_recorded_once_however_often_it_comes(ledger):
    act = ledger.action()
    who = ledger.person()
    drafts = [ledger.draft(act, who, str(n)) for n in range(40)]
    assert statuses(ledger.record(*drafts)) == [Status.NEW] * 40
    again = ledger.record(*drafts)
    assert statuses(again) == [Status.KNOWN] * 40
    with ledger.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(entry)).scalar() == 40
        assert conn.execute(select(func.count()).select_from(ledger_event)).scalar() == 1
        assert conn.execute(select(func.count()).select_from(outbox)).scalar() == 1
        assert recount(conn, ledger.campaign_id) == []


def test_outcomes_stand_in_the_order_of_the_drafts(ledger):
    act = ledger.action()
    first, second = ledger.person("1"), ledger.person("2")
    known = ledger.record(ledger.draft(act, second, "b"))[0]
    outcomes = ledger.record(
        ledger.draft(act, second, "c", NOW - timedelta(hours=1)),
        ledger.draft(act, second, "b"),
        ledger.draft(act, first, "a"),
    )
    assert statuses(outcomes) == [Status.NEW, Status.KNOWN, Status.NEW]
    assert outcomes[1].entry_id == known.entry_id
    assert len({outcome.entry_id for outcome in outcomes}) == 3


def test_a_key_that_stands_twice_in_a_set_is_new_once(ledger):
    act = ledger.action()
    who = ledger.person()
    twice = ledger.draft(act, who, "same")
    assert sorted(statuses(ledger.record(twice, twice))) == [Status.KNOWN, Status.NEW]


def test_of_two_posts_of_a_day_the_earlier_counts_and_the_other_is_listed(ledger):
    act = ledger.action("daily", worth=7)
    who = ledger.person()
    outcomes = ledger.record(
        ledger.draft(act, who, "late", NOW),
        ledger.draft(act, who, "early", NOW - timedelta(hours=2)),
        ledger.draft(act, who, "yesterday", NOW - timedelta(days=1)),
    )
    assert statuses(outcomes) == [Status.SPENT, Status.NEW, Status.NEW]
    with ledger.db.read() as conn:
        row = conn.execute(select(participation)).mappings().one()
        assert (row["entries"], row["worth_counted"]) == (2, 14)
        assert recount(conn, ledger.campaign_id) == []


@pytest.mark.parametrize(
    ("interval", "apart", "counted"),
    [
        ("once", timedelta(days=3), 1),
        ("hourly", timedelta(minutes=30), 1),
        ("hourly", timedelta(hours=1), 2),
        ("daily", timedelta(hours=5), 1),
        ("daily", timedelta(days=1), 2),
        ("unlimited", timedelta(0), 2),
    ],
)
def test_intervals(ledger, interval, apart, counted):
    act = ledger.action(interval)
    who = ledger.person()
    last = NOW + timedelta(minutes=45)
    ledger.record(ledger.draft(act, who, "a", last - apart), now=last)
    ledger.record(ledger.draft(act, who, "b", last), now=last)
    with ledger.db.read() as conn:
        assert conn.execute(select(participation.c.entries)).scalar() == counted


def test_items_outside_the_dates_are_kept_and_not_counted(ledger):
    act = ledger.action("once")
    who = ledger.person()
    outcomes = ledger.record(
        ledger.draft(act, who, "before", NOW - timedelta(days=11)),
        ledger.draft(act, who, "at the end", NOW + timedelta(minutes=4)),
    )
    assert statuses(outcomes) == [Status.OUTSIDE, Status.NEW]


def test_a_refused_draft_is_kept_with_its_reason_and_takes_no_place(ledger):
    act = ledger.action("once")
    who = ledger.person()
    refused = ledger.record(ledger.draft(act, who, "bot"), refused={"bot": "too fast"})
    assert statuses(refused) == [Status.REFUSED]
    assert statuses(ledger.record(ledger.draft(act, who, "human"))) == [Status.NEW]
    with ledger.db.read() as conn:
        kept = conn.execute(select(entry.c.reason).where(entry.c.key == "bot")).scalar()
        assert kept == "too fast"


def test_a_time_from_the_future_is_judged_as_soon(ledger):
    act = ledger.action()
    ledger.record(ledger.draft(act, ledger.person(), "a", NOW + timedelta(days=3)))
    with ledger.db.read() as conn:
        row = conn.execute(select(entry)).mappings().one()
        assert row["occurred_at"] == NOW + timedelta(days=3)
        assert row["sort_at"] == NOW + timedelta(minutes=5)


def test_ledger_events_are_numbered_without_gaps(ledger):
    act = ledger.action("once")
    who = ledger.person()
    for key in ("a", "a", "b"):
        ledger.record(ledger.draft(act, who, key))
    with ledger.db.read() as conn:
        numbers = conn.execute(select(ledger_event.c.n).order_by(ledger_event.c.n)).scalars()
        assert list(numbers) == [1, 2]
        assert conn.execute(select(campaign.c.ledger_n)).scalar() == 2


def test_nothing_stays_when_the_callers_transaction_fails(ledger):
    draft = ledger.draft(ledger.action(), ledger.person(), "a")

    def fail():
        with ledger.db.write() as conn:
            record(conn, [draft], load_rules(conn, ledger.campaign_id), NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with ledger.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(entry)).scalar() == 0
        assert recount(conn, ledger.campaign_id) == []


def test_one_click_and_a_full_page_take_as_many_statements(ledger):
    act = ledger.action("daily")
    people = [ledger.person(str(n)) for n in range(100)]
    counts = []
    for size in (1, 100):
        seen: list[str] = []

        def count(_conn, _cursor, statement, *_rest, seen=seen):
            seen.append(statement)

        event.listen(ledger.db.engine, "before_cursor_execute", count)
        ledger.record(*[ledger.draft(act, who, f"{size}-{who.id}") for who in people[:size]])
        event.remove(ledger.db.engine, "before_cursor_execute", count)
        counts.append(len(seen))
    # The page finds one place taken by the click, which costs a second look and a second insert.
    assert counts[1] <= counts[0] + 4
    assert counts[0] <= 16
