"""The ledger's pure rules, over zones, nights and orders of arrival."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tombola.campaigns.rules import Interval
from tombola.entries.rules import (
    ActionRule,
    Rules,
    Standing,
    State,
    decide_anew,
    period,
    period_ends,
)

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 # hypothesis wants naive bounds
    datetime(2032, 12, 31),  # noqa: DTZ001 # as above
    timezones=st.just(UTC),
)
zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


@given(moments, zones)
@settings(deadline=None)
def test_a_day_is_the_zones_calendar_day(at, zone):
    assert period(Interval.DAILY, at, zone) == at.astimezone(zone).date().isoformat()


@given(moments, zones, st.sampled_from([Interval.DAILY, Interval.HOURLY]))
@settings(deadline=None)
def test_a_period_ends_where_the_next_begins(at, zone, interval):
    end = period_ends(interval, at, zone)
    assert end is not None
    if (
        interval is Interval.HOURLY
        and at.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset()
    ):
        return  # the hour in which the clocks change may be cut short
    assert period(interval, end - timedelta(microseconds=1), zone) == period(interval, at, zone)
    assert period(interval, end, zone) != period(interval, at, zone)


@pytest.mark.parametrize(
    ("night", "hours"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2026, 10, 25, tzinfo=UTC), 25)],
)
def test_both_nights_of_the_clock_change(night, hours):
    midnight = night.replace(tzinfo=BERLIN).astimezone(UTC)
    steps = [midnight + timedelta(minutes=30 + 60 * n) for n in range(hours)]
    assert len({period(Interval.HOURLY, at, BERLIN) for at in steps}) == hours
    assert {period(Interval.DAILY, at, BERLIN) for at in steps} == {night.date().isoformat()}
    assert period_ends(Interval.DAILY, midnight, BERLIN) == midnight + timedelta(hours=hours)


def test_a_quarter_hour_zone_counts_its_own_hours():
    zone = ZoneInfo("Asia/Kathmandu")
    before = datetime(2026, 6, 1, 12, 14, tzinfo=UTC)
    assert period(Interval.HOURLY, before, zone) == "2026-06-01T17+0545"
    assert period(Interval.HOURLY, before + timedelta(minutes=1), zone) == "2026-06-01T18+0545"


def standing(number, hours, *, entrant=1, state=State.VALID, slot=None):
    at = START + timedelta(hours=hours)
    held = state is State.ARCHIVED and slot is not None
    return Standing(number, 1, entrant, at, state, slot, None, "", held)


def rules(interval=Interval.DAILY, days=30):
    return Rules(
        team_id=1, campaign_id=1, zone=BERLIN, starts_at=START,
        ends_at=START + timedelta(days=days), count_history=False,
        actions={1: ActionRule(1, interval, 1)},
    )  # fmt: skip


entries = st.lists(
    st.tuples(st.integers(-48, 24 * 40), st.integers(1, 3), st.sampled_from(list(State))),
    max_size=25,
)


@given(entries, st.sampled_from(list(Interval)), st.randoms())
@settings(deadline=None)
def test_totals_do_not_depend_on_the_order_of_arrival(raw, interval, random):
    stored = [
        standing(n, hours, entrant=who, state=state)
        for n, (hours, who, state) in enumerate(raw)
        if state is not State.ARCHIVED
    ]

    def counted(order):
        after = {each.entry_id: each for each in order} | decide_anew(order, rules(interval))
        return sorted((e.entrant_id, e.period) for e in after.values() if e.state is State.VALID)

    shuffled = list(stored)
    random.shuffle(shuffled)
    assert counted(stored) == counted(shuffled)


@given(entries, st.sampled_from(list(Interval)))
@settings(deadline=None)
def test_no_place_is_held_twice_and_deciding_again_changes_nothing(raw, interval):
    stored = [standing(n, h, entrant=who, state=state) for n, (h, who, state) in enumerate(raw)]
    after = {each.entry_id: each for each in stored} | decide_anew(stored, rules(interval))
    held = [(e.action_id, e.entrant_id, e.slot) for e in after.values() if e.slot is not None]
    assert len(held) == len(set(held))
    assert decide_anew(after.values(), rules(interval)) == {}


def test_who_holds_a_place_keeps_it():
    early = standing(1, 30)
    holder = standing(2, 40, slot="2026-01-02")
    after = decide_anew([early, holder], rules())
    assert after[1].state is State.SPENT
    assert after.get(2, holder).slot == "2026-01-02"


def test_an_archived_entry_keeps_its_place_taken():
    archived = standing(1, 40, state=State.ARCHIVED, slot="2026-01-02")
    after = decide_anew([archived, standing(2, 30)], rules())
    assert after[2].state is State.SPENT


def test_a_revoked_entry_gives_its_place_to_the_earliest_that_asked():
    revoked = standing(1, 30, state=State.REVOKED, slot="2026-01-02")
    later, earlier = standing(2, 40, state=State.SPENT), standing(3, 35, state=State.SPENT)
    after = decide_anew([revoked, later, earlier], rules())
    assert after[3].state is State.VALID
    assert after[3].slot == "2026-01-02"
    assert after[2].state is State.SPENT
