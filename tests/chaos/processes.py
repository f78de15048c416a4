"""Worker and reconciler of a chaos run, each a process of its own, with one importer.

Started as ``python processes.py ROLE DATABASE REDIS FOLDER NETWORK``; NETWORK is ``host:port``.
"""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tombola.api import (
    Cursor,
    Feature,
    Identity,
    Importer,
    Item,
    Lane,
    Page,
    Retry,
    SourceConfig,
    Window,
)
from tombola.app import install
from tombola.importing import jobs
from tombola.installation import Installation
from tombola.plugins.states import Parts, Plugin, State
from tombola.queue import reconciler, worker
from tombola.queue.kinds import House, Kinds
from tombola.settings import Settings

#: Short, so that a run of seconds sees many leases end.
LEASE = timedelta(seconds=2)


class StreamConfig(SourceConfig):
    stream: int


class Offset(Cursor):
    lane: Lane
    offset: int = 0


class StreamImporter(Importer[StreamConfig, Offset]):
    """Reads a stream of the fake network from its newest post to its oldest."""

    key = "chaos.stream"
    title = "Stream"
    config_model: ClassVar[type[SourceConfig]] = StreamConfig
    cursor_model: ClassVar[type[Cursor]] = Offset

    def open(self, ctx: Any, config: StreamConfig, lane: Lane, window: Window) -> Offset:
        return Offset(lane=lane)

    def __init__(self, network: str) -> None:
        self.network = network

    def fetch(self, ctx: Any, config: StreamConfig, cursor: Offset) -> Page[Offset]:
        params = {"stream": config.stream, "offset": cursor.offset, "lane": cursor.lane.value}
        words = {name: str(value) for name, value in params.items()}
        answer = ctx.http.get(f"http://{self.network}/page", params=words)
        try:
            page = json.loads(answer.body) if answer.ok else None
        except ValueError:
            page = None
        if page is None:
            raise Retry(timedelta(milliseconds=10), f"status {answer.status}")
        following = cursor.model_copy(update={"offset": page["next"]}) if page["next"] else None
        return Page([_item(each) for each in page["posts"]], following, Offset(lane=cursor.lane))


def _item(each: dict[str, Any]) -> Item:
    at = datetime.fromisoformat(each["at"])
    author = Identity("chaos.id", each["by"], each["by"])
    return Item(each["id"], at, "post", author=author, text=each["text"])


def installation(
    database: str, redis: str, folder: Path, network: str, **given: Any
) -> Installation:
    """An installation with the one plugin; ``given`` as for ``install``."""
    parts = Parts(
        importers=[StreamImporter(network)], features=[Feature("chaos.stream", "S", "free")]
    )
    plugin = Plugin("chaos", "chaos", "tombola-chaos", "1.0", state=State.READY, parts=parts)
    settings = Settings(
        data_dir=folder,
        database_url=database,
        redis_url=redis,
        base_url="http://localhost",
        fetch_allow=network,
        password_memory=8,
    )
    return install(settings, plugins=[plugin], **given)


def main() -> None:
    role, database, redis, folder, network = sys.argv[1:]
    inst = installation(database, redis, Path(folder), network, clock=lambda: datetime.now(UTC))
    kinds = Kinds(replace(kind, lease=LEASE) for kind in jobs.kinds())
    house = House(inst, kinds)
    if role == "reconcile":
        reconciler.reconcile(house)
    else:
        worker.work(house, redis)


if __name__ == "__main__":
    main()
