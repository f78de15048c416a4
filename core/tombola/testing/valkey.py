"""A real Valkey for tests: one server a worker, emptied for each test."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tombola.run import valkey
from tombola.testing import keeper

#: Seconds until a fresh server must answer.
PATIENCE = 30.0


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """Start a server in a folder of its own; yields its address (``unix://…``).

    Raises:
        ValkeyMissing: no program was found, or it did not start.
    """
    program = valkey.find_server()
    folder = Path(tempfile.mkdtemp(prefix="tombola-vk-"))
    listen = folder / "v.sock"
    lock = folder / "users"
    with keeper.hold(lock):
        command = valkey.command(program, folder, listen)
        keeper.start(keeper.Plan(command=command, folder=str(folder), lock=str(lock)))
        _await(listen, folder)
        yield valkey.url(listen)


def _await(listen: Path, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not valkey.answers(listen):
        if time.monotonic() > deadline:
            said = "".join(log.read_text() for log in sorted(folder.glob("*.log")))
            raise valkey.ValkeyMissing(f"Valkey did not start.\n{said[-2000:]}\n{valkey.REMEDY}")
        time.sleep(0.02)
