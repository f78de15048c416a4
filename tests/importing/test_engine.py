from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tombola.api import Lane
from tombola.entrants.models import entrant
from tombola.entries.models import entry
from tombola.importing import service
from tombola.importing.engine import take_turn
from tombola.queue import reconciler, tasks

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def post_many(world, count, *, ago=HOUR, step=MINUTE):
    """Posts 0 … count-1, the last one the newest, all before now."""
    start = world.clock() - ago - step * count
    for n in range(count):
        world.network.post(n, start + step * n)


def test_history_brings_every_post_once_as_an_entry_at_its_own_time(world):
    post_many(world, 35)
    world.add()
    world.work()

    assert set(world.entries()) == {f"p{n}" for n in range(35)}
    assert set(world.entries().values()) == {"valid"}
    assert world.source().state == "active"
    assert [lane.finished for lane in world.source().lanes] == [False, True]
    world.check()


def test_live_lane_brings_what_is_posted_later(quick_world):
    world = quick_world
    world.add()
    world.work()
    for n in range(15):
        world.network.post(n, world.clock() + MINUTE)
    assert world.later(2 * HOUR) == 1

    assert len(world.entries()) == 15
    world.check()


def test_live_lane_comes_before_history(quick_world):
    world = quick_world
    world.one_at_a_time()
    post_many(world, 30)
    world.network.post(99, world.clock() - MINUTE)
    world.add()
    world.work()

    assert world.network.calls[0] == (Lane.LIVE, 0)
    assert {lane for lane, _ in world.network.calls[-3:]} == {Lane.HISTORY}


def test_page_that_is_read_again_changes_nothing(world):
    post_many(world, 25)
    world.add()
    world.work()
    before = world.entries()
    source = world.source()
    form = service.SourceForm(config={"tag": "again"})
    service.change(world.inst, world.actor, source.uid, form)
    world.work()

    assert world.entries() == before
    assert world.source().stored == 25
    world.check()


def test_crash_between_fetch_and_commit_loses_and_doubles_nothing(world):
    post_many(world, 40)
    world.add()
    crashed: list[object] = []

    def crash(place):
        if place.lane is Lane.HISTORY and place.page == 2 and not crashed:
            crashed.append(place)
            raise SystemExit

    world.network.on_call = crash
    world.work()
    assert crashed
    world.later(10 * MINUTE)

    assert len(world.entries()) == 40
    world.check()


def test_worker_that_lost_its_lease_writes_nothing(world):
    post_many(world, 30)
    world.add()
    stolen: list[Lane] = []

    def steal(place):
        if place.page == 1 and not stolen:
            stolen.append(place.lane)
            world.clock.advance(timedelta(minutes=5))
            with world.inst.db.write() as conn:
                reconciler.release(conn, world.clock())

    world.network.on_call = steal
    world.work()

    (lane,) = stolen
    assert world.network.calls.count((lane, 1)) == 2, "the page is read again, not passed over"
    assert len(world.entries()) == 30
    world.check()


def test_turn_ends_with_the_workers_time_and_goes_on_at_its_place(world):
    post_many(world, 50)
    world.add()
    now = world.clock.advance(timedelta(seconds=1))
    claims = tasks.claim(
        world.inst.db, "import", limit=5, lease=timedelta(seconds=60), now=now, owner="t"
    )
    history = next(held for held in claims if held.key.endswith("history"))
    take_turn(world.inst, replace(history, over=lambda: True))

    assert len(world.entries()) == 10
    assert [lane.pages for lane in world.source().lanes if lane.lane is Lane.HISTORY] == [1]
    world.work()
    assert world.network.calls.count((Lane.HISTORY, 0)) == 1
    assert len(world.entries()) == 50
    world.check()


def test_constant_cursor_is_no_reason_to_stop(quick_world):
    world = quick_world
    post_many(world, 45)
    given: list[object] = []
    read = world.network.read

    def same_cursor(place):
        page = read(place.model_copy(update={"page": len(given)}))
        given.append(page)
        return replace(page, next=place if page.next else None)

    world.importer.fetch = lambda ctx, config, cursor: (
        same_cursor(cursor) if cursor.lane is Lane.HISTORY else read(cursor)
    )
    world.add()
    world.work()

    assert len(given) == 5
    assert len(world.entries()) == 45


