"""The supervisor with real processes: what lives, what ends, in which order."""

import os
import signal

import pytest

from tombola.testing.processes import is_alive, wait_for

pytestmark = pytest.mark.slow

ALL = ("front", "back", "store", "inner")


def test_killed_child_comes_back_and_its_group_is_gone(start_house):
    house = start_house()
    house.wait_started(*ALL)
    old, inner = house.pid("back"), house.pid("inner")

    os.kill(old, signal.SIGKILL)

    wait_for(lambda: house.pid("back") != old, 5)
    house.wait_gone({old, inner}, 5)
    assert is_alive(house.pid("back"))


def test_child_that_ends_without_an_error_comes_back_with_growing_pauses(start_house):
    house = start_house("quitter", "store")

    wait_for(lambda: len(house.notes("started")) >= 5)

    assert house.process.poll() is None
    assert "quitter ended (0); starting it again" in house.signal(signal.SIGTERM)


def test_interrupt_ends_all_in_order_and_leaves_no_process(start_house):
    house = start_house()
    house.wait_started(*ALL)
    pids = house.pids() | {house.guard()}

    output = house.signal(signal.SIGINT)

    assert house.process.returncode == 0
    assert [name for name, _ in house.notes("ended")] == ["front", "back", "store"]
    assert not any(map(is_alive, pids))
    assert "front | here is front\n" in output
    assert output.endswith("stopped\n")


def test_child_that_ignores_the_request_is_killed_after_its_patience(start_house):
    house = start_house("stubborn", "store")
    house.wait_started("stubborn", "store")

    house.signal(signal.SIGTERM)

    assert not any(map(is_alive, house.pids()))
    assert [name for name, _ in house.notes("ended")] == ["store"]


def test_killed_supervisor_takes_its_children_within_five_seconds(start_house):
    house = start_house()
    house.wait_started(*ALL)
    pids = house.pids() | {house.guard()}

    house.signal(signal.SIGKILL)

    house.wait_gone(pids, 5)
    assert [name for name, _ in house.notes("ended")][-1] == "store"


def test_supervisor_and_guard_killed_next_start_ends_what_they_left(start_house):
    first = start_house()
    first.wait_started(*ALL)
    left = first.pids()
    os.kill(first.process.pid, signal.SIGSTOP)  # so that it cannot start another guard
    os.kill(first.guard(), signal.SIGKILL)
    first.signal(signal.SIGKILL)
    assert all(map(is_alive, left))

    second = start_house()
    wait_for(lambda: len(second.notes("started")) == 2 * len(ALL))

    second.wait_gone(left, 1)
    assert all(map(is_alive, second.pids() - left))


def test_killed_guard_is_replaced_and_guards_again(start_house):
    house = start_house()
    house.wait_started(*ALL)
    old = house.guard()

    os.kill(old, signal.SIGKILL)
    wait_for(lambda: house.guard() != old, 5)
    house.signal(signal.SIGKILL)

    house.wait_gone(house.pids(), 5)


def test_second_start_says_who_is_running_and_touches_nothing(start_house):
    first = start_house()
    first.wait_started(*ALL)
    before = first.pids()

    second = start_house()
    output = second.process.communicate(timeout=10)[0]

    assert second.process.returncode == 1
    assert output == f"Tombola is already running, pid {first.process.pid}.\n"
    assert first.pids() == before
    assert all(map(is_alive, before))


def test_hung_up_terminal_ends_all(start_house):
    house = start_house()
    house.wait_started(*ALL)

    house.signal(signal.SIGHUP)

    assert not any(map(is_alive, house.pids()))
