"""A small house for the supervisor's tests, run as a program: ``python house.py FOLDER``.

Three children. ``front`` and ``back`` note when they are asked to end; ``back`` has a child of its
own in its group and takes a while; ``store`` is the last to stop.
"""

import os
import sys
from pathlib import Path

from tombola.run.child import Program
from tombola.run.console import Console
from tombola.run.supervisor import AlreadyRunning, Stopped, Supervisor

CHILD = """
import os, pathlib, signal, subprocess, sys, time
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def note(word):
    with (folder / "notes").open("a") as notes:
        notes.write(f"{word} {name} {os.getpid()}\\n")
def leave(*_):
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if name == "stubborn" else leave)
if name == "back":
    inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with (folder / "notes").open("a") as notes:
        notes.write(f"started inner {inner.pid}\\n")
note("started")
print("here is", name, flush=True)
while True:
    time.sleep(0.05)
    if name == "quitter":
        sys.exit(0)
"""


def main() -> None:
    folder = Path(sys.argv[1])
    names = sys.argv[2:] or ["front", "back", "store"]
    console = Console(sys.stdout.buffer, width=5)
    try:
        with Supervisor(folder / "run", os.environ, names=names, console=console) as supervisor:
            for name in names:
                command = [sys.executable, "-c", CHILD, name, str(folder)]
                supervisor.start(Program(name, command, patience=1.0))
            console.say("all started")
            while True:
                supervisor.serve()
    except Stopped:
        console.say("stopped")
    except AlreadyRunning as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
