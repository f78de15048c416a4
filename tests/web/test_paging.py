"""Places in a long list."""

import base64
import json
from datetime import UTC, datetime

import pytest

from tombola.api import Invalid
from tombola.web.paging import decode, encode


def test_place_comes_back_the_same():
    at = datetime(2026, 11, 21, 9, 0, 0, 123456, tzinfo=UTC)
    assert decode(encode(at, 7)) == (at, 7)


def test_no_place_is_the_top():
    assert decode(None) is None
    assert decode("") is None


@pytest.mark.parametrize(
    "place", ["x", "%%%", "e30", "WzEsMl0", "WyIyMDI2LTAxLTAxIiwxXQ", "W" * 5000, "é"]
)
def test_foreign_place_is_refused(place):
    with pytest.raises(Invalid):
        decode(place)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_times_that_no_zone_can_name_are_refused(at):
    text = base64.urlsafe_b64encode(json.dumps([at, 1]).encode()).decode()
    with pytest.raises(Invalid):
        decode(text)
