"""Reckoning with a few looks: exact where all was seen, near where the pace is even."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola_twitter_import.reckoning import Look, places, reckon

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
PAGE = 10


def looks_at(ages):
    """What the search would answer at each place, for posts of these ages in seconds."""
    posts = sorted((NOW - timedelta(seconds=age) for age in ages), reverse=True)
    found = []
    for at in places(NOW - WEEK, NOW):
        older = [post for post in posts if post < at]
        found.append(Look(at, older[:PAGE], len(older) > PAGE))
        if len(older) <= PAGE:
            break
    return found


@pytest.mark.parametrize("every", [60, 600, 3600])
def test_an_even_pace_is_met(every):
    ages = range(1, int(WEEK.total_seconds()), every)
    assert reckon(looks_at(ages), NOW - WEEK) == pytest.approx(len(ages), rel=0.2)


def test_a_burst_does_not_count_for_the_week():
    week = range(1, int(WEEK.total_seconds()), 4 * 3600)
    burst = range(1, 1800, 10)
    real = len(week) + len(burst)
    assert real / 3 < reckon(looks_at([*week, *burst]), NOW - WEEK) < real * 3


@given(st.lists(st.integers(1, 7 * 86_400 - 1), max_size=400))
def test_it_never_reckons_less_than_it_saw(ages):
    looks = looks_at(ages)
    seen = {at for look in looks for at in look.times}
    assert reckon(looks, NOW - WEEK) >= len(seen)


def test_a_short_stretch_is_looked_at_where_it_is():
    assert list(places(NOW - timedelta(hours=2), NOW)) == [NOW, NOW - timedelta(minutes=15)]
