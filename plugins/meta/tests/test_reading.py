import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola_meta import reading
from tombola_meta.times import time_from

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T10:00:00+0000",
        "2026-11-20T10:00:00+00:00",
        "2026-11-20T12:00:00+0200",
        "2026-11-20T10:00:00Z",
        "2026-11-20T10:00:00",
        int(TEN.timestamp()),
        str(int(TEN.timestamp())),
        int(TEN.timestamp() * 1000),
        TEN.timestamp(),
    ],
)
def test_every_form_of_a_time_is_the_same_moment(written):
    assert time_from(written) == TEN


@pytest.mark.parametrize(
    "written",
    [
        *[None, True, 0, -1, "", "soon", [], {}, "9" * 400],
        *[1e300, float("nan"), float("inf"), 10**400, "nan", "inf"],
        *["2026-13-01T00:00:00+0000", "0001-01-01T00:00:00+0200"],
    ],
)
def test_what_is_no_time_is_none(written):
    assert time_from(written) is None


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001
def test_offsets_are_heeded(naive, hours):
    at = naive.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    assert time_from(at.strftime("%Y-%m-%dT%H:%M:%S%z")) == at


def test_ids_become_text_wherever_they_stand():
    body = b'{"id":100,"entry":[{"id":7,"post_id":8,"from":{"id":9},"likes":3,"paid":4}]}'
    assert reading.parsed(body) == {
        "id": "100",
        "entry": [{"id": "7", "post_id": "8", "from": {"id": "9"}, "likes": 3, "paid": 4}],
    }


def test_what_databases_refuse_is_taken_out():
    body = b'{"a\\u0000":"x\\u0000y\\ud800","b":NaN,"c":1e999,"d":-Infinity}'
    assert reading.parsed(body) == {"a": "xy?", "b": None, "c": None, "d": None}


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"{", b'{"a":', b"[" * 200_000, b"1" * 5_000, b"<html>"],
    ids=lambda body: repr(body[:8]),
)
def test_what_is_no_json_is_said_to_be_none(body):
    with pytest.raises(ValueError, match="no JSON"):
        reading.parsed(body)


def test_deep_nesting_ends():
    deep = b"[" * 900 + b"1" + b"]" * 900
    assert json.dumps(reading.parsed(deep)).count("[") == reading.DEPTH_MAX


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text() | st.sampled_from(["id"]), inside),
    max_leaves=20,
)


@given(json_values)
def test_whatever_is_read_can_be_kept(value):
    kept = reading.clean(value)
    json.dumps(kept, ensure_ascii=False, allow_nan=False).encode()
    assert "\x00" not in json.dumps(kept, ensure_ascii=False)


@given(json_values)
def test_values_of_another_kind_are_missing(value):
    assert isinstance(reading.mapping(value), dict)
    assert all(isinstance(each, dict) for each in reading.objects(value))
    assert all(isinstance(each, str) for each in reading.words(value))
    assert reading.text(value) is None or isinstance(value, str)
    assert reading.uid(value) is None or isinstance(reading.uid(value), str)
    assert reading.number(value) is None or isinstance(value, int | float)
