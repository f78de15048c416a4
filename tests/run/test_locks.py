import os
import signal
import subprocess
import sys
import time

from tombola.run import locks
from tombola.testing.processes import is_alive, wait_for

HOLDER = """
import os, signal, subprocess, sys, time
from tombola.run import locks
signal.signal(signal.SIGTERM, getattr(signal, sys.argv[2]))
lock = locks.take(__import__("pathlib").Path(sys.argv[1]))
locks.write_number(lock, os.getpid())
ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('', flush=True)"
inner = subprocess.Popen([sys.executable, "-c", ignore + "; time.sleep(600)"], stdout=-1)
inner.stdout.readline()
print(inner.pid, flush=True)
time.sleep(600)
"""


def hold(path, answer: str = "SIG_DFL") -> "tuple[subprocess.Popen[str], int]":
    """A process that holds the lock, and one in its group that neither holds it nor obeys."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), answer],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process.stdout as stream:
        return process, int(stream.readline())


def test_lock_is_free_when_its_holder_is_killed(tmp_path):
    path = tmp_path / "a.lock"
    process, inner = hold(path)
    assert locks.is_held(path)
    assert locks.read_number(path) == process.pid

    process.kill()
    process.wait()

    assert not locks.is_held(path)
    os.kill(inner, signal.SIGKILL)


def test_end_asks_and_kills_who_stays_in_the_group(tmp_path):
    path = tmp_path / "a.lock"
    process, inner = hold(path)

    started = time.monotonic()
    assert locks.end([path], 5) == []

    assert time.monotonic() - started < 5
    assert process.wait(5) == -signal.SIGTERM
    wait_for(lambda: not is_alive(inner), 5)


def test_end_kills_who_does_not_obey(tmp_path):
    path = tmp_path / "a.lock"
    process, inner = hold(path, "SIG_IGN")

    assert locks.end([path], 0.2) == []

    assert process.wait(5) == -signal.SIGKILL
    wait_for(lambda: not is_alive(inner), 5)


def test_end_of_what_nobody_holds_does_nothing(tmp_path):
    path = tmp_path / "a.lock"
    path.write_text(str(os.getpid()))

    assert locks.end([path, tmp_path / "missing.lock"], 5) == []


def test_lock_without_a_number_is_told_and_kills_nobody(tmp_path):
    path = tmp_path / "a.lock"
    lock = locks.take(path)
    assert lock is not None

    assert locks.end([path], 0.05) == [path]

    os.close(lock)
    assert locks.read_number(path) is None
