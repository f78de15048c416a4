from datetime import timedelta

import pytest

from tombola.queue import reconciler, tasks
from tombola.queue.kinds import Done, House, Kind, Kinds
from tombola.queue.rules import State

LEASE = timedelta(seconds=30)


def put(site, key="a", kind="import", **more):
    with site.db.write() as conn:
        tasks.put(conn, kind, key, site.clock(), **more)


def claim(site, kind="import"):
    return tasks.claim(site.db, kind, limit=9, lease=LEASE, now=site.clock(), owner="me")


def test_tick_names_known_kinds_that_are_due(site, house):
    put(site)
    put(site, kind="unknown")

    assert reconciler.tick(house(site, **{"media": None, "import": None})) == ["import"]


def test_leased_row_is_not_rung_again(site, house):
    put(site)
    claim(site)

    assert reconciler.tick(house(site, **{"import": None})) == []


def test_silent_worker_loses_its_lease_and_the_row_is_due_again(site, house):
    put(site)
    claim(site)
    site.clock.advance(LEASE + timedelta(seconds=1))

    assert reconciler.tick(house(site, **{"import": None})) == ["import"]
    (held,) = claim(site)
    assert (held.attempts, held.fence) == (2, 2)


def test_poison_is_dead_after_its_attempts_and_says_why(site, house):
    put(site, max_attempts=5)
    all_kinds = house(site, **{"import": None})
    for _ in range(5):
        assert len(claim(site)) == 1
        site.clock.advance(LEASE + timedelta(seconds=1))
        reconciler.tick(all_kinds)

    with site.db.read() as conn:
        (dead,) = tasks.stuck(conn)
    assert dead.state is State.DEAD
    assert "went silent" in str(dead.last_error)
    assert claim(site) == []


def test_ten_reconcilers_change_nothing_twice(site, house):
    put(site, max_attempts=3)
    claim(site)
    site.clock.advance(LEASE + timedelta(seconds=1))
    all_kinds = house(site, **{"import": None})

    rung = [reconciler.tick(all_kinds) for _ in range(10)]

    assert rung == [["import"]] * 10
    assert [held.attempts for held in claim(site)] == [2]


def test_parked_row_is_looked_at_again_later(site, house):
    put(site)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.park(conn, held, "plugin gone", now=site.clock())
    all_kinds = house(site, **{"import": None})

    assert reconciler.tick(all_kinds) == []
    site.clock.advance(timedelta(minutes=5))
    assert reconciler.tick(all_kinds) == ["import"]


def test_sign_of_life_is_written_every_five_seconds(site, house):
    all_kinds = house(site)
    reconciler.tick(all_kinds)
    first = site.clock()
    site.clock.advance(timedelta(seconds=3))
    reconciler.tick(all_kinds)
    with site.db.read() as conn:
        assert reconciler.last_beat(conn) == first

    site.clock.advance(timedelta(seconds=3))
    reconciler.tick(all_kinds)
    with site.db.read() as conn:
        assert reconciler.last_beat(conn) == site.clock()


def test_old_done_rows_are_swept(site, house):
    put(site)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.finish(conn, held)
    site.clock.advance(timedelta(days=2))
    reconciler.tick(house(site))

    with site.db.read() as conn:
        assert tasks.get(conn, "import", "a") is None


def test_kind_that_comes_back_has_its_one_row(site):
    kind = Kind("tidy", lambda *_: Done(), every=timedelta(hours=1))
    all_kinds = House(site, Kinds([kind]))
    for _ in range(3):
        reconciler.settle_in(all_kinds)

    assert [held.key for held in claim(site, "tidy")] == ["tidy"]


def test_kind_is_woken_when_rows_elsewhere_wait(site):
    waiting = [True]
    kind = Kind("relay", lambda *_: Done(), waiting=lambda *_: waiting[0])
    all_kinds = House(site, Kinds([kind]))

    assert reconciler.tick(all_kinds) == ["relay"]
    (held,) = claim(site, "relay")
    with site.db.write() as conn:
        tasks.finish(conn, held)
    waiting[0] = False
    assert reconciler.tick(all_kinds) == []


def test_two_kinds_of_one_name_are_refused():
    with pytest.raises(ValueError, match="import"):
        Kinds([Kind("import", lambda *_: Done()), Kind("import", lambda *_: Done())])
