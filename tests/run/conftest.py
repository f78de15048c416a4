import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tombola.testing.processes import is_alive, wait_for

HOUSE = Path(__file__).parent / "house.py"


@dataclass
class House:
    """A run of ``house.py`` and what its children noted."""

    folder: Path
    process: "subprocess.Popen[str]"
    known: set[int] = field(default_factory=set)

    def notes(self, word: str) -> list[tuple[str, int]]:
        path = self.folder / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        split = [line.split() for line in lines]
        return [(name, int(pid)) for said, name, pid in split if said == word]

    def pid(self, name: str) -> int:
        return [pid for found, pid in self.notes("started") if found == name][-1]

    def guard(self) -> int:
        return int((self.folder / "run" / "guard.lock").read_text())

    def pids(self) -> set[int]:
        return {pid for _, pid in self.notes("started")}

    def wait_started(self, *names: str) -> None:
        wait_for(lambda: set(names) <= {name for name, _ in self.notes("started")})

    def wait_gone(self, pids: set[int], seconds: float) -> float:
        return wait_for(lambda: not any(map(is_alive, pids)), seconds)

    def signal(self, number: int) -> str:
        """Send a signal, wait for the end, and return what was printed."""
        os.kill(self.process.pid, number)
        return self.process.communicate(timeout=20)[0]


@pytest.fixture
def start_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Start houses in one folder; whatever is left of them is killed after the test."""
    houses: list[House] = []

    def start(*names: str) -> House:
        process = subprocess.Popen(
            [sys.executable, str(HOUSE), str(tmp_path), *names],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        houses.append(House(tmp_path, process))
        return houses[-1]

    yield start
    for house in houses:
        if house.process.poll() is None:
            house.signal(signal.SIGTERM)
        if house.process.stdout is not None:
            house.process.stdout.close()
        for pid in filter(is_alive, house.pids()):
            os.kill(pid, signal.SIGKILL)
