"""The plugin's world for its tests: its tables, and files in them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tombola.installation import Installation
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola_csv_import import store
from tombola_csv_import.columns import Choices
from tombola_csv_import.config import FileConfig, FileCursor
from tombola_csv_import.importer import FileImporter
from tombola_csv_import.reading import lines_of
from tombola_csv_import.store import Stored
from tombola_csv_import.tables import metadata

POSTS = b"""Id,Time,Network,Username,Text,Shirt
1,2026-11-20 10:00,Instagram,jane,Mine #acme,M
2,2026-11-20 11:00,Instagram,ole,Mine too,
3,2026-11-19 12:00,Instagram,jane,Again,S
"""


@pytest.fixture
def ctx(clock: Clock) -> FakeCtx:
    return FakeCtx(metadata=metadata, clock=clock)


@pytest.fixture
def send(ctx: FakeCtx) -> Callable[..., Stored]:
    """Send a file, with its columns as guessed; keywords are choices."""

    def send(raw: bytes = POSTS, name: str = "posts.csv", **more: Any) -> Stored:
        return describe(ctx, raw, name, more)

    return send


def describe(ctx: Any, raw: bytes, name: str, more: Mapping[str, Any]) -> Stored:
    made, _ = store.keep(ctx, name, raw, lines_of(raw))
    stored = store.get(ctx, made)
    guess = store.guess(ctx, stored, "UTC")
    return store.choose(ctx, stored, Choices.model_validate({**guess.model_dump(), **more}))


@pytest.fixture
def plant() -> Callable[..., Stored]:
    """Put a file into a whole installation, for its one team."""

    def plant(inst: Installation, team: Any, raw: bytes = POSTS, **more: Any) -> Stored:
        def work(ctx: Any) -> Stored:
            return describe(ctx, raw, "posts.csv", more)

        # As long as the page that takes files may take.
        patience = timedelta(seconds=60)
        found: Stored = inst.plugins.call("csv_import", team, "test", work, deadline=patience)
        return found

    return plant


class Run:
    """Reads a file as the core does: from a cursor to the end of its pages."""

    def __init__(self, ctx: FakeCtx) -> None:
        self.ctx = ctx
        self.importer = FileImporter()

    def to_end(
        self, stored: Stored, cursor: FileCursor | None = None
    ) -> tuple[list[Any], FileCursor]:
        config = FileConfig(file=stored.id)
        here = cursor or FileCursor()
        found: list[Any] = []
        while True:
            page = self.importer.fetch(self.ctx, config, here)
            found += page.items
            if page.next is None:
                return found, page.checkpoint
            here = FileCursor.model_validate_json(page.next.model_dump_json())


@pytest.fixture
def run(ctx: FakeCtx) -> Run:
    return Run(ctx)
