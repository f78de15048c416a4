"""Takes one fetched page into the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from tombola.api import Cursor, Importer, Item, Lane, Page, SourceConfig, render
from tombola.campaigns import service as campaigns
from tombola.db.sets import lock_alone
from tombola.entrants import tombstones
from tombola.entrants.service import Known, resolve
from tombola.importing import limits, rules, store, turn
from tombola.importing.follow import follow
from tombola.importing.limits import Holders
from tombola.importing.media import ask_for_pictures
from tombola.importing.rules import Counts, Read
from tombola.importing.store import Judged
from tombola.importing.work import Work
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.tasks import Claim

log = structlog.get_logger("tombola.importing")

#: By how much a network's clock may be behind ours: a page counts as that much older than it is,
#: so that an event of a moment before it was fetched still is the newer word.
SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page, judged, with all that is needed before its transaction.

    Attributes:
        judged: Its items, each id once, cut to floor and cap.
        people: Whose the new ones are, by (kind, value).
        refused: Reason by external id, from the gates.
        known: Every item was stored before this run; False for a page without items.
        as_of: When the network said so.
    """

    judged: Sequence[Judged]
    people: Mapping[tuple[str, str], Known]
    refused: Mapping[str, str]
    known: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes the pages of one turn. The lease and the button are asked in every transaction."""

    inst: Installation
    held: Claim
    work: Work
    run_id: int
    importer: Importer[Any, Any]
    config: SourceConfig
    holders: Holders

    def write(
        self, page: Page[Any], counts: Counts, calls: list[dict[str, Any]], asked_at: datetime
    ) -> tuple[Counts, str | None]:
        """Write a page: items, entries, cursor, counts and lease together.

        An item that the database refuses does not hold up its lane: it is left out, with a reason.
        A page larger than a set is written set by set; cursor and counts come with the last one,
        and whoever reads the page again finds the first ones there.

        Returns:
            The counts with this page, and why the run is over; None when it goes on.

        Raises:
            Fenced: Another worker has the lane; nothing was written.
            Paused: Somebody has pressed the button; nothing was written.
            Changed: The source reads something else now, or its run was taken back.
        """
        now = self.inst.clock()
        ready = self.prepare(page.items, counts, now, asked_at - SKEW)
        try:
            return self._write(page, ready, counts, calls, now)
        except Exception as error:
            if not is_about_data(error):
                raise
            log.exception("page_refused", source=self.work.source_id)
        return self._write(page, self.sifted(ready, counts, now), counts, calls, now)

    def _write(
        self, page: Page[Any], ready: Prepared, counts: Counts, calls: list[dict[str, Any]],
        now: datetime,
    ) -> tuple[Counts, str | None]:  # fmt: skip
        size = self.inst.db.set_size
        parts = [ready.judged[at : at + size] for at in range(0, len(ready.judged), size)] or [()]
        counts = counts.plus(pages=1, calls=1, items=len(ready.judged))
        counts = replace(counts, stale=counts.stale + 1 if ready.known else 0, failures=0)
        pictures = 0
        for part in parts[:-1]:
            with self.inst.db.write() as conn:
                counts, wanted = self.write_set(conn, part, ready, counts, now)
                pictures += wanted
        with self.inst.db.write() as conn:
            counts, wanted = self.write_set(conn, parts[-1], ready, counts, now)
            pictures += wanted + store.ask_again(conn, self.work, ready.judged)
            if pictures:
                ask_for_pictures(conn, self.work.team_id, self.work.source_id, now)
            limits.observe(conn, page.limits, self.importer.limits, self.holders)
            why = self._why_stop(page, ready, counts)
            self._keep(conn, page, counts, calls, now)
            if why is not None:
                turn.end(conn, self.work, self.held, self.run_id, why, now)
        return counts, why

    def sifted(self, ready: Prepared, counts: Counts, now: datetime) -> Prepared:
        """The same page, with the items that cannot be written left out and without their words."""
        sifted = [
            each if self._fits(each, ready, counts, now) else _left_out(each)
            for each in ready.judged
        ]
        return replace(ready, judged=sifted)

    def _fits(self, judged: Judged, ready: Prepared, counts: Counts, now: datetime) -> bool:
        """Whether the database takes an item; tried in a transaction that is rolled back."""
        try:
            with self.inst.db.write() as conn, conn.begin_nested() as trial:
                self.write_set(conn, [judged], ready, counts, now)
                trial.rollback()
        except Exception as error:
            if not is_about_data(error):
                raise
            log.exception("item_refused", external_id=judged.item.external_id)
            return False
        return True

    def guard(self, conn: Connection, counts: Counts, now: datetime) -> None:
        """Ask the button, then the lease. Raises Fenced, Paused, Changed."""
        turn.check(conn, self.work)
        progress = {"pages": counts.pages, "items": counts.items, "new": counts.new}
        tasks.guard(conn, self.held, now=now, progress=progress)

    def prepare(
        self, found: Sequence[Item], counts: Counts, now: datetime, as_of: datetime
    ) -> Prepared:
        """Give new items their people and ask the gates, outside the page's transaction."""
        work = self.work
        items = rules.since(rules.tidied(found), work.floor_at)
        with self.inst.db.read() as conn:
            stored = store.stored(conn, work.source_id, [each.external_id for each in items])
        # The live lane ends at the cap between pages; history stores not one item more.
        room = work.cap - counts.new if work.cap is not None and _is_history(work) else None
        items = self._without_erased(rules.within(items, stored, room))
        judged = store.judge(work, items, self.config)
        due = [each for each in judged if each.enters and not _has_entry(stored, each.item)]
        people = self._people(due, now)
        known = bool(items) and all(self._is_old(stored.get(each.external_id)) for each in items)
        return Prepared(judged, people, self._refusals(due, people), known, as_of)

    def _without_erased(self, items: Sequence[Item]) -> list[Item]:
        """Leave out what people posted who had themselves erased."""
        names = [store.author_of(self.work, each) for each in items]
        with self.inst.db.read() as conn:
            gone = tombstones.erased(conn, self.inst.vault, self.work.team_id, names)
        return [
            each
            for each, name in zip(items, names, strict=True)
            if not (name in gone and gone[name].covers(each.occurred_at))
        ]

    def _is_old(self, row: Any) -> bool:
        """Stored before this run began; what the other lane stores meanwhile is no old news."""
        began = self.work.run_started_at
        return row is not None and began is not None and row.seen_at < began

    def _people(self, due: Sequence[Judged], now: datetime) -> Mapping[tuple[str, str], Known]:
        people: dict[tuple[str, str], Known] = {}
        size = self.inst.db.set_size
        for start in range(0, len(due), size):
            authors = [each.author for each in due[start : start + size]]
            with self.inst.db.write() as conn:
                people |= resolve(conn, self.work.team_id, authors, now)
        return people

    def _refusals(
        self, due: Sequence[Judged], people: Mapping[tuple[str, str], Known]
    ) -> Mapping[str, str]:
        plugins = self.inst.plugins
        if not due or not plugins.listeners("gate_entries"):
            return {}
        with self.inst.db.read() as conn:
            campaign = campaigns.view(conn, self.work.campaign)
        drafts = [
            store.draft_of(self.work, each, people[store.who(each)], None, self.run_id)
            for each in due
        ]
        answers = plugins.ask_entries(self.work.team, drafts, campaign)
        return {
            draft.key: render(answer.reason)
            for draft, answer in zip(drafts, answers, strict=True)
            if answer is not None
        }

    def write_set(
        self, conn: Connection, part: Sequence[Judged], ready: Prepared, counts: Counts,
        now: datetime,
    ) -> tuple[Counts, int]:  # fmt: skip
        """Write a set within the caller's transaction. Gives counts with it, and new pictures."""
        self.guard(conn, counts, now)
        self._follow(conn, part, ready.as_of, now)
        written = store.write(
            conn,
            self.work,
            part,
            ready.people,
            run_id=self.run_id,
            now=now,
            as_of=ready.as_of,
            raw_ttl=self.importer.raw_ttl,
            refused=ready.refused,
        )
        more = counts.plus(
            new=written.new,
            known=written.known,
            left_out=written.left_out,
            deleted=written.deleted,
            entries=written.entries,
        )
        return more, written.pictures

    def _follow(
        self, conn: Connection, part: Sequence[Judged], as_of: datetime, now: datetime
    ) -> None:
        """Let entries follow what this page shows as deleted, or as being there again."""
        keys = [each.item.external_id for each in part]
        rows = store.entered(store.stored(conn, self.work.source_id, keys))
        away = {key for key, row in rows.items() if row.state == "deleted"}
        turned = [each for each in part if each.item.deleted != (each.item.external_id in away)]
        if any(each.item.external_id in rows for each in turned):
            # Alone before the ledger takes the campaign shared: never from shared to alone.
            lock_alone(conn, self.work.campaign.id)
            follow(conn, self.work, rows, turned, (), now, as_of)

    def _why_stop(self, page: Page[Any], ready: Prepared, counts: Counts) -> str | None:
        times = [rules.known_time(each.occurred_at) for each in page.items]
        oldest = min((at for at in times if at is not None), default=None)
        return rules.why_stop(
            self.work.lane,
            Read(page.next is not None, ready.known, oldest),
            counts,
            floor_at=self.work.floor_at,
            ordered=self.importer.ordered,
            cap=self.work.cap,
        )

    def _keep(
        self, conn: Connection, page: Page[Any], counts: Counts, calls: list[dict[str, Any]],
        now: datetime,
    ) -> None:  # fmt: skip
        turn.keep_page(
            conn,
            self.work,
            self.run_id,
            counts,
            calls,
            document(page.next),
            document(page.checkpoint),
            now,
        )


