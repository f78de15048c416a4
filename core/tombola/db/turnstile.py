"""A fair queue for SQLite's writers.

SQLite's own busy handler sleeps up to 100 ms between tries and is not fair: an importer that takes
the write lock again and again starves a tracker. Two file locks put writers in a line: whoever
holds the gate is next, and waits there for the writer that is inside. The kernel frees the locks of
a process that dies.
"""

import fcntl
import os
from pathlib import Path


class Turnstile:
    """One connection's way through the two locks beside the database file."""

    def __init__(self, database: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._gate = os.open(f"{database}.gate", flags, 0o600)
        self._write = os.open(f"{database}.write", flags, 0o600)
        self._inside = False

    def enter(self) -> None:
        """Wait for the turn to write. Returns when this connection is the only writer."""
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._write, fcntl.LOCK_EX)
            self._inside = True
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def leave(self) -> None:
        """Let the next writer in. Harmless when not inside."""
        if self._inside:
            self._inside = False
            fcntl.flock(self._write, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close both descriptors, which frees their locks."""
        os.close(self._gate)
        os.close(self._write)
