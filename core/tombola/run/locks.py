"""File locks that say exactly which processes of a run still live.

A child inherits a descriptor that holds a flock on ``<name>.lock``, and writes its process group
into that file before it becomes the program. The kernel frees the lock when the last descendant
with that descriptor is gone, however it went. So a held lock means that a descendant lives, and no
process number is ever guessed.
"""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

#: Seconds between two looks at a lock that somebody holds.
PERIOD = 0.02


def take(path: Path) -> int | None:
    """Take the lock: a descriptor that holds it, or None when somebody else does.

    Children do not inherit the descriptor unless it is passed to them.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def write_number(descriptor: int, number: int) -> None:
    """Make ``number`` the content of the lock's file. Safe between fork and exec.

    Always as long as before, so that a reader never finds the file empty or half a number.
    """
    os.pwrite(descriptor, b"%-15d\n" % number, 0)


def read_number(path: Path) -> int | None:
    """The number in the lock's file, or None when it holds none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def is_held(path: Path) -> bool:
    """Whether a process holds this lock."""
    descriptor = take(path) if path.exists() else None
    if descriptor is None:
        return path.exists()
    os.close(descriptor)
    return False


def signal_group(group: int | None, number: int) -> None:
    """Send a signal to a process group; nothing happens when it is gone or not ours."""
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def end(paths: Iterable[Path], patience: float) -> list[Path]:
    """End the groups behind these locks together: ask, wait ``patience`` seconds, then kill.

    When a lock is free, whoever is left of its group without the lock is killed too. The group's
    number cannot have a new owner by then, since it was taken until a moment ago.

    Returns:
        The locks that are held even so: by a descendant that left the group and does not end.
    """
    held = {path: read_number(path) for path in paths if is_held(path)}
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 1.0)):
        for group in held.values():
            signal_group(group, number)
        deadline = time.monotonic() + seconds
        while _bury(held) and time.monotonic() < deadline:
            time.sleep(PERIOD)
    return list(held)


def _bury(held: dict[Path, int | None]) -> bool:
    """Forget the groups whose lock is free; say whether there are others."""
    for path in [path for path in held if not is_held(path)]:
        signal_group(held.pop(path), signal.SIGKILL)
    return bool(held)
