"""Keeps a server alive exactly as long as somebody holds a lock, then removes its folder.

Test sessions are killed, time out and crash. Each process that uses the server holds a shared
flock; the kernel frees it however the process ends, and the keeper, which waits for the exclusive
lock, then stops the server. Run as ``python -m tombola.testing.keeper PLAN``.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

#: Seconds between two looks at the lock.
PERIOD = 0.2
#: Seconds that a server gets to stop before it is killed.
PATIENCE = 10.0


@dataclass(frozen=True)
class Plan:
    """What to keep: the command, its folder (removed at the end) and the users' lock."""

    command: Sequence[str]
    folder: str
    lock: str
    stop_signal: int = signal.SIGTERM
    user: str | None = None


def hold(lock: Path) -> IO[str]:
    """Count as a user of the server until the returned file is closed or this process ends."""
    held = lock.open("a")
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def start(plan: Plan) -> None:
    """Start a keeper in a session of its own. The caller must already hold ``plan.lock``."""
    log = Path(plan.folder) / "keeper.log"
    with log.open("ab") as out:
        subprocess.Popen(  # noqa: S603 # our own module
            [sys.executable, "-m", "tombola.testing.keeper", json.dumps(asdict(plan))],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        ).returncode = 0  # it outlives us on purpose: nobody waits for it


def run_as(user: str | None) -> dict[str, object]:
    """The arguments of Popen that give up root for ``user`` and no right of root's groups."""
    if user is None:
        return {}
    import pwd  # noqa: PLC0415 # only root needs it

    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def keep(plan: Plan) -> None:
    """Run the server until it ends by itself or nobody holds the lock."""
    with Path(plan.lock).open("a") as held:
        server = subprocess.Popen(  # type: ignore[call-overload] # noqa: S603 # a fixture's command
            list(plan.command), cwd=plan.folder, stdin=subprocess.DEVNULL, **run_as(plan.user)
        )
        while server.poll() is None and not _nobody_holds(held):
            time.sleep(PERIOD)
        if server.poll() is None:
            _stop(server, plan.stop_signal)
            shutil.rmtree(plan.folder, ignore_errors=True)


def _nobody_holds(held: IO[str]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _stop(server: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(server.pid, number)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    keep(Plan(**json.loads(sys.argv[1])))
