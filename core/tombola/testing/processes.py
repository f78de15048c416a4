"""Waiting for what real processes do, without guessing how long it takes."""

import subprocess
import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> float:
    """Look at ``condition`` until it holds.

    Returns:
        The seconds that it took.

    Raises:
        AssertionError: it did not hold within ``seconds``.
    """
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"This did not happen within {seconds} seconds.")
        time.sleep(0.02)
    return time.monotonic() - started


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and only not buried yet does not."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    state = result.stdout.strip()
    return bool(state) and not state.startswith("Z")
