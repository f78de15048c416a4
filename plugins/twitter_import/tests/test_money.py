from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from tombola.api import (
    Lane,
    OutOfCredit,
    Window,
)
from tombola_sandbox.access import DEMO_APP
from tombola_twitter_import.config import TeamSettings

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def test_preview_counts_exactly_what_fits_on_the_smallest_page(run, world, feed, clock, asked):
    made = feed.fill(8)
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert (estimate.count, estimate.exact) == (8, True)
    assert (estimate.price, estimate.currency) == (Decimal("0.050"), "USD")
    assert [item.external_id for item in estimate.samples] == made
    assert [call["max_results"] for call in asked()] == ["10"]


def test_preview_of_many_reckons_from_a_few_smallest_pages(run, world, feed, clock):
    feed.fill(400, step=timedelta(minutes=20))
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert not estimate.exact
    assert 350 < estimate.count < 650
    assert estimate.cost == {"search_recent": -(-estimate.count // 100)}
    assert estimate.price > Decimal("1.75")
    assert len(estimate.samples) == 10
    assert "reckoned" in f"{[str(note) for note in estimate.notes]}"


def test_preview_of_a_tag_that_has_just_caught_on_does_not_promise_thousands(
    run, world, feed, clock
):
    feed.fill(60, step=timedelta(hours=2))
    feed.fill(60, step=timedelta(seconds=8))
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert not estimate.exact
    assert 60 < estimate.count < 360


def test_preview_says_how_far_back_the_network_looks(run, world, feed, clock):
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - 2 * WEEK))
    assert estimate.count == 0
    assert "seven days" in f"{[str(note) for note in estimate.notes]}"
    older = Window(clock() - 3 * WEEK, clock() - 2 * WEEK)
    assert run.importer.estimate(run.ctx, run.config, older).exact


def test_preview_pays_for_four_smallest_pages_at_most(run, world, feed, clock):
    feed.fill(120)
    before = world.wallet.left_micro
    run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert before - world.wallet.left_micro <= 4 * (10 * 5_000 + 10_000)


def test_preview_of_deleted_posts_alone_does_not_guess(run, world, feed, clock):
    made = feed.fill(40)
    for gone in made[:10]:
        world.delete(int(gone))
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert (estimate.count, estimate.exact, estimate.price) == (None, False, None)


def test_preview_says_when_the_budget_does_not_suffice(make_ctx, make_run, world, feed, clock):
    feed.fill(9)
    run = make_run(make_ctx(monthly_budget_usd=0.21))
    window = Window(clock() - WEEK)
    first = run.importer.estimate(run.ctx, run.config, window)
    assert not any("left" in str(note) for note in first.notes)
    run.ctx.kv.put("spent shared 2026-11", "0.01")
    feed.fill(100)
    second = run.importer.estimate(run.ctx, run.config, window)
    assert "USD 0.14 are left" in str(second.notes[-1])


def test_budget_stops_reading_until_the_next_month(make_ctx, make_run, world, feed, clock):
    feed.fill(300)
    run = make_run(make_ctx(monthly_budget_usd=1.2))
    cursor, before = run.open(Lane.HISTORY, clock() - WEEK), world.wallet.left_micro
    with pytest.raises(OutOfCredit, match="budget") as caught:
        run.to_end(cursor)
    assert caught.value.until == datetime(2026, 12, 1, tzinfo=UTC)
    assert 900_000 < before - world.wallet.left_micro <= 1_200_000
    clock.set(caught.value.until)
    run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_budget_of_the_teams_app_is_counted_apart(make_ctx, make_run, world, feed, clock):
    feed.fill(50)
    own = TeamSettings(own_bearer_token=SecretStr(DEMO_APP.bearer), own_monthly_budget_usd=0.2)
    shared = make_run(make_ctx(monthly_budget_usd=0.2))
    page = shared.page(shared.open(Lane.HISTORY, clock() - WEEK))
    mine = make_run(make_ctx(own, monthly_budget_usd=0.2))
    mine.ctx.kv = shared.ctx.kv
    assert mine.page(mine.open(Lane.HISTORY, clock() - WEEK)).items == page.items


def test_last_month_of_the_year_ends_with_the_year(make_ctx, make_run, world, feed, clock):
    clock.set(clock().replace(month=12, day=31))
    run = make_run(make_ctx(monthly_budget_usd=0.01))
    with pytest.raises(OutOfCredit) as caught:
        run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert caught.value.until == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_posts_answer_is_paid_and_stays_within_the_budget(
    make_ctx, make_run, world, feed, clock
):
    for n in range(60):
        asked = feed.post("no tag", ago=3 * HOUR + timedelta(minutes=n))
        world.add_person(f"p{n}", "P")
        feed.post("look #kettleleaf", f"p{n}", HOUR, refers={"replied_to": asked})
    run = make_run(make_ctx(monthly_budget_usd=0.5, fields_dialect="post"))
    before = world.wallet.left_micro
    with pytest.raises(OutOfCredit, match="budget"):
        run.to_end(run.open(Lane.HISTORY, clock() - WEEK))
    assert 250_000 < before - world.wallet.left_micro <= 500_000