def is_about_data(error: Exception) -> bool:
    """Whether a write failed for what was written, and would do so again."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError | ValueError | OverflowError | TypeError)


def _left_out(judged: Judged) -> Judged:
    bare = Item(external_id=judged.item.external_id, kind="post", occurred_at=None)
    return Judged(bare, "the database refused it", judged.author)


def checked(importer: Importer[Any, Any], page: Any) -> Page[Any]:
    """Refuse a page that breaks the contract, as a fault of the plugin.

    Raises:
        TypeError: Something is of another type.
        ValueError: A time without zone, an empty id, or a cursor that JSON does not carry.
    """
    if not isinstance(page, Page):
        raise TypeError(f"fetch() gave {type(page).__name__}, not a Page")
    for each in page.items:
        checked_item(each)
    for place in (page.next, page.checkpoint):
        if place is not None and not _survives(importer, place):
            raise ValueError("a cursor does not survive JSON")
    return page


def checked_item(each: Any) -> Item:
    """Refuse an item that breaks the contract. Raises as ``checked``."""
    if not isinstance(each, Item):
        raise TypeError(f"an answer holds {type(each).__name__}, not an Item")
    if not isinstance(each.external_id, str) or not each.external_id:
        raise ValueError("an item has no external_id")
    if each.occurred_at is not None and each.occurred_at.tzinfo is None:
        raise ValueError(f"item {each.external_id} has a time without zone")
    return each


def document(place: Cursor | None) -> dict[str, Any] | None:
    """What is stored of a cursor."""
    return None if place is None else place.model_dump(mode="json")


def _survives(importer: Importer[Any, Any], place: Cursor) -> bool:
    return importer.cursor_model.model_validate_json(place.model_dump_json()) == place


def _is_history(work: Work) -> bool:
    return work.lane is Lane.HISTORY


def _has_entry(stored: Mapping[str, Any], item: Item) -> bool:
    row = stored.get(item.external_id)
    return row is not None and not store.never_entered(row)
