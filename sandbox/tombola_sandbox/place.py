"""Where the sandbox serves and keeps its world."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tombola.testing.network import Ledger
from tombola_sandbox.world import World

HOST = "127.0.0.1"
LEDGER = "ledger.jsonl"
LOCK = "lock"


class AlreadyServedError(Exception):
    """Another process has this world open."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is.

    Attributes:
        port: of Tombola; the shop has the next, the network the one after, mail the third.
        folder: where the world is kept.
        tombola: Tombola's own address, without a slash at its end.
    """

    port: int
    folder: Path
    tombola: str

    @property
    def shop(self) -> str:
        """The shop's address: another site than Tombola's, to every browser."""
        return f"http://{HOST}:{self.port + 1}"

    @property
    def network(self) -> str:
        """The network's and the console's address."""
        return f"http://{HOST}:{self.port + 2}"

    @property
    def mail_port(self) -> int:
        """Where mails are taken."""
        return self.port + 3


def place_from_environment() -> Place:
    """Read where everything is from Tombola's own settings."""
    port = int(os.environ.get("TOMBOLA_PORT", "8000"))
    folder = Path(os.environ.get("TOMBOLA_DATA_DIR", "var")) / "sandbox"
    address = os.environ.get("TOMBOLA_BASE_URL") or f"http://localhost:{port}"
    return Place(port, folder.resolve(), address.rstrip("/"))


@contextlib.contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Open the world that is kept in a folder, alone.

    Raises:
        AlreadyServedError: another process has it open.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        _lock(lock, folder)
        ledger = Ledger(folder / LEDGER)
        try:
            yield World(ledger=ledger)
        finally:
            ledger.close()


def _lock(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyServedError(f"another process has the world in {folder} open") from None
