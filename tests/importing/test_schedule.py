"""When sources run: each once in its hour, whoever rings, and none for another's trouble."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tombola.api import Lane
from tombola.campaigns.models import campaign
from tombola.importing import service
from tombola.importing.models import item, run
from tombola.queue import reconciler, runner

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PROGRAM = Path(__file__).with_name("slow_worker.py")


def live_runs(world):
    """How many runs of new posts each source has had."""
    counted = select(run.c.source_id, func.count()).where(run.c.lane == Lane.LIVE.value)
    with world.inst.db.read() as conn:
        return dict(conn.execute(counted.group_by(run.c.source_id)).all())


def planned(world):
    found = service.of_action(world.inst, world.actor, world.action.uid)
    return [each.next_run_at for each in found]


def test_sources_that_begin_together_spread_over_the_hour(quick_world):
    world = quick_world
    for n in range(24):
        world.add(config={"tag": f"t{n}"})
    world.work()

    moments = planned(world)
    assert all(world.clock() < at <= world.clock() + HOUR for at in moments)
    assert len({at.minute for at in moments}) > 12
    assert len(set(moments)) == 24


@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 10, 24, 21, tzinfo=UTC)]
)
def test_clock_change_of_the_campaigns_zone_neither_doubles_nor_drops_a_run(quick_world, night):
    world = quick_world
    world.clock.set(night)
    with world.inst.db.write() as conn:
        dates = {"starts_at": night - timedelta(days=9), "ends_at": night + timedelta(days=9)}
        conn.execute(update(campaign).values(**dates))
    world.add()
    world.work()
    [first] = planned(world)
    before = sum(live_runs(world).values())
    world.clock.set(first)
    for _ in range(8 * 12):  # eight hours, five minutes at a time
        world.work()
        world.clock.advance(5 * MINUTE)

    assert sum(live_runs(world).values()) - before == 8


def test_five_reconcilers_and_workers_give_each_source_one_run_an_hour(world):
    for n in range(12):
        world.add(config={"tag": f"t{n}"})
    world.work()
    for _ in range(3):
        before = live_runs(world)
        world.clock.advance(HOUR)
        together = threading.Barrier(5)

        def one(together=together):
            together.wait()
            for _ in range(4):
                reconciler.tick(world.house)
                runner.run(world.house, world.kinds["import"])

        with ThreadPoolExecutor(5) as pool:
            for done in [pool.submit(one) for _ in range(5)]:
                done.result()
        after = live_runs(world)
        assert {number: after[number] - before[number] for number in after} == dict.fromkeys(
            after, 1
        )


def test_source_that_hangs_delays_no_other(quick_world):
    world = quick_world
    held, hanging = threading.Event(), threading.Event()
    whole = world.importer.fetch

    def fetch(ctx, config, cursor):
        if config.tag == "hangs":
            hanging.set()
            held.wait(20)
        return whole(ctx, config, cursor)

    world.importer.fetch = fetch
    world.network.post(1, world.clock() - MINUTE)
    world.add(config={"tag": "hangs"})
    reconciler.tick(world.house)
    worker = threading.Thread(target=runner.run, args=(world.house, world.kinds["import"]))
    worker.start()
    try:
        assert hanging.wait(20)
        for n in range(6):
            world.add(config={"tag": f"well{n}"})
        began = time.monotonic()
        while len(live_runs(world)) < 6 and time.monotonic() - began < 20:
            runner.run(world.house, world.kinds["import"])
        assert not held.is_set()
        assert len(live_runs(world)) >= 6, "all others ran while one hung"
    finally:
        held.set()
        worker.join()


@contextmanager
def slow_worker(url, folder, seconds):
    log = (folder / "worker.log").open("ab")
    words = [sys.executable, str(PROGRAM), url, str(folder), str(seconds)]
    with log, subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def until(fact, folder, seconds=40):
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            pytest.fail(f"not in {seconds} s\n{(folder / 'worker.log').read_text()[-3000:]}")
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_pause_holds_at_once_in_the_middle_of_a_slow_call(world, database_url, tmp_path):
    def stored():
        with world.inst.db.read() as conn:
            return conn.execute(select(func.count()).select_from(item)).scalar_one()

    def asked():
        return len(list(tmp_path.glob("slow-*.asked")))

    def told():
        return len(list(tmp_path.glob("slow-*.told")))

    now = datetime.now(UTC)
    world.clock.set(now)
    with world.inst.db.write() as conn:
        dates = {"starts_at": now - timedelta(days=9), "ends_at": now + timedelta(days=9)}
        conn.execute(update(campaign).values(**dates))
    form = {"tag": "slow", "photos_only": False}
    world.add(config=form)
    with slow_worker(database_url, tmp_path, 6):
        until(lambda: stored() >= 5 and asked() > told(), tmp_path)
        began = time.monotonic()
        service.pause(world.inst, world.actor, world.source().uid)
        assert time.monotonic() - began < 5
        assert world.source().state == "paused"
        before, calls = stored(), asked()
        until(lambda: told() == calls, tmp_path)
        until(lambda: not world.source().running, tmp_path)

        assert stored() == before, "what came of the call is not written"
        assert asked() == calls, "and nothing more is asked"
        world.clock.set(datetime.now(UTC))
        service.resume(world.inst, world.actor, world.source().uid)
        until(lambda: stored() > before, tmp_path)
