"""A hundred thousand lines, in bounded memory."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from tombola.testing import installation
from tombola.testing.road import Road, seed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LINES = 100_000
MOST_BYTES = 150 * 1024 * 1024


def test_hundred_thousand_lines_enter_in_bounded_memory(sqlite_database, clock, tmp_path, plant):
    inst = installation.make(sqlite_database, clock, tmp_path, slugs=["csv_import"])
    document = seed("csv_import.file", {}, {})
    document["campaigns"][0]["actions"][0]["sources"] = []
    road = Road(inst, document)
    at = int(datetime(2026, 5, 20, tzinfo=UTC).timestamp())
    raw = b"id,time,username,text\n" + b"".join(
        b"%d,%d,person%d,Mine\n" % (number, at + number, number % 40_000) for number in range(LINES)
    )
    stored = plant(inst, road.actor, raw)
    assert stored.good == LINES
    source = {"config": {"file": stored.id, "photos_only": False}, "photos_only": False}
    document["campaigns"][0]["actions"][0]["sources"] = [source]
    again = Road(inst, document)
    tracemalloc.start()
    again.work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert again.totals().entries == LINES
    assert again.totals().entrants == 40_000
    assert peak < MOST_BYTES
