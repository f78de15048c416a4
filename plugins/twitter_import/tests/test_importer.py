from datetime import timedelta

import pytest

from tombola.api import (
    CursorLost,
    Lane,
    Phrase,
    View,
)
from tombola_twitter_import.config import HashtagConfig

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def test_history_reads_everything_newest_first_and_once(run, world, feed, clock):
    made = feed.fill(230)
    found, _ = run.to_end(run.open(Lane.HISTORY, clock() - WEEK))
    assert found == made


def test_history_stays_within_its_window(run, world, feed, clock):
    feed.post(ago=5 * HOUR)
    inside = feed.post(ago=3 * HOUR)
    feed.post(ago=HOUR)
    window = run.open(Lane.HISTORY, clock() - 4 * HOUR, clock() - 2 * HOUR)
    assert run.to_end(window)[0] == [inside]


def test_history_of_a_source_made_just_now_is_read(run, feed, clock):
    made = feed.fill(3)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK, clock()))[0] == made


def test_live_goes_on_from_the_newest_post_that_was_read(run, world, feed, clock, asked):
    first = feed.fill(120)
    found, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    assert found == first
    clock.advance(HOUR)
    later = feed.post(ago=timedelta(minutes=5))
    found, place = run.to_end(place)
    assert found == [later]
    assert asked()[-1]["since_id"] == first[0]
    assert place.since_id == later


def test_posts_that_arrive_while_pages_are_read_are_neither_lost_nor_doubled(
    run, world, feed, clock
):
    first = feed.fill(250)
    cursor, found, during = run.open(Lane.LIVE, clock() - WEEK), [], []
    while cursor is not None:
        page = run.page(cursor)
        found += [item.external_id for item in page.items]
        clock.advance(timedelta(minutes=2))
        during.append(feed.post(ago=timedelta(minutes=1)))
        cursor, place = page.next, page.checkpoint
    assert found == first
    clock.advance(timedelta(minutes=1))
    assert run.to_end(place)[0] == list(reversed(during))


def test_pages_of_one_run_keep_its_since_id(run, world, feed, clock, asked):
    feed.post(ago=2 * HOUR)
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    feed.fill(130, newest_ago=timedelta(minutes=1), step=timedelta(seconds=10))
    run.to_end(place)
    assert [call.get("since_id") for call in asked()[1:]] == [place.since_id] * 2
    assert asked()[2]["next_token"]


def test_run_that_was_broken_off_goes_on_where_it_was(run, world, feed, clock):
    made = feed.fill(150)
    first = run.page(run.open(Lane.LIVE, clock() - WEEK))
    found, place = run.to_end(first.checkpoint)
    assert [item.external_id for item in first.items] + found == made
    assert place.since_id == made[0]


def test_run_that_was_cut_short_reads_what_is_new_before_what_it_left(run, world, feed, clock):
    made = feed.fill(350)
    first = run.page(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(HOUR)
    later = [feed.post(ago=timedelta(minutes=5))]
    second = run.page(first.checkpoint)
    clock.advance(HOUR)
    latest = [feed.post(ago=timedelta(minutes=5))]
    third = run.page(second.next)
    found, place = run.to_end(third.checkpoint)
    pages = [[item.external_id for item in page.items] for page in (first, second, third)]
    assert [*pages, found] == [made[:100], later, made[100:200], latest + made[200:]]
    assert place == run.open(Lane.LIVE, clock() - WEEK - 2 * HOUR).model_copy(
        update={"since_id": latest[0]}
    )


def test_same_cursor_gives_the_same_page_again(run, world, feed, clock):
    feed.fill(30)
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    once, again = run.page(cursor), run.page(cursor)
    assert once.items == again.items
    assert (once.next, once.checkpoint) == (again.next, again.checkpoint)


def test_run_without_hits_keeps_its_place(run, world, feed, clock):
    made = feed.post()
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(HOUR)
    assert run.to_end(place) == ([], place)
    assert place.since_id == made


def test_live_lane_of_a_source_made_now_asks_nothing_yet(run, clock, asked):
    found, place = run.to_end(run.open(Lane.LIVE, clock()))
    assert (found, asked()) == ([], [])
    clock.advance(HOUR)
    assert run.to_end(place)[0] == []
    assert asked()[0]["start_time"] == "2026-11-21T12:00:00Z"


def test_after_more_than_a_week_of_quiet_reading_goes_on(run, world, feed, clock, asked):
    feed.post()
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(timedelta(days=9))
    later = feed.post()
    found, place = run.to_end(place)
    assert found == [later]
    assert "since_id" in asked()[-2]
    assert "since_id" not in asked()[-1]
    assert place.since_id == later


def test_long_history_is_read_on_while_its_beginning_falls_out_of_reach(
    run, world, feed, clock, asked
):
    made = feed.fill(150)
    page = run.page(run.open(Lane.HISTORY, clock() - WEEK + timedelta(minutes=5)))
    clock.advance(timedelta(minutes=10))
    found, _ = run.to_end(page.next)
    assert [item.external_id for item in page.items] + found == made
    assert asked()[-1]["until_id"] == made[99]
    assert "next_token" not in asked()[-1]


def test_live_run_is_read_on_while_its_since_id_falls_out_of_reach(run, world, feed, clock):
    feed.post()
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(WEEK - timedelta(hours=1, minutes=5))
    made = feed.fill(150, newest_ago=timedelta(minutes=1))
    page = run.page(place)
    clock.advance(timedelta(minutes=10))
    found, after = run.to_end(page.next)
    assert [item.external_id for item in page.items] + found == made
    assert after.since_id == made[0]


def test_token_that_the_network_refuses_is_done_without(run, world, feed, clock):
    made = feed.fill(150)
    page = run.page(run.open(Lane.HISTORY, clock() - WEEK))
    broken = page.next.model_copy(update={"token": "b26v89c19zqg8o3fxxxx"})
    found, _ = run.to_end(broken)
    assert [item.external_id for item in page.items] + found == made


def test_place_that_stays_refused_is_lost(run, clock):
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    with pytest.raises(CursorLost, match="until_id"):
        run.page(cursor.model_copy(update={"oldest_id": "1", "token": "old"}))


def test_deleted_posts_leave_short_pages_that_are_read_past(run, world, feed, clock):
    made = feed.fill(250)
    for gone in made[:100]:
        world.delete(int(gone))
    found, _ = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    assert found == made[100:]


def test_too_long_a_search_is_complained_of_beside_its_field(run):
    config = HashtagConfig(hashtags=tuple(f"{'tea' * 15}{n}" for n in range(20)))
    (complaint,) = run.importer.check(run.ctx, config)
    assert complaint.field == "hashtags"
    assert "takes 512" in str(complaint.text)


def test_good_configuration_is_not_complained_of(run):
    assert list(run.importer.check(run.ctx, run.config)) == []


def test_widget_invites_to_post(run):
    view = run.importer.view(run.ctx, HashtagConfig(hashtags=("茶", "tea"), match="all"), None)
    assert isinstance(view, View)
    assert isinstance(view.label, Phrase)
    assert str(view.label) == "Post a photo with #茶 #tea on X"
    assert view.link == "http://x.example/intent/post?hashtags=%E8%8C%B6%2Ctea"


def test_page_costs_one_call(run, clock):
    cursor = run.open(Lane.LIVE, clock())
    assert run.importer.cost(run.config, cursor) == {"search_recent": 1}
