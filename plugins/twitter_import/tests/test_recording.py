"""Recorded pages go into the sandbox and come out of the import as they were."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tombola.api import Lane
from tombola.testing.clock import Clock
from tombola_sandbox.loading import Manner, load
from tombola_twitter_import import mapping
from tombola_twitter_import.config import HashtagConfig

PAGES = Path(__file__).parent / "pages"
AGES = [datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2029, 3, 1, tzinfo=UTC)]


@pytest.fixture(params=AGES, ids=["fresh", "years old"])
def clock(request):
    return Clock(request.param)


@pytest.mark.parametrize("asked", ["tweet", "post"])
@pytest.mark.parametrize("recorded", ["tweets", "posts"])
def test_recorded_page_is_imported_post_by_post(make_ctx, make_run, world, clock, recorded, asked):
    page = json.loads((PAGES / f"{recorded}.json").read_text("utf-8"))
    load(world, [json.dumps(page)], Manner(keep_media_urls=True))
    run = make_run(make_ctx(fields_dialect=asked))
    run.config = HashtagConfig(hashtags=("KettleLeaf",), photos_only=False)
    (found, expected) = (
        run.page(run.open(Lane.HISTORY, datetime(2020, 1, 1, tzinfo=UTC))).items,
        mapping.items_from(page),
    )
    assert [item.external_id for item in found] == [item.external_id for item in expected]
    for item, same in zip(found, expected, strict=True):
        for name in ("occurred_at", "author", "text", "media", "details", "permalink"):
            assert getattr(item, name) == getattr(same, name), name


def test_recorded_retweets_and_films_are_left_out_by_default(run, world):
    load(world, [(PAGES / "tweets.json").read_text("utf-8").replace("\n", "")])
    items = run.page(run.open(Lane.HISTORY, datetime(2020, 1, 1, tzinfo=UTC))).items
    assert [item.external_id for item in items] == [
        "1991500000000000001",
        "1991490000000000002",
        "1991460000000000005",
    ]
