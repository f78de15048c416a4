"""A worker, reconciler or polling worker of three kinds of duty, as a process of its own.

Started by the tests as ``python duties.py ROLE DATABASE REDIS FOLDER``.
"""

import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tombola.db import Database
from tombola.queue import reconciler, worker
from tombola.queue.bell import Bell
from tombola.queue.kinds import Done, House, Kind, Kinds
from tombola.queue.rules import NEVER
from tombola.settings import Settings


@dataclass(frozen=True)
class Site:
    db: Database
    settings: Settings
    clock: Any
    bell: Bell


def house(database: str, redis: str, folder: Path) -> House:
    def note(_: Any, held: Any) -> Done:
        (folder / f"{held.key}.{os.getpid()}").touch()
        return Done()

    def linger(_: Any, held: Any) -> Done:
        second = any(folder.glob(f"{held.key}.*"))
        (folder / f"{held.key}.{os.getpid()}").touch()
        deadline = time.monotonic() + (0 if second else 20)
        while not held.over() and time.monotonic() < deadline:
            time.sleep(0.05)
        (folder / f"{held.key}.ended").touch()
        return Done()

    def freeze(site: Any, held: Any) -> Done:
        (folder / f"{held.key}.{os.getpid()}").touch()
        with site.db.write():
            time.sleep(60)
        return Done()

    lease = timedelta(seconds=2)
    kinds = Kinds(
        [
            Kind("note", note, lease=lease),
            Kind("linger", linger, lease=timedelta(seconds=30)),
            Kind("poison", lambda *_: os._exit(9), lease=lease),
            Kind("freeze", freeze, lease=lease),
        ]
    )
    site = Site(Database(database), Settings(), lambda: datetime.now(UTC), Bell(redis))
    assert site.clock() > NEVER
    return House(site, kinds)


def main() -> None:
    role, database, redis, folder = sys.argv[1:]
    made = house(database, redis, Path(folder))
    if role == "worker":
        worker.work(made, redis)
    elif role == "poll":
        worker.poll(made)
    else:
        reconciler.reconcile(made)


if __name__ == "__main__":
    main()
