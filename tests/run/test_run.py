"""`tombola run` as an operator has it: every process real, each killed in turn."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tombola.run.locks import is_held
from tombola.testing.processes import wait_for
from tombola.testing.running import Run, free_port, members

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

CHILDREN = ("web", "worker", "reconciler", "valkey")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Run]]:
    """Start an installation in one folder, again and again."""
    port = free_port()
    runs: list[Run] = []

    def run() -> Run:
        runs.append(Run(tmp_path / "data", port))
        return runs[-1]

    yield run
    for each in runs:
        each.end(signal.SIGTERM)


def test_run_is_ready_answers_and_ends_with_nothing_left(start):
    run = start().wait_ready()
    groups = run.groups()
    assert run.is_healthy()
    said = "".join(run.lines)
    assert f"http://localhost:{run.port}/first-start\n" in said
    assert str((run.data / "first-start-token").resolve()) in said
    assert (run.data / "first-start-token").exists()
    assert "tombola operator create" in said
    assert len(members(groups)) >= len(groups)

    run.end(signal.SIGINT)

    assert run.process.returncode == 0
    assert members(groups) == []
    assert run.lines[-1] == "Tombola has stopped.\n"
    assert "Traceback" not in (said := "".join(run.lines)), said


def test_each_killed_process_comes_back_and_tombola_answers(start):
    run = start().wait_ready()

    for name in CHILDREN:
        old = run.group(name)
        kill_and_wait(run, name, old)
        assert members({old}) == []

    wait_for(run.is_healthy, 30)
    assert run.process.poll() is None


def test_killed_process_inside_the_web_server_comes_back(start):
    run = start().wait_ready()
    (inner,) = set(members({run.group("web")})) - {run.group("web")}

    kill_and_wait(run, "web", inner)

    wait_for(run.is_healthy, 30)


def kill_and_wait(run: Run, name: str, pid: int) -> None:
    """Kill a process of a child and wait for the child's next life."""
    old = run.group(name)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: run.group(name) != old, 10)


def test_killed_supervisor_leaves_nothing_within_five_seconds(start):
    first = start().wait_ready()
    groups = first.groups()

    first.end(signal.SIGKILL)
    wait_for(lambda: members(groups) == [], 5)
    second = start().wait_ready()

    assert second.is_healthy()
    assert groups.isdisjoint(second.groups())


def test_killed_supervisor_and_guard_next_start_finds_no_orphan(start):
    first = start().wait_ready()
    groups = first.groups()
    os.kill(first.process.pid, signal.SIGSTOP)
    os.kill(first.group("guard"), signal.SIGKILL)
    first.end(signal.SIGKILL)

    second = start().wait_ready()

    assert members(groups) == []
    assert second.is_healthy()


def test_second_start_names_the_first(start):
    first = start().wait_ready()

    second = start()
    second.end(0)

    assert second.process.returncode == 1
    assert second.lines == [f"Error: Tombola is already running, pid {first.process.pid}.\n"]
    assert first.is_healthy()


def test_failed_migration_ends_the_start_with_the_reason(start, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tombola.sqlite3").write_text("This is no database. " * 100)

    run = start()
    run.process.wait(60)
    run.end(0)

    assert run.process.returncode == 1
    assert run.lines[-1] == "Error: `tombola migrate` failed; its lines above say why.\n"
    assert not any(is_held(path) for path in (tmp_path / "data" / "run").glob("*.lock"))
