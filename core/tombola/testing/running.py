"""A whole `tombola run` as a test has it: started, watched, killed."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tombola.testing.processes import wait_for

#: Seconds that a start may take on a machine that does much else.
PATIENCE = 120.0


def free_port() -> int:
    """A port with two free ones after it."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError):
                for step in (1, 2):
                    socket.create_server(("127.0.0.1", port + step)).close()
                return port


class Run:
    """A running installation.

    Args:
        data: its data folder.
        port: of its pages.
        words: further arguments of ``tombola run``.
    """

    def __init__(self, data: Path, port: int, words: Sequence[str] = ()) -> None:
        self.data, self.port = data, port
        self.lines: list[str] = []
        environment = {**os.environ, "TOMBOLA_DATA_DIR": str(data), "TOMBOLA_PORT": str(port)}
        environment.pop("TOMBOLA_REDIS_URL", None)
        self.process = subprocess.Popen(  # noqa: S603 # our own command
            [sys.executable, "-m", "tombola", "run", *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        if self.process.stdout is not None:
            with self.process.stdout as stream:
                self.lines.extend(iter(stream.readline, ""))

    def wait_ready(self) -> "Run":
        """Wait for the word that it is ready; fails with what it said when it ends before."""
        said = "Tombola is ready\n"
        wait_for(lambda: said in self.lines or self.process.poll() is not None, PATIENCE)
        if self.process.poll() is not None:
            raise AssertionError("".join(self.lines))
        return self

    def status(self, path: str) -> int:
        """The status that its pages answer with, 0 when they do not."""
        line = http.client.HTTPConnection("localhost", self.port, timeout=10)
        try:
            line.request("GET", path)
            return line.getresponse().status
        except OSError:
            return 0
        finally:
            line.close()

    def is_healthy(self) -> bool:
        """Whether its health page says so."""
        return self.status("/healthz") == http.HTTPStatus.OK

    def group(self, name: str) -> int:
        """The process group of one of its children."""
        return int((self.data / "run" / f"{name}.lock").read_text())

    def groups(self) -> set[int]:
        """The process groups of all its children and of the guard."""
        locks = (self.data / "run").glob("*.lock")
        return {self.group(path.stem) for path in locks if path.stem != "supervisor"}

    def end(self, number: int) -> None:
        """Send a signal and wait for the end; only waits when it has ended by itself."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        self.process.wait(60)
        self._reader.join(10)


def members(groups: set[int]) -> list[int]:
    """The processes of these groups that run."""
    command = ["ps", "-Ao", "pid=,pgid=,stat="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    rows = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, group, state in rows if int(group) in groups and state[0] != "Z"]
