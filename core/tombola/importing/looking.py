"""Asking a network for posts that are stored already, and following what it shows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from tombola.api import (
    Ctx,
    FetchError,
    Importer,
    Item,
    Kept,
    Lane,
    PluginUnavailable,
    SourceConfig,
    Throttled,
    render,
)
from tombola.importing import limits, rules, store
from tombola.importing.follow import Changes, follow
from tombola.importing.limits import holders_of
from tombola.importing.media import ask_for_pictures
from tombola.importing.models import item, source
from tombola.importing.page import checked_item
from tombola.importing.states import TRIES, Trouble, trouble_of
from tombola.importing.work import CALL, Work, config_of, load
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Parked
from tombola.queue.rules import wait_after
from tombola.queue.tasks import Claim

#: What a network is told of a stored item.
COLUMNS = (
    item.c.id, item.c.external_id, item.c.permalink, item.c.parent_id, item.c.occurred_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """A source, its importer, and the duty that looks."""

    inst: Installation
    held: Claim
    work: Work
    importer: Importer[Any, Any]
    config: SourceConfig

    def reserve(self, count: int) -> datetime | None:
        """Take a fresh lease and what ``count`` items cost, or say when there is enough."""
        now = self.inst.clock()
        cost = dict(self.importer.recheck_cost(self.config, count))
        with self.inst.db.write() as conn:
            tasks.guard(conn, self.held, now=now)
            return limits.reserve(conn, self.importer.limits, cost, holders_of(self.work), now)

    def at(self, batch: Sequence[Any]) -> list[Item]:
        """What the network shows now of rows of ``COLUMNS``; what is missing is gone.

        Raises:
            FetchError: The network did not answer.
            PluginFailed: The plugin failed.
        """
        kept = [
            Kept(row.external_id, row.permalink, row.parent_id, row.occurred_at) for row in batch
        ]

        def look(ctx: Ctx) -> list[Item]:
            found = self.importer.recheck(ctx, self.config, kept)
            return [checked_item(each) for each in found]

        key, team = self.work.importer_key, self.work.team
        return self.inst.plugins.call(
            key, team, "recheck", look, deadline=CALL, passes=(FetchError,)
        )

    def follow(
        self, conn: Connection, batch: Sequence[Any], shown: Sequence[Item], now: datetime
    ) -> Changes:
        """Let items, entries and pictures be as the network shows them, under the lease."""
        asked = {row.external_id for row in batch}
        items = [each for each in rules.tidied(shown) if each.external_id in asked]
        judged = store.judge(self.work, items, self.config)
        missing = asked - {each.external_id for each in items}
        # The source's row first, as every turn of its lanes does.
        mine = select(source.c.id).where(source.c.id == self.work.source_id)
        conn.execute(mine.with_for_update(key_share=True)).one()
        tasks.guard(conn, self.held, now=now)
        rows = store.stored(conn, self.work.source_id, sorted(asked))
        changes = follow(conn, self.work, rows, judged, missing, now)
        store.notice_claims(conn, self.work.team_id, judged, (), now)
        if store.ask_again(conn, self.work, judged):
            ask_for_pictures(conn, self.work.team_id, self.work.source_id, now)
        return changes

    def trouble(self, error: FetchError) -> tuple[Trouble, datetime | None]:
        """What an error means, and when to ask again; None gives up."""
        now = self.inst.clock()
        trouble = trouble_of(error, now, wait_after(self.held.attempts, self.held.key))
        if isinstance(error, Throttled):
            with self.inst.db.write() as conn:
                declared, holders = self.importer.limits, holders_of(self.work)
                limits.exhaust(conn, error.bucket, declared, holders, error.until)
        hopeless = trouble.counts and self.held.attempts >= TRIES
        return trouble, None if trouble.state.needs_person or hopeless else trouble.resume_at


def look_of(inst: Installation, held: Claim, source_id: int) -> Look | None:
    """A source ready to be asked; None when it is gone.

    Raises:
        Parked: Its plugin is away.
    """
    with inst.db.read() as conn:
        work = load(conn, {"source": source_id, "lane": Lane.LIVE.value})
    if work is None:
        return None
    importer = inst.plugins.importer(work.importer_key)
    away = inst.plugins.why_not(work.importer_key, work.team, work.campaign.id)
    if importer is None or away is not None:
        raise Parked(render(away) if away else "Nobody offers this kind of import any more.")
    try:
        return Look(inst, held, work, importer, config_of(inst, work))
    except PluginUnavailable as gone:
        raise Parked(render(gone.reason)) from gone
