"""Messenger's rules by the calendar and the clock: what may be said to whom on which day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import NotNow, Purpose, render
from tombola_messenger import rules
from tombola_messenger.policy import ALLOWED_BY, BY_REVIEW, Has, Review, judge
from tombola_messenger.ways import (
    EVENT_TAG,
    ONE_TIME,
    REPLY,
    UTILITY,
    WAYS,
    WINDOW,
    Need,
    Way,
)

#: The days on which rules changed, and one on each side.
IN_2025 = datetime(2025, 12, 1, 12, tzinfo=UTC)
RECURRING_LAST = datetime(2026, 2, 9, 23, 59, 59, tzinfo=UTC)
RECURRING_OVER = datetime(2026, 2, 10, tzinfo=UTC)
TAGS_LAST = datetime(2026, 4, 26, 23, 59, 59, tzinfo=UTC)
TAGS_OVER = datetime(2026, 4, 27, tzinfo=UTC)
TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)

LONG_AGO = timedelta(days=30)
LATELY = timedelta(days=3)
APPROVED, NOTHING = Has(Review.APPROVED), Has()
EVERYTHING = Has(Review.APPROVED, one_time=True, token=True)
CAMPAIGN = (Purpose.CAMPAIGN_CHANGED, Purpose.CAMPAIGN_ENDED, Purpose.WINNER)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("at", [IN_2025, TAGS_LAST, TAGS_OVER, TODAY], ids=str)
@pytest.mark.parametrize(
    ("ago", "is_open"),
    [
        (timedelta(), True),
        (timedelta(hours=23, minutes=59), True),
        (timedelta(hours=24) - timedelta(seconds=1), True),
        (timedelta(hours=24), False),
        (timedelta(hours=24, minutes=1), False),
    ],
    ids=str,
)
def test_anything_may_be_said_for_24_hours_on_any_day(purpose, at, ago, is_open):
    way = judge(at - ago, purpose, NOTHING, at)
    assert (way is REPLY) == is_open


TABLE = [
    # what is said, when, how long after their last act, what there is, by which way
    *((each, IN_2025, LONG_AGO, NOTHING, EVENT_TAG) for each in sorted(CAMPAIGN)),
    *((each, RECURRING_LAST, LONG_AGO, NOTHING, EVENT_TAG) for each in sorted(CAMPAIGN)),
    *((each, RECURRING_OVER, LONG_AGO, NOTHING, EVENT_TAG) for each in sorted(CAMPAIGN)),
    *((each, TAGS_LAST, LONG_AGO, APPROVED, EVENT_TAG) for each in sorted(CAMPAIGN)),
    *((each, TAGS_OVER, LONG_AGO, NOTHING, None) for each in sorted(CAMPAIGN)),
    *((each, TODAY, LONG_AGO, NOTHING, None) for each in sorted(CAMPAIGN)),
    *((each, TODAY, LONG_AGO, Has(Review.PENDING), None) for each in sorted(CAMPAIGN)),
    *((each, TODAY, LONG_AGO, Has(Review.REJECTED), None) for each in sorted(CAMPAIGN)),
    *((each, TAGS_OVER, LONG_AGO, APPROVED, UTILITY) for each in sorted(CAMPAIGN)),
    *((each, TODAY, LONG_AGO, APPROVED, UTILITY) for each in sorted(CAMPAIGN)),
    (Purpose.CONFIRMATION, TAGS_LAST, LONG_AGO, NOTHING, None),
    (Purpose.CONFIRMATION, TODAY, LONG_AGO, APPROVED, UTILITY),
    # Opting in to One-Time Notification may not be rewarded.
    (Purpose.CONFIRMATION, TODAY, LONG_AGO, Has(one_time=True, token=True), None),
    (Purpose.INTEREST, TODAY, LONG_AGO, Has(one_time=True, token=True), ONE_TIME),
    (Purpose.INTEREST, TODAY, LONG_AGO, Has(one_time=False, token=True), None),
    (Purpose.INTEREST, TODAY, LONG_AGO, Has(one_time=True, token=False), None),
    # Asking for something is no news about what people have entered.
    (Purpose.INTEREST, TAGS_LAST, LONG_AGO, APPROVED, None),
    (Purpose.CONSENT, TAGS_LAST, LONG_AGO, EVERYTHING, None),
    (Purpose.CONSENT, TODAY, LONG_AGO, EVERYTHING, None),
    # What goes to many is not written by a human to one person.
    (Purpose.OTHER, TODAY, LATELY, EVERYTHING, None),
    (Purpose.OTHER, TAGS_LAST, LATELY, EVERYTHING, None),
]


@pytest.mark.parametrize(("purpose", "at", "ago", "has", "way"), TABLE)
def test_state_table(purpose, at, ago, has, way):
    found = judge(at - ago, purpose, has, at)
    assert isinstance(found, NotNow) if way is None else found is way


def test_dead_tag_is_refused_with_its_day_and_the_alternative():
    before = judge(TAGS_LAST - LONG_AGO, Purpose.CAMPAIGN_ENDED, NOTHING, TAGS_LAST)
    assert isinstance(before, Way)
    assert before.tag == "CONFIRMED_EVENT_UPDATE"
    after = judge(TAGS_OVER - LONG_AGO, Purpose.CAMPAIGN_ENDED, NOTHING, TAGS_OVER)
    assert isinstance(after, NotNow)
    assert "2026-04-27" in render(after.reason)
    assert "utility message" in render(after.alternative or "").lower()


def test_one_time_notification_is_refused_for_a_confirmation_with_the_reason():
    refused = judge(None, Purpose.CONFIRMATION, Has(one_time=True, token=True), TODAY)
    assert isinstance(refused, NotNow)
    assert "One-Time Notification" in render(refused.reason)


def test_each_state_of_a_template_has_its_own_remedy():
    found = set()
    for review in BY_REVIEW:
        refused = judge(None, Purpose.WINNER, Has(review), TODAY)
        assert isinstance(refused, NotNow)
        found.add(render(refused.alternative or ""))
    assert len(found) == len(BY_REVIEW)


@given(
    st.sampled_from(list(Purpose)),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the bounds are naive by contract
    st.none() | st.timedeltas(timedelta(), timedelta(days=400)),
    st.builds(Has, st.sampled_from(list(Review)), st.booleans(), st.booleans()),
)
def test_nothing_goes_outside_the_rules(purpose, at, ago, has):
    last = None if ago is None else at - ago
    way = judge(last, purpose, has, at)
    if isinstance(way, NotNow):
        # The same words for everybody whom the same rule holds off: no times of theirs.
        assert way.until is None
        return
    assert purpose in way.purposes
    assert way.ends is None or at < way.ends
    assert way.within is None or (last is not None and at - last < way.within)
    assert way.need is not Need.NEVER
    assert way.tag != "HUMAN_AGENT"
    assert way.need is not Need.TEMPLATE or has.review is Review.APPROVED
    assert way.need is not Need.TOKEN or (has.one_time and has.token)


def test_every_rule_names_its_source_and_is_told_to_the_team():
    assert len({way.key for way in WAYS}) == len(WAYS) == len(rules.ALL)
    for way, rule in zip(WAYS, rules.ALL, strict=True):
        assert "read 2026-" in way.source
        assert (rule.since, rule.until) == (way.begins, way.ends)
    assert {way.key for way in WAYS if way.purposes} == set(ALLOWED_BY)
    assert timedelta(hours=24) == WINDOW
