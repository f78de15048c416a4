"""Each error of the taxonomy: what the source says, what is called next, what is lost (nothing)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update

from tombola.api import (
    CredentialExpired,
    CursorLost,
    Lane,
    Limit,
    LimitSeen,
    OutOfCredit,
    PermissionLost,
    Retry,
    Scope,
    SourceGone,
    Throttled,
)
from tombola.campaigns.models import campaign
from tombola.importing import service, turn
from tombola.importing.models import item, lane
from tombola.importing.states import TRIES, SourceState

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def begin(world, count=30):
    """A source whose lanes have both run, then posts that nobody has read yet."""
    world.add()
    world.work()
    for n in range(count):
        world.network.post(n, world.clock() + MINUTE)
    world.network.calls.clear()


def says(world):
    return str(world.source().reason)


def test_hiccup_is_tried_again_at_the_same_place_after_the_wait(world):
    begin(world)
    world.network.trouble = [None, Retry(timedelta(minutes=3), "503 from the network")]
    world.later(2 * HOUR)

    assert len(world.entries()) == 10
    assert world.source().state == "retrying"
    assert "503 from the network" in says(world)
    assert world.later(MINUTE) == 0, "not before the wait that the network named"
    world.later(3 * MINUTE)
    assert [page for _, page in world.network.calls] == [0, 1, 1, 2]
    assert len(world.entries()) == 30
    assert (world.source().state, world.source().reason) == ("active", None)
    world.check()


def test_network_that_does_not_come_back_ends_the_run_and_the_next_one_goes_on(quick_world):
    world = quick_world
    begin(world)
    world.network.trouble = [None, *[Retry(MINUTE)] * TRIES]
    tries = 0
    world.later(2 * HOUR)
    while world.runs()[0].state == "running" and tries < 20:
        tries += 1
        world.later(40 * MINUTE)

    assert tries <= TRIES
    assert world.runs()[0].state == "failed"
    world.later(HOUR)
    assert len(world.entries()) == 30
    world.check()


def test_throttled_bucket_lets_nobody_call_until_it_is_full(world):
    world.importer.limits = (Limit("search", 100, timedelta(minutes=15), Scope.APP),)
    begin(world)
    until = world.clock() + 2 * HOUR + 7 * MINUTE
    world.network.trouble = [Throttled("search", until)]
    world.later(2 * HOUR)
    calls = len(world.network.calls)
    world.add()

    assert world.work() == 2, "the other source asks its bucket, not the network"
    assert len(world.network.calls) == calls
    assert world.source().state == "waiting"
    assert f"{until:%Y-%m-%d %H:%M:%S}" in says(world)
    world.later(7 * MINUTE)
    assert len(world.entries()) == 30


@pytest.mark.parametrize("error", [Throttled, OutOfCredit])
def test_moment_that_is_over_already_makes_no_storm_of_calls(quick_world, error):
    world = quick_world
    begin(world)
    past = world.clock() - HOUR
    moment = (
        (lambda: Throttled("search", past)) if error is Throttled else (lambda: OutOfCredit(past))
    )
    world.network.trouble = [moment() for _ in range(100)]
    world.later(2 * HOUR)
    for _ in range(20):
        world.later(timedelta(seconds=1))

    assert len(world.network.calls) <= 5


def test_declared_limit_is_never_passed(quick_world):
    world = quick_world
    world.importer.limits = (Limit("search", 3, timedelta(minutes=15), Scope.APP),)
    for n in range(60):
        world.network.post(n, world.clock() - HOUR)
    world.add()
    calls = []
    for _ in range(8):
        before = len(world.network.calls)
        world.work()
        calls.append(len(world.network.calls) - before)
        world.clock.advance(timedelta(minutes=15, seconds=1))

    assert max(calls) == 3
    assert len(world.entries()) == 60


def test_limit_that_the_network_reports_is_believed(quick_world):
    world = quick_world
    world.importer.limits = (Limit("search", 100, timedelta(minutes=15), Scope.APP),)
    begin(world)
    resets = world.clock() + 3 * HOUR
    read = world.network.read

    def seen(ctx, config, cursor):
        page = read(cursor)
        return type(page)(page.items, page.next, page.checkpoint, [LimitSeen("search", 0, resets)])

    world.importer.fetch = seen
    world.later(2 * HOUR)

    assert len(world.network.calls) == 1
    assert world.source().state == "waiting"
    world.importer.fetch = lambda ctx, config, cursor: read(cursor)
    world.later(HOUR)
    assert len(world.entries()) == 30


def test_cost_of_an_undeclared_bucket_is_the_plugins_fault_and_reserves_one_each(quick_world):
    world = quick_world
    world.importer.limits = (Limit("search", 100, timedelta(minutes=15), Scope.APP),)
    world.importer.cost = lambda config, cursor: {"other": 1}
    begin(world, 5)
    world.later(2 * HOUR)

    assert len(world.entries()) == 5


@pytest.mark.parametrize(
    ("error", "state", "word"),
    [
        (OutOfCredit(None, "402 Payment Required"), "no_credit", "credit"),
        (CredentialExpired("401 from X"), "reconnect", "Renew"),
        (PermissionLost("403 for this edge"), "no_permission", "permission"),
    ],
)
def test_what_only_a_person_can_mend_is_asked_rarely_and_goes_on_at_its_place(
    quick_world, error, state, word
):
    world = quick_world
    begin(world)
    world.network.trouble = [None, *[error] * 10]
    world.later(2 * HOUR)
    for _ in range(5 * 12):
        world.later(5 * MINUTE)

    assert world.source().state == state
    assert world.source().state.needs_person
    assert word in says(world)
    assert world.source().said == str(error)
    assert world.source().tried_at is not None
    waiting = world.runs()[0]
    assert waiting.stands(world.source()) == "waiting"
    assert len(world.network.calls) == 2, "no storm of calls"
    world.network.trouble.clear()
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()
    assert len(world.entries()) == 30
    assert (world.source().state, world.source().tried_at) == ("active", None)
    assert waiting.model_copy(update={"state": "finished"}).stands(world.source()) == "finished"
    world.check()


def test_asking_again_in_vain_moves_the_moment_of_the_last_try(quick_world):
    world = quick_world
    begin(world)
    world.network.trouble = [OutOfCredit(None, "402")] * 10
    world.later(2 * HOUR)
    first = world.source().tried_at
    world.clock.advance(MINUTE)
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()

    assert world.source().tried_at == first + MINUTE


def test_credit_that_comes_back_at_a_known_time_is_waited_for(quick_world):
    world = quick_world
    begin(world)
    until = world.clock() + 30 * HOUR
    world.network.trouble = [OutOfCredit(until)]
    world.later(2 * HOUR)
    world.later(27 * HOUR)
    assert len(world.network.calls) == 1
    world.later(HOUR)
    assert len(world.entries()) == 30


def test_source_that_is_gone_rests_until_somebody_asks(quick_world):
    world = quick_world
    begin(world)
    world.network.trouble = [SourceGone("the page was deleted")]
    world.later(2 * HOUR)
    for _ in range(10):
        world.later(6 * HOUR)

    assert len(world.network.calls) == 1
    assert world.source().state == "gone"
    assert world.runs()[0].stands(world.source()) == "stopped"
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()
    assert len(world.entries()) == 30
    assert (world.source().state, world.source().reason) == ("active", None)


def test_other_lane_does_not_speak_over_a_source_that_is_gone(quick_world):
    world = quick_world
    begin(world)
    world.network.trouble = [SourceGone("It is not there any more.")]
    world.later(2 * HOUR)
    assert world.source().state == "gone"
    with world.inst.db.write() as conn:
        turn.stand(conn, world.source().id, SourceState.ACTIVE, None)
    assert world.source().state == "gone"
    assert world.source().reason is not None


def test_lost_cursor_begins_the_lane_anew_without_doubling(world):
    begin(world, 45)
    world.network.trouble = [None, None, CursorLost("expired")]
    world.later(2 * HOUR)
    world.later(10 * MINUTE)

    assert len(world.entries()) == 45
    assert world.runs()[0].state == "finished"
    world.check()


def test_history_whose_cursor_is_lost_is_read_from_its_beginning(quick_world):
    world = quick_world
    for n in range(50):
        world.network.post(n, world.clock() - HOUR)
    lost: list[object] = []

    def lose(place):
        if place.lane is Lane.HISTORY and place.page == 2 and not lost:
            lost.append(place)
            raise CursorLost("expired")

    world.network.on_call = lose
    world.add()
    world.work()
    world.later(10 * MINUTE)

    assert len(world.entries()) == 50
    assert world.network.calls.count((Lane.HISTORY, 0)) == 2
    world.check()


def test_stored_place_that_a_new_version_cannot_read_begins_anew(quick_world):
    world = quick_world
    begin(world)
    with world.inst.db.write() as conn:
        conn.execute(update(lane).values(checkpoint={"version": "of old"}))
    world.later(2 * HOUR)

    assert len(world.entries()) == 30


@pytest.mark.parametrize(
    "broken",
    [
        lambda place: (_ for _ in ()).throw(ValueError("bad JSON at byte 4096")),
        lambda place: "no page at all",
        lambda place: None,
    ],
)
def test_bug_of_a_plugin_costs_only_time(world, broken):
    begin(world)
    read = world.network.read
    failing = [True]

    def fetch(ctx, config, cursor):
        return broken(cursor) if failing[0] else read(cursor)

    world.importer.fetch = fetch
    world.later(2 * HOUR)
    assert world.source().state == "failing"
    assert "The plugin failed" in says(world)
    failing[0] = False
    world.later(10 * MINUTE)

    assert len(world.entries()) == 30
    assert world.source().state == "active"


def test_naive_time_and_empty_id_are_the_plugins_fault(quick_world):
    world = quick_world
    begin(world, 0)
    world.network.post(1, world.clock() + MINUTE)
    good = world.network.posts[0]
    for bad in (
        replace(good, occurred_at=good.occurred_at.replace(tzinfo=None)),
        replace(good, external_id=""),
    ):
        page = world.network.read(world.importer.cursor_model(lane=Lane.LIVE, since=world.clock()))
        world.importer.fetch = lambda ctx, config, cursor, page=page, bad=bad: replace(
            page, items=[bad]
        )
        world.later(2 * HOUR)
        assert world.source().state == "failing"
    assert world.entries() == {}


@pytest.mark.parametrize(
    "at",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(14 * HOUR)),
        datetime(1969, 12, 31, tzinfo=UTC),
    ],
)
def test_time_that_no_post_can_have_is_unknown_and_stops_nothing(world, at):
    begin(world, 15)
    world.network.post(99, at)
    world.network._in_window = lambda post, place: True
    with world.inst.db.write() as conn:
        conn.execute(campaign.update().values(zone="America/New_York"))
    service.change(
        world.inst,
        world.actor,
        world.source().uid,
        service.SourceForm(config={"tag": "tombola"}, floor_at=world.clock() - 100 * HOUR),
    )
    world.work()

    assert len(world.entries()) == 16
    assert world.source().state == "active"
    with world.inst.db.read() as conn:
        odd = select(item.c.occurred_at).where(item.c.external_id == "p99")
        assert conn.execute(odd).scalar_one() is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "odd", [{"worth": 2**70}, {"kind": "p\x00st\ud800"}, {"worth": "many"}], ids=str
)
def test_item_that_the_database_refuses_is_left_out_and_stops_nothing(world, odd):
    begin(world, 15)
    world.network.posts[7] = replace(world.network.posts[7], **odd)
    world.later(2 * HOUR)

    bad = world.network.posts[7].external_id
    assert len(world.entries()) == len(world.network.posts) - 1
    assert world.items()[bad] == "left_out"
    assert world.source().state == "active"
    world.check()


def test_one_sources_trouble_does_not_delay_another(quick_world):
    world = quick_world
    begin(world)
    world.add(config={"tag": "second"})
    world.network.trouble = [CredentialExpired("401")]
    world.later(2 * HOUR)

    assert len(world.entries()) == 30


def test_resting_plugin_is_parked_and_goes_on_when_it_is_back(quick_world):
    world = quick_world
    begin(world)
    importer = world.inst.plugins._importers.pop("fake.tag")
    world.later(2 * HOUR)

    assert world.source().state == "away"
    assert world.network.calls == []
    world.inst.plugins._importers["fake.tag"] = importer
    world.later(6 * MINUTE)
    assert len(world.entries()) == 30
    assert world.source().state == "active"
