"""A worker that is killed anywhere is followed by one that comes to the same bytes."""

import os
import shutil
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tombola import rooms
from tombola.db import Database
from tombola.draws import proofs, service
from tombola.draws.types import State
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House as Works
from tombola.queue.models import task

#: Steps of the clock between the stages of a draw: close and freeze, the beacon's round, the end.
STAGES = (timedelta(), timedelta(seconds=70), timedelta(seconds=1))


def turn(inst: Any, clock: Any) -> None:
    kinds = rooms.kinds()
    works = Works(inst, kinds)
    reconciler.tick(works)
    runner.run(works, kinds["draw"])


def killed_turn(inst: Any, clock: Any, url: str, point: int) -> bool:
    """Work in a process of its own that is killed before its n-th commit; False if it lived."""
    child = os.fork()
    if child == 0:
        db = Database(url)
        seen = 0

        def count(_: Any) -> None:
            nonlocal seen
            seen += 1
            if seen == point:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(db.engine, "commit", count)
        turn(replace(inst, db=db), clock)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def end_leases(db: Database, clock: Any) -> None:
    """As time does, without moving the clock, which would stand in the proof."""
    with db.write() as conn:
        conn.execute(task.update().values(lease_until=clock() - timedelta(seconds=1)))


def to_the_end(hall: Any, folder: Path, point: int, stage_killed: int) -> tuple[str, bool]:
    """The bundle of a copy of the planned draw, with a kill in one of its stages."""
    source = Path(hall.inst.db.url.database)
    for each in source.parent.glob(f"{source.name}*"):
        shutil.copy(each, folder / each.name.replace(source.name, f"{stage_killed}-{point}"))
    url = f"sqlite:///{folder / f'{stage_killed}-{point}'}"
    db = Database(url)
    inst = replace(hall.inst, db=db)
    began = hall.clock()
    killed = False
    uid = service.of_campaign(inst, hall.actor, hall.campaign.uid)[0].uid
    service.close(inst, hall.actor, uid)
    for stage, step in enumerate(STAGES):
        hall.clock.advance(step)
        if stage == stage_killed:
            db.close()
            killed = killed_turn(inst, hall.clock, url, point)
            end_leases(db, hall.clock)
        for _ in range(3):
            turn(inst, hall.clock)
    found = service.get(inst, hall.actor, uid)
    assert found.state == State.DRAWN
    text = "".join(proofs.bundle(inst, uid))
    hall.clock.set(began)
    db.close()
    return text, killed


@pytest.mark.slow
@pytest.mark.parametrize("stage", range(len(STAGES) - 1))
def test_kill_before_any_commit_changes_no_byte_of_the_proof(quick_hall, tmp_path, stage):
    quick_hall.crowd(30)
    quick_hall.plan()
    quick_hall.inst.db.close()
    expected, _ = to_the_end(quick_hall, tmp_path, 0, len(STAGES))
    kills = 0
    for point in range(1, 60):
        text, killed = to_the_end(quick_hall, tmp_path, point, stage)
        assert text == expected, f"killed before commit {point}"
        if not killed:
            break
        kills += 1
    else:
        pytest.fail("the worker never came to its end")
    assert kills >= 5
