"""Deliveries as they were recorded, old and new, through the receiver to what they say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola_messenger.mapping import Enforcement, Heard, Token, heard_from
from tombola_meta import reading
from tombola_meta.events import events_from

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORDED = [
    pytest.param(each["body"], each["heard"], id=f"{path.stem}: {each['name']}")
    for path in sorted((Path(__file__).parent / "recorded").glob("*.json"))
    for each in json.loads(path.read_text())
]


def read(body):
    """Read a delivery as the receiver does: every event, once."""
    wire = json.dumps(body, ensure_ascii=True).replace("/", "\\/").encode()
    events = list(events_from(reading.parsed(wire)))
    return [heard_from(each.payload["event"], each.payload["account"], NOW) for each in events]


@pytest.mark.parametrize(("body", "heard"), RECORDED)
def test_recorded_deliveries_say_what_they_said(body, heard):
    found = read(body)
    if heard is None:
        assert found == []
        return
    (one,) = found
    expected = {**heard}
    for name in ("delivered_through", "read_through"):
        if name in expected:
            expected[name] = datetime.fromtimestamp(expected[name], UTC)
    if "token" in expected:
        expected["token"] = Token(*expected["token"])
    if "enforcement" in expected:
        expected["enforcement"] = Enforcement(*expected["enforcement"])
    if "delivered" in expected:
        expected["delivered"] = tuple(expected["delivered"])
    assert one == Heard(at=one.at, **expected)
    assert one.at <= NOW


def test_batch_of_many_pages_and_people_is_read_whole():
    entries = [
        {
            "id": str(page),
            "time": 1,
            "messaging": [
                {"sender": {"id": f"{page}{n}"}, "message": {"mid": f"m{page}{n}", "text": "hi"}}
                for n in range(3)
            ],
        }
        for page in (1, 2)
    ]
    found = read({"object": "page", "entry": entries})
    assert [each.person for each in found] == ["10", "11", "12", "20", "21", "22"]


def test_time_is_the_events_and_never_later_than_now():
    event = {"sender": {"id": "7"}, "message": {"text": "hi"}}
    assert heard_from(event, "100", NOW).at == NOW
    early = {**event, "timestamp": int((NOW - timedelta(hours=1)).timestamp() * 1000)}
    assert heard_from(early, "100", NOW).at == NOW - timedelta(hours=1)
    late = {**event, "timestamp": int((NOW + timedelta(days=9)).timestamp() * 1000)}
    assert heard_from(late, "100", NOW).at == NOW


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "sender recipient timestamp message postback referral optin reaction delivery read "
    "policy-enforcement pass_thread_control other"
)
KEYS = st.sampled_from(NAMES.split())


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_whatever_comes_is_read(event):
    heard = heard_from(reading.clean(event), "100", NOW)
    assert heard.at <= NOW


@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_whatever_a_known_person_sends_is_read(event):
    heard = heard_from(reading.clean({**event, "sender": {"id": "7"}}), "100", NOW)
    assert heard.person in {"7", None}