def test_live_stops_after_three_pages_without_news_and_history_does_not(quick_world):
    world = quick_world
    post_many(world, 100)
    world.add()
    world.work()
    world.network.calls.clear()
    read = world.network.read
    world.network._newest = lambda place: place.since
    world.importer.fetch = lambda ctx, config, cursor: read(
        cursor.model_copy(update={"since": world.clock() - timedelta(days=9)})
    )
    world.later(2 * HOUR)

    assert [page for lane, page in world.network.calls] == [0, 1, 2]
    world.network.calls.clear()
    form = service.SourceForm(config={"tag": "other"})
    service.change(world.inst, world.actor, world.source().uid, form)
    world.work()
    assert world.network.calls.count((Lane.HISTORY, 9)) == 1


def test_cap_ends_history_at_the_item(world):
    post_many(world, 40)
    world.add(cap=23)
    world.work()

    assert len(world.entries()) == 23
    assert set(world.entries()) == {f"p{n}" for n in range(17, 40)}, "the newest ones"
    assert world.runs()[0].reason == "cap" or world.runs()[1].reason == "cap"


def test_cap_lets_the_live_lane_rest_and_go_on_without_loss(quick_world):
    world = quick_world
    world.add(cap=10)
    world.work()
    for n in range(35):
        world.network.post(n, world.clock() + MINUTE)
    seen = []
    for _ in range(4):
        world.later(HOUR)
        seen.append(len(world.entries()))

    assert seen == [10, 20, 30, 35]
    world.check()


def test_floor_leaves_out_what_is_older_and_stops_there(quick_world):
    world = quick_world
    post_many(world, 60)
    floor = world.clock() - HOUR - 30 * MINUTE
    place = world.importer.cursor_model
    world.importer.open = lambda ctx, config, lane, window: place(
        lane=lane, since=floor - timedelta(days=3)
    )
    world.add(floor_at=floor)
    world.work()

    assert set(world.entries()) == {f"p{n}" for n in range(30, 60)}
    assert max(page for _, page in world.network.calls) == 3, "it stops at the floor's page"


def test_outage_is_caught_up_by_exactly_one_run(world):
    world.add()
    world.work()
    world.network.calls.clear()
    for n in range(8):
        world.network.post(n, world.clock() + n * HOUR)

    assert world.later(36 * HOUR) == 1
    assert world.network.calls == [(Lane.LIVE, 0)]
    assert len(world.entries()) == 8
    due = world.source().next_run_at - world.clock()
    assert timedelta(0) < due <= HOUR


@pytest.mark.slow
def test_runs_keep_to_their_hour(quick_world):
    world = quick_world
    world.add()
    world.work()
    minutes = set()
    for _ in range(30):
        world.clock.set(world.source().next_run_at)
        world.work()
        minutes.add(world.source().next_run_at.minute)

    assert len(minutes) == 1


def test_posts_of_one_author_count_for_one_entrant(quick_world):
    world = quick_world
    post_many(world, 20)
    world.add()
    world.work()
    with world.inst.db.read() as conn:
        people = conn.execute(select(func.count(entry.c.entrant_id.distinct()))).scalar_one()
    assert people == 7


def test_post_without_author_is_an_entrant_of_its_own(world):
    for n in range(5):
        world.network.post(n, world.clock() - HOUR, author=None)
    world.add()
    world.work()
    with world.inst.db.read() as conn:
        people = conn.execute(select(func.count(entry.c.entrant_id.distinct()))).scalar_one()
        kinds = set(conn.execute(select(entrant.c.kind)).scalars())
    assert people == 5
    assert kinds == {"item"}


