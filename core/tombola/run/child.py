"""One process that the supervisor keeps alive."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tombola.run import locks
from tombola.run.console import Console, LineReader, TakesLine

#: Seconds before the first restart; doubled each time up to the longest.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
#: Seconds after which a child counts as healthy, and its next restart is quick again.
HEALTHY_AFTER = 10.0
#: Seconds that a restart waits for descendants which left the group and end by themselves.
ORPHANS_PATIENCE = 5.0


@dataclass(frozen=True)
class Program:
    """What to run.

    Attributes:
        name: The word before each line that it prints, and the name of its lock.
        command: Program and arguments.
        patience: Seconds that it gets to end when asked.
        once: It does its work and ends; its own end is no reason to start it again.
        says: Takes the lines of its standard output, which are not printed then.
        descriptors: Open files that it inherits.
    """

    name: str
    command: Sequence[str]
    patience: float = 5.0
    once: bool = False
    says: TakesLine | None = None
    descriptors: tuple[int, ...] = ()


class Child:
    """A program, its process and when it may start again."""

    def __init__(
        self, program: Program, folder: Path, environment: Mapping[str, str], console: Console
    ) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.exit_code: int | None = None
        self.readers: list[LineReader] = []
        self._folder = folder
        self._environment = environment
        self._print = console.writer(program.name)
        self._failures = 0
        self._started = 0.0
        self._due = 0.0

    @property
    def lock(self) -> Path:
        """The lock that all its descendants hold."""
        return self._folder / f"{self.program.name}.lock"

    def is_due(self) -> bool:
        """Whether it is down and should be started now."""
        done = self.program.once and self.exit_code is not None
        return self.process is None and not done and time.monotonic() >= self._due

    def start(self) -> bool:
        """Start it in a session of its own; False while descendants of its last life remain."""
        lock = locks.take(self.lock)
        if lock is None:
            if time.monotonic() < self._due + ORPHANS_PATIENCE:
                return False
            # Whoever remains is frozen; the fences of the database keep it from writing.
            self.lock.unlink(missing_ok=True)
            return False
        try:
            self._spawn(lock)
        finally:
            os.close(lock)
        self._started = time.monotonic()
        return True

    def _spawn(self, lock: int) -> None:
        def name_the_group() -> None:
            locks.write_number(lock, os.getpid())

        separate = self.program.says is not None
        self.process = subprocess.Popen(  # noqa: S603 # the operator's own commands
            self.program.command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if separate else subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock, *self.program.descriptors],
            preexec_fn=name_the_group,  # noqa: PLW1509 # the supervisor has one thread
        )
        takers = {self.process.stdout: self.program.says, self.process.stderr: None}
        self.readers = [
            LineReader(stream, take or self._print)
            for stream, take in takers.items()
            if stream is not None
        ]

    def has_ended(self) -> bool:
        """Notice its end: kill what is left of its group and plan the next start.

        Returns:
            True once for each end.
        """
        if self.process is None or self.process.poll() is None:
            return False
        locks.signal_group(self.process.pid, signal.SIGKILL)
        self.exit_code = self.process.returncode
        self.process = None
        now = time.monotonic()
        if now - self._started >= HEALTHY_AFTER:
            self._failures = 0
        self._due = now + min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures += 1
        return True

    def ask_to_end(self) -> None:
        """Ask the program itself; it knows in which order its own processes end."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill its whole group."""
        if self.process is not None:
            locks.signal_group(self.process.pid, signal.SIGKILL)
