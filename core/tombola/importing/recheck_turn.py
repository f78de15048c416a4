"""One turn of another look: batch after batch, asked outside and written inside one transaction."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, select, update

from tombola.api import FetchError, Item, PluginFailed, PluginUnavailable, render
from tombola.db.rows import first
from tombola.importing.follow import Changes
from tombola.importing.looking import COLUMNS, Look, look_of
from tombola.importing.models import item, recheck
from tombola.importing.recheck import entered
from tombola.importing.work import Work
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Parked, Result
from tombola.queue.tasks import Claim

log = structlog.get_logger("tombola.importing")


def look_again(inst: Installation, held: Claim) -> Result:
    """Do one turn of a round: the handler of the kind ``recheck``.

    Each batch's items, entries, counts and lease become true together or not at all.
    """
    with inst.db.read() as conn:
        row = first(conn, select(recheck).where(recheck.c.id == held.payload["recheck"]))
    if row is None or row["state"] != "running":
        return Done()
    look = look_of(inst, held, row["source_id"])
    if look is None:
        return Done()
    try:
        return _Turn(look, row["id"], row["after_id"]).take()
    except PluginUnavailable as gone:
        raise Parked(render(gone.reason)) from gone


class _Turn:
    def __init__(self, look: Look, round_id: int, after_id: int) -> None:
        self._look = look
        self._inst = look.inst
        self._held = look.held
        self._round_id = round_id
        self._after_id = after_id

    def take(self) -> Result:
        size = self._look.importer.recheck_size
        while not self._held.over():
            with self._inst.db.read() as conn:
                batch = _batch(conn, self._look.work, self._after_id, size)
            if not batch:
                self._end("finished", None)
                return Done()
            until = self._look.reserve(len(batch))
            if until is not None:
                return Again(until)
            try:
                shown = self._look.at(batch)
            except (FetchError, PluginFailed) as error:
                return self._hurt(error)
            self._write(batch, shown)
        return Again(self._inst.clock())

    def _write(self, batch: Sequence[Any], shown: Sequence[Item]) -> None:
        now = self._inst.clock()
        with self._inst.db.write() as conn:
            changes = self._look.follow(conn, batch, shown, now)
            self._after_id = max(row.id for row in batch)
            self._count(conn, len(batch), changes)
        source_id = self._look.work.source_id
        log.info("items_rechecked", source=source_id, seen=len(batch), gone=changes.gone)

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
        if isinstance(error, PluginFailed):
            self._end("failed", str(error))
            return Done()
        trouble, again_at = self._look.trouble(error)
        if again_at is None:
            self._end("failed", render(trouble.says))
            return Done()
        return Again(again_at)

    def _end(self, state: str, reason: str | None) -> None:
        now = self._inst.clock()
        with self._inst.db.write() as conn:
            tasks.guard(conn, self._held, now=now)
            running = (recheck.c.id == self._round_id, recheck.c.state == "running")
            ended = {"state": state, "reason": reason, "finished_at": now}
            conn.execute(update(recheck).where(*running).values(**ended))


def _batch(conn: Connection, work: Work, after_id: int, size: int) -> Sequence[Any]:
    found = (
        select(*COLUMNS)
        .where(*entered(work.source_id, work.action_id), item.c.id > after_id)
        .order_by(item.c.id)
        .limit(size)
    )
    return conn.execute(found).all()
