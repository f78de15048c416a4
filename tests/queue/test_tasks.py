import threading
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from tombola.api import Fenced, NotFound
from tombola.queue import reconciler, tasks
from tombola.queue.models import task
from tombola.queue.rules import NEVER, State

LEASE = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)


def put(site, key="a", due=None, **more):
    with site.db.write() as conn:
        tasks.put(conn, "import", key, due or site.clock(), **more)


def claim(site, limit=10, owner="me"):
    return tasks.claim(site.db, "import", limit=limit, lease=LEASE, now=site.clock(), owner=owner)


def row(site, key="a"):
    with site.db.read() as conn:
        return tasks.get(conn, "import", key)


def test_put_twice_waits_once_at_the_earlier_time_with_the_newer_payload(site):
    put(site, due=site.clock() + MINUTE, payload={"n": 1})
    put(site, due=site.clock() + 2 * MINUTE, payload={"n": 2})
    put(site, due=site.clock(), payload={"n": 3})

    (held,) = claim(site)

    assert (held.due_at, held.payload, held.fence, held.attempts) == (site.clock(), {"n": 3}, 1, 1)
    assert claim(site) == []


def test_claim_takes_only_what_is_due_longest_waiting_first(site):
    for key, minutes in (("late", -1), ("later", -5), ("future", 1)):
        put(site, key, site.clock() + minutes * MINUTE)

    assert [held.key for held in claim(site)] == ["later", "late"]


def test_claim_takes_no_more_than_its_limit(site):
    for n in range(7):
        put(site, str(n))

    taken = [len(claim(site, limit=3)) for _ in range(4)]

    assert taken == [3, 3, 1, 0]


def test_ten_workers_never_take_the_same_row(site):
    for n in range(60):
        put(site, str(n))
    found: list[str] = []
    lock = threading.Lock()

    def work(owner):
        while held := claim(site, limit=4, owner=owner):
            with lock:
                found.extend(one.key for one in held)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert sorted(found) == sorted(str(n) for n in range(60))


def test_finished_row_is_not_due_again(site):
    put(site)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.finish(conn, held)

    assert row(site).state == State.DONE
    assert claim(site) == []


def test_put_while_running_makes_it_run_once_more(site):
    put(site)
    (held,) = claim(site)
    put(site, due=held.due_at, payload={"again": True})
    with site.db.write() as conn:
        tasks.finish(conn, held)

    (second,) = claim(site)

    assert second.payload == {"again": True}
    with site.db.write() as conn:
        tasks.finish(conn, second)
    assert claim(site) == []


def test_put_while_running_comes_before_the_next_planned_run(site):
    put(site)
    (held,) = claim(site)
    put(site, due=site.clock())
    with site.db.write() as conn:
        tasks.again(conn, held, site.clock() + timedelta(hours=1))

    assert len(claim(site)) == 1


def test_again_runs_at_the_time_it_says(site):
    put(site)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.again(conn, held, site.clock() + MINUTE, progress={"page": 3})

    assert claim(site) == []
    site.clock.advance(MINUTE)
    (next_run,) = claim(site)
    assert (next_run.attempts, next_run.progress) == (1, {"page": 3})


def test_failure_waits_and_the_last_one_is_dead_with_its_reason(site):
    put(site, max_attempts=2)
    (first,) = claim(site)
    with site.db.write() as conn:
        assert tasks.fail(conn, first, "no answer", now=site.clock()) is State.READY
    assert claim(site) == []
    site.clock.advance(MINUTE)
    (second,) = claim(site)
    with site.db.write() as conn:
        assert tasks.fail(conn, second, "no answer again", now=site.clock()) is State.DEAD

    dead = row(site)
    assert (dead.state, dead.last_error, dead.attempts) == (State.DEAD, "no answer again", 2)
    site.clock.advance(timedelta(days=1))
    assert claim(site) == []


def test_retry_gives_a_dead_row_all_its_attempts_again(site):
    put(site, max_attempts=1)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.fail(conn, held, "broken", now=site.clock())
        (dead,) = tasks.stuck(conn)
        tasks.retry(conn, dead.id, site.clock())

    (again,) = claim(site)
    assert again.attempts == 1


def test_retry_of_a_living_row_is_refused(site):
    put(site)
    with site.db.write() as conn:
        living = conn.execute(select(task.c.id)).scalar_one()
        with pytest.raises(NotFound):
            tasks.retry(conn, living, site.clock())


