"""Bars of entries over time: what they add up to, and how they are laid out."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tombola.campaigns.models import campaign
from tombola.entries.charts import COLOURS, MOST_BARS, REST, By, chart, drawn
from tombola.teams.rules import Actor, Role

DAY = date(2026, 6, 1)
DAYS = st.integers(0, 400).map(lambda n: DAY + timedelta(days=n))
COUNTS = st.dictionaries(st.tuples(DAYS, st.sampled_from("abcdefghijk")), st.integers(0, 9))


@given(COUNTS, st.integers(0, 400))
def test_bars_hold_every_entry_of_their_days_once(counts, span):
    last = DAY + timedelta(days=span)
    made = drawn(counts, DAY, last)
    inside = sum(n for (day, _), n in counts.items() if day <= last)
    assert made.entries == inside == sum(bar.entries for bar in made.bars)
    assert sum(one.entries for one in made.series) == inside
    assert len(made.series) <= COLOURS
    assert len(made.bars) <= MOST_BARS
    assert made.bars[0].first == DAY
    assert made.bars[-1].last == last
    for bar, following in zip(made.bars, made.bars[1:], strict=False):
        assert following.first == bar.last + timedelta(days=1)
    for bar in made.bars:
        assert sum(part.entries for part in bar.parts) == bar.entries
        assert all(part.low + part.height <= 1 + 1e-9 for part in bar.parts)


def test_small_series_share_the_last_colour():
    counts = {(DAY, str(n)): 20 - n for n in range(COLOURS + 3)}
    made = drawn(counts, DAY, DAY)
    assert [one.key for one in made.series][-1] == REST
    assert made.series[-1].entries == sum(20 - n for n in range(COLOURS - 1, COLOURS + 3))


def test_chart_of_a_campaign_is_by_action_or_by_how_they_came(ledger, inst, clock):
    one, two = ledger.action(), ledger.action()
    for place, action in enumerate([one, one, two]):
        ledger.record(ledger.draft(action, ledger.person(), str(place), clock()))
    with ledger.db.read() as conn:
        uid = conn.execute(select(campaign.c.uid)).scalar_one()
    viewer = Actor(ledger.team_id, "", None, "V", Role.VIEWER)
    made = chart(inst, viewer, uid, By.ACTION)
    assert [each.entries for each in made.series] == [2, 1]
    assert made.entries == 3
    [only] = chart(inst, viewer, uid, By.SOURCE).series
    assert (only.key, only.entries) == ("test", 3)
    assert len(made.bars) == 1  # before the first entry there is nothing to show
    clock.advance(timedelta(days=5))
    assert len(chart(inst, viewer, uid, By.ACTION).bars) == 6
    assert len(chart(inst, viewer, uid, By.ACTION, 3).bars) == 3
