"""Processes that are restarted on any exit, and somebody who keeps killing them."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from redis import Redis

PROGRAM = Path(__file__).with_name("processes.py")
#: Seconds between two looks at the crew.
PERIOD = 0.05


class Crew:
    """Workers and reconcilers under a supervisor that restarts them."""

    def __init__(self, roles: list[str], arguments: list[str], folder: Path) -> None:
        self._arguments = arguments
        self._folder = folder
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.processes = {(role, n): self._start(role) for n, role in enumerate(roles)}
        self._thread = threading.Thread(target=self._supervise, daemon=True)
        self._thread.start()

    def of(self, role: str) -> list[psutil.Process]:
        """The running processes of a role."""
        with self._lock:
            found = [p for (name, _), p in self.processes.items() if name == role]
        return [psutil.Process(p.pid) for p in found if p.poll() is None and _lives(p.pid)]

    def horses(self) -> list[psutil.Process]:
        """The forked jobs at work."""
        return [horse for worker in self.of("work") for horse in _children(worker)]

    def log(self) -> str:
        """What the processes said."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("crew-*.log")))

    def end(self) -> None:
        """Stop restarting, then kill everything."""
        self._ended.set()
        self._thread.join(10)
        for process in self.processes.values():
            family = _children(psutil.Process(process.pid)) if process.poll() is None else []
            for one in family:
                _signal(one.pid, signal.SIGKILL)
            process.kill()
            process.wait(10)

    def _start(self, role: str) -> "subprocess.Popen[bytes]":
        with (self._folder / f"crew-{role}.log").open("ab") as log:
            words = [sys.executable, str(PROGRAM), role, *self._arguments]
            return subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)

    def _supervise(self) -> None:
        while not self._ended.wait(PERIOD):
            with self._lock:
                for key, process in self.processes.items():
                    if process.poll() is not None and not self._ended.is_set():
                        self.processes[key] = self._start(key[0])


class Nemesis:
    """Kills, freezes and flushes by a seeded dice; ``faults`` counts what was delivered."""

    def __init__(self, crew: Crew, redis: str, seed: int) -> None:
        self._crew = crew
        self._redis = redis
        self._dice = random.Random(seed)  # noqa: S311 # a seeded schedule
        self.faults: Counter[str] = Counter()
        self._acts = {
            "flush": self._flush,
            "worker": self._kill_worker,
            "horse": self._kill_horse,
            "both": self._kill_both,
            "reconciler": self._kill_reconciler,
            "freeze": self._freeze,
        }

    def rage(self, seconds: float, pause: tuple[float, float]) -> None:
        """Do harm for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.strike(self._dice.choice(sorted(self._acts)))
            time.sleep(self._dice.uniform(*pause))

    def strike(self, name: str) -> None:
        """One fault; counted when it hit something."""
        if self._acts[name]():
            self.faults[name] += 1

    def _flush(self) -> bool:
        with Redis.from_url(self._redis) as line:
            line.flushall()
        return True

    def _kill_worker(self) -> bool:
        return _signal_all(self._crew.of("work")[:1], signal.SIGKILL)

    def _kill_horse(self) -> bool:
        return _signal_all(self._crew.horses()[:1], signal.SIGKILL)

    def _kill_both(self) -> bool:
        workers = self._crew.of("work")[:1]
        family = [one for worker in workers for one in (worker, *_children(worker))]
        return _signal_all(family, signal.SIGKILL)

    def _kill_reconciler(self) -> bool:
        return _signal_all(self._crew.of("reconcile")[:1], signal.SIGKILL)

    def _freeze(self) -> bool:
        """Stop a job for longer than its lease, then let it go on with what it believes."""
        horses = self._crew.horses()[:1]
        if not _signal_all(horses, signal.SIGSTOP):
            return False
        time.sleep(2.3)
        return _signal_all(horses, signal.SIGCONT)


@contextmanager
def crew(roles: list[str], arguments: list[str], folder: Path) -> Iterator[Crew]:
    """A crew for the time of the block."""
    made = Crew(roles, arguments, folder)
    try:
        yield made
    finally:
        made.end()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def _lives(pid: int) -> bool:
    return bool(psutil.pid_exists(pid))


def _signal_all(processes: list[psutil.Process], number: int) -> bool:
    """Signal each; tell whether any was there."""
    return sum(_signal(one.pid, number) for one in processes) > 0


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
