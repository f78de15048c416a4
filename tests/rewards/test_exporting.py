"""Claims as a file: with the list's filters, in batches, harmless to spreadsheets."""

import csv
from io import StringIO

import pytest

from tombola.api import Forbidden
from tombola.rewards import exporting, listing
from tombola.rewards.listing import Filter
from tombola.rewards.rules import State


def read(booth, **wanted):
    name, parts = exporting.export(booth.inst, booth.actor, booth.campaign.uid, Filter(**wanted))
    return name, list(csv.DictReader(StringIO(b"".join(parts).decode())))


def test_file_has_each_claim_once_and_no_formula(booth, monkeypatch):
    monkeypatch.setattr(exporting, "BATCH", 2)
    prize = booth.coded("=1+1", "+B", "C", "D", "E")
    other = booth.prize(title="Other")
    for name in ("=cmd", "b", "c", "d", "e"):
        booth.claim(booth.person(name), prize)
    booth.claim(booth.person("b"), other)
    name, rows = read(booth)
    assert name == "rewards-thx01-2026-06-01.csv"
    assert [row["reward"] for row in rows] == ["Other", *["Sticker"] * 5]
    assert [row["code"] for row in rows][-2:] == ["'+B", "'=1+1"]
    assert rows[-1]["name"] == "'=cmd"
    assert [row["reward"] for row in read(booth, prize=other.uid)[1]] == ["Other"]
    assert read(booth, state=State.UNDONE)[1] == []


def test_viewers_get_no_file(booth):
    with pytest.raises(Forbidden):
        exporting.export(booth.inst, booth.viewer, booth.campaign.uid, Filter())


def test_pages_follow_each_other_without_gap(booth):
    prize = booth.prize()
    for n in range(5):
        booth.claim(booth.person(str(n)), prize)
    ask = (booth.inst, booth.viewer, booth.campaign.uid, Filter())
    first = listing.page(*ask, limit=3)
    rest = listing.page(*ask, first[-1].id, 3)
    assert [line.name for line in (*first, *rest)] == ["4", "3", "2", "1", "0"]
