"""What may be said to whom, decided without clock and database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Purpose
from tombola.messages import rules
from tombola.messages.rules import Held, Known

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("known", "purpose", "held"),
    [
        (Known(agreed="now"), Purpose.CAMPAIGN_ENDED, None),
        (Known(agreed="before"), Purpose.CAMPAIGN_ENDED, Held.CONSENT),
        (Known(agreed="before"), Purpose.CAMPAIGN_CHANGED, Held.CONSENT),
        (Known(agreed="before"), Purpose.OTHER, Held.CONSENT),
        (Known(agreed="before"), Purpose.CONSENT, None),
        (Known(agreed="before"), Purpose.WINNER, None),
        (Known(agreed="before"), Purpose.CONFIRMATION, None),
        (Known(), Purpose.CAMPAIGN_ENDED, Held.NO_CONSENT),
        (Known(agreed="now", withdrawn=True), Purpose.CONSENT, Held.NO_CONSENT),
        (Known(), Purpose.INTEREST, None),
        (Known(agreed="now", opted_out_at=NOON), Purpose.WINNER, Held.OPTED_OUT),
        (Known(agreed="now", opted_out_at=NOON, opted_in_at=LATER), Purpose.OTHER, None),
        (Known(agreed="now", opted_out_at=NOON, opted_in_at=NOON), Purpose.OTHER, Held.OPTED_OUT),
        (Known(agreed="now", unreachable_at=NOON), Purpose.OTHER, Held.UNREACHABLE),
        (Known(agreed="now", unreachable_at=NOON, last_act_at=LATER), Purpose.OTHER, None),
        (Known(agreed="now", erased=True), Purpose.WINNER, Held.ERASED),
    ],
)
def test_what_the_core_itself_holds_off(known, purpose, held):
    assert rules.held(known, purpose, "now") is held


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1))
def test_of_moments_the_latest_stays_in_any_order(moments):
    found = None
    for each in moments:
        found = rules.later(found, each)
    assert found == max(moments)


@given(st.text(), st.dictionaries(st.sampled_from(rules.PLACES), st.text()))
def test_filling_never_fails_and_leaves_no_known_place(text, values):
    filled = rules.fill(f"{text} {{first_name|you}}", values)
    if not any("{" in value for value in values.values()) and "{" not in text:
        assert "{first_name" not in filled


def test_equal_promises_have_one_name_and_others_another():
    one = rules.fingerprint({"to": "x", "prizes": [("a", 1)]})
    assert one == rules.fingerprint({"prizes": [("a", 1)], "to": "x"})
    assert one != rules.fingerprint({"to": "x", "prizes": [("a", 2)]})


def test_a_confirmation_overtakes_and_ends_after_a_day():
    assert rules.urgency(Purpose.CONFIRMATION) < rules.urgency(Purpose.WINNER)
    assert rules.urgency(Purpose.WINNER) < rules.urgency(Purpose.OTHER)
    assert rules.good_until(Purpose.CONFIRMATION, NOON) == NOON + timedelta(days=1)
    assert rules.good_until(Purpose.OTHER, NOON) == NOON + timedelta(days=30)
