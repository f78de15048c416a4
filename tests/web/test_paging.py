"""Places in a long list."""

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