def test_parked_row_counts_no_attempt(site):
    put(site)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.park(conn, held, "plugin 'x' is gone", now=site.clock())

    assert (row(site).state, row(site).attempts) == (State.PARKED, 0)
    assert claim(site) == []


def test_parking_keeps_the_attempts_that_failed_and_waking_too(site):
    put(site)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.fail(conn, held, "no", now=site.clock(), due_at=site.clock())
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.park(conn, held, "plugin 'x' rests", now=site.clock())
    assert (row(site).state, row(site).attempts) == (State.PARKED, 1)
    with site.db.write() as conn:
        tasks.wake(conn, 5, site.clock())
    assert claim(site) == []
    with site.db.write() as conn:
        tasks.wake(conn, None, site.clock())
    (held,) = claim(site)
    assert held.attempts == 2


def test_only_a_dead_or_parked_row_is_forgotten(site):
    put(site)
    with site.db.write() as conn:
        number = conn.execute(select(task.c.id)).scalar_one()
        with pytest.raises(NotFound):
            tasks.forget(conn, number)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.park(conn, held, "plugin 'x' is gone", now=site.clock())
    with site.db.write() as conn:
        assert tasks.forget(conn, number).kind == held.kind
        assert conn.execute(select(task.c.id)).all() == []


def test_guard_renews_the_lease_and_progress_starts_the_attempts_anew(site):
    put(site)
    (held,) = claim(site)
    site.clock.advance(timedelta(seconds=20))
    with site.db.write() as conn:
        tasks.guard(conn, held, now=site.clock(), lease=LEASE, progress={"pages": 1})

    assert row(site).lease_until == site.clock() + LEASE
    assert row(site).attempts == 1


@pytest.mark.parametrize("act", ["guard", "finish", "again", "fail", "park"])
def test_old_fence_writes_nothing(site, act):
    put(site)
    (old,) = claim(site)
    take_over(site, old)
    now = site.clock()
    acts = {
        "guard": lambda conn: tasks.guard(conn, old, now=now, lease=LEASE),
        "finish": lambda conn: tasks.finish(conn, old),
        "again": lambda conn: tasks.again(conn, old, now),
        "fail": lambda conn: tasks.fail(conn, old, "x", now=now),
        "park": lambda conn: tasks.park(conn, old, "x", now=now),
    }
    before = row(site)

    def write():
        with site.db.write() as conn:
            tasks.put(conn, "import", "written before the fence was seen", now)
            acts[act](conn)

    with pytest.raises(Fenced):
        write()

    assert row(site) == before
    assert row(site, "written before the fence was seen") is None


def test_dropped_row_fences_its_worker(site):
    put(site)
    (held,) = claim(site)
    with site.db.write() as conn:
        tasks.drop(conn, "import", ["a"])

    with pytest.raises(Fenced), site.db.write() as conn:
        tasks.guard(conn, held, now=site.clock(), lease=LEASE)


@pytest.mark.parametrize(("key", "owner"), [("b", "me"), ("a", "other")])
def test_claim_of_a_dropped_row_is_none_of_the_row_that_takes_its_number(site, key, owner):
    put(site)
    (old,) = claim(site)
    with site.db.write() as conn:
        tasks.drop(conn, "import", ["a"])
    put(site, key)
    (new,) = claim(site, owner=owner)
    if site.db.dialect == "sqlite":
        assert (new.id, new.fence) == (old.id, old.fence), "the case that matters"

    for act in (tasks.finish, partial(tasks.guard, now=site.clock())):
        with pytest.raises(Fenced), site.db.write() as conn:
            act(conn, old)

    with site.db.write() as conn:
        tasks.finish(conn, new)
    assert row(site, key).state == State.DONE


def test_due_kinds_counts_what_nobody_holds(site):
    put(site, "a")
    put(site, "b")
    put(site, "c", site.clock() + MINUTE)
    claim(site, limit=1)

    with site.db.read() as conn:
        assert tasks.due_kinds(conn, site.clock()) == {"import": 1}


def take_over(site, old):
    site.clock.advance(LEASE + timedelta(seconds=1))
    with site.db.write() as conn:
        reconciler.release(conn, site.clock())
    assert row(site).lease_until == NEVER
    (new,) = claim(site, owner="other")
    assert new.fence == old.fence + 1
