"""The guard: ends everything when the supervisor is gone without a word.

It reads a pipe whose other end only the supervisor has. The pipe ends when the supervisor does,
even by kill -9; then the guard stops what still runs. Run as
``python -m tombola.run.guard DESCRIPTOR FOLDER NAME…``, names in the order of stopping.
"""

import os
import sys
from pathlib import Path

from tombola.run import locks

#: The guard's own name, for its lock.
NAME = "guard"
#: Seconds that all but the last get to end, and the last.
PATIENCE = 2.0
LAST_PATIENCE = 1.0


def main() -> None:
    """Wait for the end of the pipe, then stop all others together and the last one after them."""
    descriptor, folder = int(sys.argv[1]), Path(sys.argv[2])
    os.read(descriptor, 1)
    paths = [folder / f"{name}.lock" for name in sys.argv[3:]]
    locks.end(paths[:-1], PATIENCE)
    locks.end(paths[-1:], LAST_PATIENCE)


if __name__ == "__main__":
    main()
