"""A real worker whose network takes its time, as a process of its own.

Started by the tests as ``python slow_worker.py DATABASE FOLDER SECONDS``. Each page of the network
has five new posts, there is always another one, and a file in the folder tells of each call.
"""

import itertools
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tombola.api import (
    Cursor,
    Estimate,
    Feature,
    Identity,
    Importer,
    Item,
    Lane,
    Page,
    SourceConfig,
    Window,
)
from tombola.app import install
from tombola.db import Database
from tombola.importing import jobs
from tombola.plugins.states import Parts, Plugin, State
from tombola.queue import worker
from tombola.queue.kinds import House, Kinds
from tombola.settings import Settings


class Config(SourceConfig):
    tag: str


class Place(Cursor):
    page: int = 0


class Slow(Importer[Config, Place]):
    key = "fake.tag"
    title = "Tag on Fake"
    config_model: ClassVar[type[SourceConfig]] = Config
    cursor_model: ClassVar[type[Cursor]] = Place
    lanes = frozenset({Lane.LIVE})

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds

    def features(self, config: Config) -> tuple[str, ...]:
        return ("fake.tag",)

    def estimate(self, ctx: Any, config: Config, window: Window) -> Estimate:
        return Estimate(None, exact=False)

    def open(self, ctx: Any, config: Config, lane: Lane, window: Window) -> Place:
        return Place()

    def fetch(self, ctx: Any, config: Config, cursor: Place) -> Page[Place]:
        (self.folder / f"{config.tag}-{cursor.page}.asked").touch()
        time.sleep(self.seconds)
        (self.folder / f"{config.tag}-{cursor.page}.told").touch()
        at = datetime.now(UTC) - timedelta(minutes=1)
        found = [
            Item(f"{config.tag}-{cursor.page}-{n}", at, "post", Identity("fake.id", f"u{n}"))
            for n in itertools.islice(itertools.count(), 5)
        ]
        following = Place(page=cursor.page + 1)
        return Page(found, following, following)


def main() -> None:
    url, folder, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    parts = Parts(
        importers=[Slow(folder, seconds)], features=[Feature("fake.tag", "Tag", plan="free")]
    )
    plugin = Plugin("fake", "fake", "tombola-fake", "1.0", state=State.READY, parts=parts)
    settings = Settings(data_dir=folder, base_url="http://localhost", database_url=url)
    inst = install(settings, plugins=[plugin], db=Database(url))
    worker.poll(House(inst, Kinds(jobs.kinds())))


if __name__ == "__main__":
    main()
