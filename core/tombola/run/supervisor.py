"""Keeps the processes of an installation alive, and leaves none behind.

Plain POSIX and one thread. Each child has a session, a group and a lock of its own (``locks.py``);
a guard (``guard.py``) ends them if the supervisor is killed; the next start ends whatever an
earlier run left. A child that ends is started again, whatever its exit code says.
"""

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from tombola.run import guard, locks
from tombola.run.child import Child, Program
from tombola.run.console import CHUNK, Console, LineReader

#: Seconds between two looks at the children when nothing wakes the supervisor.
PERIOD = 0.1
#: Seconds that descendants which left their group get to notice that their parent is gone.
SWEEP = 2.0

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AlreadyRunning(Exception):
    """Another supervisor holds this folder; the message has its process number."""


class Stopped(Exception):
    """The operator asked to stop: Ctrl-C, TERM, or a closed terminal."""


class Failed(Exception):
    """Something without which the start cannot go on; the message says what and why."""


class Supervisor:
    """The processes of one folder; a context manager.

    Entering takes the folder and ends what an earlier run left. Leaving stops all children in the
    order of ``names``.

    Args:
        folder: where the locks lie; made when missing.
        environment: of every child.
        names: of all programs that may be started, in the order of stopping.
        console: takes what the children print.

    Raises:
        AlreadyRunning: on entering.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        *,
        names: Sequence[str],
        console: Console,
    ) -> None:
        self.folder = folder
        self.environment = environment
        self.console = console
        self._names = tuple(names)
        self._children: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._requests = 0
        self._ends = False

    def __enter__(self) -> Self:
        """Take the folder, listen to signals, start the guard."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / "supervisor.lock"
        lock = locks.take(path)
        if lock is None:
            raise AlreadyRunning(f"Tombola is already running, pid {locks.read_number(path)}.")
        self._lock = lock
        locks.write_number(lock, os.getpid())
        self._end_leftovers()
        self._listen()
        self._start_guard()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything in order and give the folder back."""
        self._ends = True
        for name in self._names:
            self._stop(name)
        locks.end(self._paths(self._names), SWEEP)
        os.close(self._pipe[1])  # the guard finds nothing to do and leaves
        self._wait(self._children[guard.NAME], guard.PATIENCE)
        self._deafen()
        os.close(self._pipe[0])
        os.close(self._lock)
        self._selector.close()

    def start(self, program: Program) -> Child:
        """Start a program and keep it alive from now on (unless it runs but once)."""
        child = Child(program, self.folder, self.environment, self.console)
        self._children[program.name] = child
        self._begin(child)
        return child

    def until(self, condition: Callable[[], bool], *, patience: float, failure: str) -> None:
        """Serve the children until the condition holds.

        Raises:
            Stopped: the operator asked for it meanwhile.
            Failed: ``patience`` seconds went by; the message is ``failure``.
        """
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                raise Failed(failure)
            self.serve()

    def serve(self, *, period: float = PERIOD) -> None:
        """One turn: pass on what children print, bury and restart those that ended.

        Raises:
            Stopped: the operator asked for it.
        """
        if self._requests and not self._ends:
            raise Stopped
        for key, _ in self._selector.select(period):
            if isinstance(key.fileobj, LineReader):
                self._hear(key.fileobj)
            else:
                os.read(key.fd, CHUNK)
        for child in tuple(self._children.values()):
            if child.has_ended():
                self._bury(child)
            if not self._ends and child.is_due():
                self._begin(child)

    def _begin(self, child: Child) -> None:
        if child.start():
            for reader in child.readers:
                self._selector.register(reader, selectors.EVENT_READ)

    def _hear(self, reader: LineReader) -> None:
        if not reader.read():
            self._forget(reader)

    def _forget(self, reader: LineReader) -> None:
        self._selector.unregister(reader)
        reader.close()

    def _bury(self, child: Child) -> None:
        heard = [key.fileobj for key in self._selector.get_map().values()]
        for reader in child.readers:
            if reader in heard:
                reader.read()
                self._forget(reader)
        if not self._ends and not child.program.once:
            self.console.note(f"{child.program.name} ended ({child.exit_code}); starting it again")

    def _stop(self, name: str) -> None:
        child = self._children.get(name)
        if child is None or child.process is None:
            return
        requests = self._requests
        child.ask_to_end()
        deadline = time.monotonic() + child.program.patience
        while child.process is not None and time.monotonic() < deadline:
            if self._requests > requests:  # a second Ctrl-C: at once
                break
            self.serve()
        child.kill()
        self._wait(child, guard.PATIENCE)

    def _wait(self, child: Child, patience: float) -> None:
        deadline = time.monotonic() + patience
        while child.process is not None and time.monotonic() < deadline:
            self.serve()
        child.kill()

    def _end_leftovers(self) -> None:
        last = self._paths(self._names[-1:])
        own = self._paths([guard.NAME, "supervisor"])
        others = [path for path in self.folder.glob("*.lock") if path not in last + own]
        locks.end(own[:1], 0)
        left = locks.end(others, guard.PATIENCE) + locks.end(last, guard.LAST_PATIENCE)
        for path in left:
            self.console.note(f"a frozen process of an earlier run keeps {path.name}; left alone")
            path.unlink()

    def _start_guard(self) -> None:
        self._pipe = os.pipe()
        names = [str(self._pipe[0]), str(self.folder), *self._names]
        command = [sys.executable, "-m", "tombola.run.guard", *names]
        self.start(Program(guard.NAME, command, descriptors=(self._pipe[0],)))

    def _paths(self, names: Sequence[str]) -> list[Path]:
        return [self.folder / f"{name}.lock" for name in names]

    def _listen(self) -> None:
        read, write = os.pipe()
        for descriptor in (read, write):
            os.set_blocking(descriptor, False)
        self._bell = (read, write)
        self._wakeup = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._selector.register(read, selectors.EVENT_READ)
        handlers = dict.fromkeys(_STOPPING, self._request)
        handlers[signal.SIGCHLD] = _nothing
        self._handlers = {number: signal.signal(number, act) for number, act in handlers.items()}

    def _deafen(self) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._selector.unregister(self._bell[0])
        for descriptor in self._bell:
            os.close(descriptor)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self._requests += 1


def _nothing(number: int, frame: FrameType | None) -> None:
    """The end of a child only has to wake the supervisor."""
