"""What the conformance kit needs to know of this plugin: a file of one line."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tombola.testing import scenario
from tombola.testing.ctx import FakeCtx
from tombola_csv_import import store
from tombola_csv_import.columns import guessed
from tombola_csv_import.reading import lines_of
from tombola_csv_import.tables import file, metadata, row

RAW = b"id,time,network,username,text\n1,2026-05-31T10:00:00Z,Instagram,jane,Mine\n"


class Scenario(scenario.Scenario):
    """One file, described."""

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {"csv_import.file": {"file": "scenario"}}
    #: The file stands for what others read over a network.
    has_network: ClassVar[bool] = True

    def make_ctx(self) -> FakeCtx:
        """Give a world with the file in it."""
        ctx = FakeCtx(metadata=metadata)
        lines = lines_of(RAW)
        made, _ = store.keep(ctx, "entries.csv", RAW, lines)
        stored = store.get(ctx, made)
        choices = guessed(stored.heads, [cells for _, cells in lines.rows])
        store.choose(ctx, stored, choices)
        with ctx.db() as db:
            db.execute(file.update().values(id="scenario"))
            db.execute(row.update().values(file="scenario"))
        return ctx
