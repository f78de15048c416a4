"""One turn of another look: batch after batch, asked outside and written inside one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, select, update

from tombola.api import (
    Ctx,
    FetchError,
    Importer,
    Item,
    Kept,
    Lane,
    PluginFailed,
    PluginUnavailable,
    SourceConfig,
    Throttled,
    render,
)
from tombola.db.rows import first
from tombola.importing import limits, rules, store
from tombola.importing.follow import Changes, follow
from tombola.importing.limits import holders_of
from tombola.importing.media import ask_for_pictures
from tombola.importing.models import item, recheck, source
from tombola.importing.page import checked_item
from tombola.importing.recheck import entered
from tombola.importing.states import TRIES, Trouble, trouble_of
from tombola.importing.work import CALL, Work, config_of, load
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Parked, Result
from tombola.queue.rules import wait_after
from tombola.queue.tasks import Claim

log = structlog.get_logger("tombola.importing")


def look_again(inst: Installation, held: Claim) -> Result:
    """Do one turn of a round: the handler of the kind ``recheck``.

    Each batch's items, entries, counts and lease become true together or not at all.
    """
    with inst.db.read() as conn:
        row = first(conn, select(recheck).where(recheck.c.id == held.payload["recheck"]))
        work = None
        if row is not None and row["state"] == "running":
            work = load(conn, {"source": row["source_id"], "lane": Lane.LIVE.value})
    if row is None or work is None:
        return Done()
    importer = inst.plugins.importer(work.importer_key)
    away = inst.plugins.why_not(work.importer_key, work.team, work.campaign.id)
    if importer is None or away is not None:
        raise Parked(render(away) if away else "Nobody offers this kind of import any more.")
    try:
        config = config_of(inst, work)
        return _Turn(inst, held, work, importer, config, row["id"], row["after_id"]).take()
    except PluginUnavailable as gone:
        raise Parked(render(gone.reason)) from gone


class _Turn:
    def __init__(
        self,
        inst: Installation,
        held: Claim,
        work: Work,
        importer: Importer[Any, Any],
        config: SourceConfig,
        round_id: int,
        after_id: int,
    ) -> None:
        self._inst = inst
        self._held = held
        self._work = work
        self._importer = importer
        self._config = config
        self._round_id = round_id
        self._after_id = after_id

    def take(self) -> Result:
        while not self._held.over():
            with self._inst.db.read() as conn:
                batch = _batch(conn, self._work, self._after_id, self._importer.recheck_size)
            if not batch:
                self._end("finished", None)
                return Done()
            until = self._reserve(len(batch))
            if until is not None:
                return Again(until)
            try:
                shown = self._look(batch)
            except (FetchError, PluginFailed) as error:
                return self._hurt(error)
            self._write(batch, shown)
        return Again(self._inst.clock())

    def _reserve(self, count: int) -> datetime | None:
        now = self._inst.clock()
        cost = dict(self._importer.recheck_cost(self._config, count))
        with self._inst.db.write() as conn:
            tasks.guard(conn, self._held, now=now)
            declared = self._importer.limits
            return limits.reserve(conn, declared, cost, holders_of(self._work), now)

    def _look(self, batch: Sequence[Any]) -> list[Item]:
        kept = [
            Kept(row.external_id, row.permalink, row.parent_id, row.occurred_at) for row in batch
        ]

        def look(ctx: Ctx) -> list[Item]:
            found = self._importer.recheck(ctx, self._config, kept)
            return [checked_item(each) for each in found]

        key, team = self._work.importer_key, self._work.team
        return self._inst.plugins.call(
            key, team, "recheck", look, deadline=CALL, passes=(FetchError,)
        )

    def _write(self, batch: Sequence[Any], shown: Sequence[Item]) -> None:
        now = self._inst.clock()
        asked = {row.external_id for row in batch}
        items = [each for each in rules.tidied(shown) if each.external_id in asked]
        judged = store.judge(self._work, items, self._config)
        missing = asked - {each.external_id for each in items}
        with self._inst.db.write() as conn:
            _hold(conn, self._work)
            tasks.guard(conn, self._held, now=now)
            rows = store.stored(conn, self._work.source_id, sorted(asked))
            changes = follow(conn, self._work, rows, judged, missing, now)
            if store.ask_again(conn, self._work, judged):
                ask_for_pictures(conn, self._work.team_id, self._work.source_id, now)
            self._after_id = max(row.id for row in batch)
            self._count(conn, len(batch), changes)
        log.info("items_rechecked", source=self._work.source_id, seen=len(batch), gone=changes.gone)

    def _count(self, conn: Connection, seen: int, changes: Changes) -> None:
        conn.execute(
            update(recheck)
            .where(recheck.c.id == self._round_id, recheck.c.state == "running")
            .values(
                after_id=self._after_id,
                seen=recheck.c.seen + seen,
                gone=recheck.c.gone + changes.gone,
                edited=recheck.c.edited + changes.edited,
                back=recheck.c.back + changes.back,
            )
        )

    def _hurt(self, error: FetchError | PluginFailed) -> Result:
        now = self._inst.clock()
        wait = wait_after(self._held.attempts, self._held.key)
        if isinstance(error, PluginFailed):
            self._end("failed", str(error))
            return Done()
        trouble = trouble_of(error, now, wait)
        if isinstance(error, Throttled):
            with self._inst.db.write() as conn:
                declared, holders = self._importer.limits, holders_of(self._work)
                limits.exhaust(conn, error.bucket, declared, holders, error.until)
        if trouble.resume_at is None or trouble.state.needs_person or self._is_hopeless(trouble):
            self._end("failed", render(trouble.says))
            return Done()
        return Again(trouble.resume_at)

    def _is_hopeless(self, trouble: Trouble) -> bool:
        return trouble.counts and self._held.attempts >= TRIES

    def _end(self, state: str, reason: str | None) -> None:
        now = self._inst.clock()
        with self._inst.db.write() as conn:
            tasks.guard(conn, self._held, now=now)
            running = (recheck.c.id == self._round_id, recheck.c.state == "running")
            ended = {"state": state, "reason": reason, "finished_at": now}
            conn.execute(update(recheck).where(*running).values(**ended))


def _batch(conn: Connection, work: Work, after_id: int, size: int) -> Sequence[Any]:
    columns = (item.c.id, item.c.external_id, item.c.permalink, item.c.parent_id)
    found = (
        select(*columns, item.c.occurred_at)
        .where(*entered(work.source_id, work.action_id), item.c.id > after_id)
        .order_by(item.c.id)
        .limit(size)
    )
    return conn.execute(found).all()


def _hold(conn: Connection, work: Work) -> None:
    """Lock the source's row first, as every turn of its lanes does."""
    mine = select(source.c.id).where(source.c.id == work.source_id)
    conn.execute(mine.with_for_update(key_share=True)).one()
