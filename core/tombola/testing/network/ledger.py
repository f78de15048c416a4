"""What a fake network knows, as lines that are only ever added.

The lines are the truth: what exists, since when it can be seen, what was edited or deleted. A
world is what you get by reading them in order, so a test can ask what an importer *should* have
found at any moment, and a sandbox on a file loses nothing when it is killed.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError


class Line(BaseModel):
    """One thing that happened.

    Attributes:
        number: counts from 1, without gaps.
        at: when it was written, aware UTC.
        kind: what happened, in the network's own words, such as ``post.deleted``.
        subject: the id of the thing it happened to.
        body: whatever belongs to it; JSON.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    at: AwareDatetime
    kind: str
    subject: str
    body: Mapping[str, Any] = {}


class Ledger:
    """Lines in memory, and in a file when it is given one. Safe to use from many threads.

    A file is written line by line as JSON and flushed each time, so a killed process loses at most
    the line it was writing; a torn last line is cut off at the next start.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lines: list[Line] = []
        self._lock = threading.RLock()
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._read(path)
            self._file = path.open("a", encoding="utf-8")

    def append(self, kind: str, subject: str, body: Mapping[str, Any], at: datetime) -> Line:
        """Add one line at the end and give it back. Not idempotent."""
        with self._lock:
            line = Line(
                number=len(self._lines) + 1, at=at, kind=kind, subject=subject, body=dict(body)
            )
            if self._file is not None:
                self._file.write(line.model_dump_json() + "\n")
                self._file.flush()
            self._lines.append(line)
            return line

    def __iter__(self) -> Iterator[Line]:
        """Go through the lines written so far, oldest first."""
        with self._lock:
            return iter(tuple(self._lines))

    def __len__(self) -> int:
        return len(self._lines)

    def of(self, subject: str) -> list[Line]:
        """Give the history of one thing, oldest first."""
        return [line for line in self if line.subject == subject]

    def close(self) -> None:
        """Write everything to the disk and let go of the file. Idempotent."""
        with self._lock:
            if self._file is not None:
                os.fsync(self._file.fileno())
                self._file.close()
                self._file = None

    def _read(self, path: Path) -> None:
        if not path.exists():
            return
        whole = 0
        with path.open("rb") as file:
            for raw in file:
                if (line := _parse(raw)) is None:
                    break
                self._lines.append(line)
                whole += len(raw)
        if whole < path.stat().st_size:
            os.truncate(path, whole)


def _parse(raw: bytes) -> Line | None:
    if not raw.endswith(b"\n"):
        return None
    try:
        return Line.model_validate_json(raw)
    except ValidationError:
        return None
