"""Forms, phases, keys and order, without a database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tombola.campaigns.rules import (
    KEY_LETTERS,
    CampaignForm,
    Phase,
    new_key,
    phase,
    reordered,
)

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def form(**values):
    return CampaignForm.model_validate(
        {"title": "Summer", "starts_at": START, "ends_at": START + timedelta(days=1)} | values
    )


def test_dates_without_an_offset_are_local():
    made = form(zone="Asia/Tokyo", starts_at=datetime(2026, 6, 1, 9), ends_at="2026-06-02T09:00")  # noqa: DTZ001
    assert made.starts_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert made.starts_at.tzinfo == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_at": START}, "end has to come after"),
        ({"zone": "Mars/Olympus"}, "no time zone that we know"),
        ({"title": "  "}, "title"),
        ({"color": "red"}, "color"),
    ],
)
def test_wrong_input_is_refused_by_name(values, field):
    with pytest.raises(ValidationError, match=field):
        form(**values)


def test_phases():
    end = START + timedelta(hours=1)
    assert phase(START, end, START - timedelta(microseconds=1)) is Phase.SCHEDULED
    assert phase(START, end, START) is Phase.RUNNING
    assert phase(START, end, end) is Phase.ENDED


def test_keys_are_five_letters_and_differ():
    keys = {new_key() for _ in range(200)}
    assert len(keys) > 190
    assert all(len(key) == 5 and set(key) <= set(KEY_LETTERS) for key in keys)


@pytest.mark.parametrize(
    ("moved", "step", "after"),
    [(1, 1, [2, 1, 3]), (3, -1, [1, 3, 2]), (1, -1, [1, 2, 3]), (3, 1, [1, 2, 3])],
)
def test_moving_one_place(moved, step, after):
    assert reordered([1, 2, 3], moved, step) == after