def test_post_without_time_is_taken_at_the_time_it_was_seen(quick_world):
    world = quick_world
    world.network.post(1, None)
    world.add()
    world.work()
    with world.inst.db.read() as conn:
        row = conn.execute(select(entry.c.occurred_at, entry.c.sort_at)).one()
    assert row.occurred_at is None
    assert row.sort_at <= world.clock()


def test_photos_only_is_the_default_and_text_posts_are_kept_as_left_out(quick_world):
    world = quick_world
    world.network.post(1, world.clock() - HOUR)
    world.network.post(2, world.clock() - HOUR, photo=False)
    world.add()
    world.work()

    assert world.entries() == {"p1": "valid"}
    assert world.items() == {"p1": "kept", "p2": "left_out"}


def test_edited_post_that_now_fits_becomes_an_entry(world):
    first = world.network.post(1, world.clock() - HOUR, photo=False)
    world.add()
    world.work()
    assert world.entries() == {}
    world.network.posts.remove(first)
    world.network.post(1, world.clock() - HOUR, text="with a photo now")
    form = service.SourceForm(config={"tag": "tombola"}, floor_at=world.clock() - 9 * HOUR)
    service.change(world.inst, world.actor, world.source().uid, form)
    world.work()

    assert world.entries() == {"p1": "valid"}
    assert world.items() == {"p1": "kept"}
    world.check()


def test_deleted_post_is_marked_and_counts_no_more(world):
    world.network.post(1, world.clock() - HOUR)
    world.add()
    world.work()
    gone = replace(world.network.posts[0], deleted=True, text="")
    world.network.posts[:] = [replace(gone, occurred_at=world.clock() + MINUTE)]
    world.later(2 * HOUR)

    assert world.items() == {"p1": "deleted"}
    assert world.entries() == {"p1": "revoked"}


def test_garbage_in_texts_is_cleaned_not_refused(world):
    world.network.post(
        1,
        world.clock() - HOUR,
        text="a\x00b\ud800c" + "x" * 30_000,
        details={"k\x00": "v\udfff"},
    )
    world.network.posts[0] = replace(
        world.network.posts[0], raw={"n\x00": ["\ud800", {"deep": "\x00"}]}
    )
    world.add()
    world.work()

    assert world.entries() == {"p1": "valid"}


def test_page_larger_than_a_set_is_written_whole(quick_world):
    world = quick_world
    world.network.page_size = 1300
    post_many(world, 1300, step=timedelta(seconds=1))
    world.add()
    world.work()

    assert len(world.entries()) == 1300
    assert world.runs()[0].counts["new"] + world.runs()[1].counts["new"] == 1300
    world.check()


@pytest.mark.parametrize("size", [1, 7])
def test_duplicated_and_reordered_pages_count_once(quick_world, size):
    world = quick_world
    post_many(world, 21)
    world.network.page_size = size
    read = world.network.read

    def messy(place):
        page = read(place)
        return replace(page, items=[*reversed(page.items), *page.items])

    world.importer.fetch = lambda ctx, config, cursor: messy(cursor)
    world.add()
    world.work()

    assert len(world.entries()) == 21
    world.check()


def test_log_of_a_run_has_each_call(quick_world):
    world = quick_world
    post_many(world, 25)
    world.add()
    world.work()
    history = next(run for run in world.runs() if run.lane is Lane.HISTORY)

    assert [call.items for call in history.calls] == [10, 10, 5]
    assert {call.outcome for call in history.calls} == {"ok"}
    assert history.counts["pages"] == 3
    assert history.counts["entries"] == 25
    assert (history.state, history.reason) == ("finished", "end")


def test_campaign_that_is_over_is_not_looked_for(quick_world):
    world = quick_world
    world.add()
    world.work()
    world.network.calls.clear()
    world.later(timedelta(days=40))

    assert world.network.calls == []
    assert world.source().state == "ended"


def test_items_outside_the_dates_are_kept_and_not_counted(world):
    world.network.post(1, world.clock() - timedelta(days=40))
    world.network.post(2, world.clock() - timedelta(days=1))
    world.add()
    world.work()

    assert world.entries() == {"p1": "outside", "p2": "valid"}
