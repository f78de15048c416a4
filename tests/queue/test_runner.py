import threading
from datetime import timedelta

import pytest

from tombola.api import Fenced
from tombola.queue import reconciler, runner, tasks
from tombola.queue.kinds import Again, Done, House, Kind, Kinds, Parked, Settled
from tombola.queue.rules import State


def put(site, *keys):
    with site.db.write() as conn:
        for key in keys:
            tasks.put(conn, "import", key, site.clock())


def row(site, key="a"):
    with site.db.read() as conn:
        return tasks.get(conn, "import", key)


def run(site, handle, **more):
    kind = Kind("import", handle, **more)
    return runner.run(House(site, Kinds([kind])), kind)


def test_duties_are_done_side_by_side(site):
    put(site, *"abcd")
    meeting = threading.Barrier(4, timeout=30)

    def handle(_, held):
        meeting.wait()
        return Done()

    assert run(site, handle, concurrency=4) == 4
    assert {row(site, key).state for key in "abcd"} == {State.DONE}


def test_slow_duty_keeps_only_its_own_thread(site):
    put(site, *"abcdef")
    others = threading.Semaphore(0)

    def handle(_, held):
        if held.key == "a":
            for _ in "bcdef":
                assert others.acquire(timeout=30)
        else:
            others.release()
        return Done()

    assert run(site, handle, concurrency=2) == 6


def test_failing_duty_waits_and_the_others_go_on(site):
    put(site, "a", "b")

    def handle(_, held):
        if held.key == "a":
            raise RuntimeError("the network sent \x00 garbage")
        return Done()

    run(site, handle)

    assert row(site, "b").state is State.DONE
    failed = row(site, "a")
    assert (failed.state, failed.attempts) == (State.READY, 1)
    assert "RuntimeError: the network sent" in failed.last_error
    assert failed.due_at > site.clock()


def test_duty_whose_plugin_is_away_is_parked(site):
    put(site, "a")

    def handle(*_):
        raise Parked("plugin 'x' is not installed")

    run(site, handle)

    assert row(site).state is State.PARKED
    assert row(site).last_error == "plugin 'x' is not installed"


def test_duty_that_goes_on_later_is_due_then(site):
    put(site, "a")
    later = site.clock() + timedelta(minutes=7)

    run(site, lambda *_: Again(later))

    assert (row(site).state, row(site).due_at) == (State.READY, later)


def test_duty_settled_by_its_own_transaction_is_left_alone(site):
    put(site, "a")

    def handle(place, held):
        with place.db.write() as conn:
            tasks.again(conn, held, place.clock() + timedelta(hours=1))
        return Settled()

    run(site, handle)

    assert row(site).due_at == site.clock() + timedelta(hours=1)


def test_fenced_duty_ends_in_silence(site):
    put(site, "a")

    def handle(*_):
        raise Fenced("taken over")

    run(site, handle)

    assert (row(site).state, row(site).last_error) == (State.RUNNING, None)


def test_shut_down_begins_no_new_duty(site):
    put(site, "a", "b")
    stopping = threading.Event()

    def handle(_, held):
        stopping.set()
        return Done()

    kind = Kind("import", handle, concurrency=1)
    assert runner.run(House(site, Kinds([kind])), kind, stopping.is_set) == 1
    assert row(site, "b").state is State.READY


def test_duty_sees_that_the_time_is_used(site):
    put(site, "a")
    seen = []

    def handle(_, held):
        seen.append(held.over())
        return Done()

    run(site, handle, budget=timedelta(seconds=30))
    assert seen == [False]


@pytest.mark.parametrize("fails", [False, True])
def test_duty_that_comes_back_never_dies(site, fails):
    def handle(*_):
        if fails:
            raise RuntimeError("no")
        return Done()

    kind = Kind("tidy", handle, every=timedelta(hours=1))
    house = House(site, Kinds([kind]))
    reconciler.settle_in(house)
    for _ in range(4):
        assert runner.run(house, kind) == 1
        site.clock.advance(timedelta(hours=2))
