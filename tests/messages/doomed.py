"""Workers that kill themselves at a place of their work, as processes of their own.

Started by the tests as ``python doomed.py DATABASE FOLDER LEDGER``. For each line ``N TIME`` on its
input it forks a worker that does what is due at that time, and dies by SIGKILL at its N-th place: a
statement, a commit, or a moment before or after the network took something. It answers ``killed``,
or ``ended 0`` when the work has fewer places.
"""

import importlib.util
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from tombola import rooms
from tombola.app import install
from tombola.db import Database
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House
from tombola.settings import Settings
from tombola.testing.harbour import harbour

KINDS = ("channel_heard", "channel_hear", "messages")


class Places:
    """Counts the places that the work comes by, and ends it at the last one."""

    def __init__(self, last: int) -> None:
        self._left = last
        self._lock = threading.Lock()

    def one(self, *_: object, **__: object) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


def work(url: str, folder: Path, ledger: Path, last: int, now: datetime) -> None:
    """Do what is due, to the last place."""
    network = _ravens().Network(file=ledger)
    database = Database(url)
    settings = Settings(
        data_dir=folder, base_url="http://localhost", database_url=url, password_memory=8
    )
    plugins = [harbour(), _ravens().ravens(network)]
    inst = install(settings, plugins=plugins, db=database, clock=lambda: now)
    house = House(inst, rooms.kinds())
    reconciler.tick(house)
    places = Places(last)
    event.listen(database.engine, "before_cursor_execute", places.one)
    event.listen(database.engine, "commit", places.one)
    network.before = network.on_send = places.one
    for kind in KINDS:
        runner.run(house, house.kinds[kind])


def _ravens() -> Any:
    name = "tests_messages_ravens"
    if name not in sys.modules:
        path = Path(__file__).with_name("ravens.py")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def main() -> None:
    url, folder, ledger = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    for line in sys.stdin:
        last, at = line.split()
        child = os.fork()
        if not child:
            os.dup2(2, 1)  # logs are no answers
            work(url, folder, ledger, int(last), datetime.fromisoformat(at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else f"ended {status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
