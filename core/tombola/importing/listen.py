"""Importers hear webhook events: each event once for each source, by the road of fetched pages."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, select, update

from tombola.api import (
    Accepted,
    Ctx,
    Denied,
    FetchError,
    Importer,
    Item,
    Lane,
    OutOfCredit,
    PluginUnavailable,
    Retry,
    SourceConfig,
    Throttled,
    render,
)
from tombola.connections.models import connection
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.db.sets import lock_alone
from tombola.importing import accounts, rules, store, turn
from tombola.importing.follow import follow
from tombola.importing.limits import holders_of
from tombola.importing.media import ask_for_pictures
from tombola.importing.models import run, source
from tombola.importing.page import Pages, Prepared, checked_item, is_about_data
from tombola.importing.rules import Counts
from tombola.importing.states import RECHECK, SourceState
from tombola.importing.store import Judged
from tombola.importing.turn import CALLS_KEPT, Call, Changed, Paused
from tombola.importing.work import CALL, Work, config_of, load
from tombola.inbox import fanning
from tombola.inbox.fanning import Ear
from tombola.inbox.models import inbox
from tombola.inbox.service import HEAR, event_of
from tombola.installation import Installation
from tombola.mail.service import MAIL
from tombola.plans.service import allows
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Parked, Result, Settled
from tombola.queue.tasks import Claim

log = structlog.get_logger("tombola.importing")

#: State of the runs under which heard items are written: one a source and day, taken back as one.
HEARD_RUN = "heard"
A_DAY = timedelta(days=1)
#: Items that one event may bring.
MOST_ITEMS = 500
#: Sources that one transaction gives their duties.
BATCH = 500


def fan_out(inst: Installation, held: Claim) -> Result:
    """Give each source that may hear an event a duty of its own: the handler of ``heard``.

    A source whose importer is not to be had at this moment is among them: its duty waits.
    """
    given = fanning.fan_out(inst, held, HEAR, _sources)
    if given is None:
        return Done()
    event, sources = given
    log.info("event_heard", topic=event.topic, sources=sources)
    inst.bell.ring(HEAR)
    return Settled()


def hear(inst: Installation, held: Claim) -> Result:
    """Let one source hear one event: the handler of ``hear``.

    Raises:
        Parked: Source, plugin, plan or account rest; nothing is lost meanwhile.
    """
    with inst.db.read() as conn:
        row = first(conn, select(inbox).where(inbox.c.id == held.payload["event"]))
        work = load(conn, {"source": held.payload["source"], "lane": Lane.LIVE.value})
    now = inst.clock()
    if row is None or work is None or now >= work.campaign.ends_at + rules.GRACE:
        return Done()
    try:
        importer, config = _admitted(inst, work)
    except PluginUnavailable as away:
        raise Parked(render(away.reason)) from away
    event = event_of(row)
    if event.topic not in importer.hears:
        return Done()
    began, clock = inst.clock(), time.monotonic()
    try:
        items = _ask(inst, work, importer, config, event)
    except PluginUnavailable as away:
        raise Parked(render(away.reason)) from away
    except FetchError as error:
        return _hurt(inst, work, error, began)
    call = Call(began, int((time.monotonic() - clock) * 1000), f"heard {event.topic}", len(items))
    as_of = event.occurred_at or row["received_at"]
    try:
        take(inst, held, work, importer, config, items, as_of, call)
    except Paused:
        raise Parked(_PAUSED) from None
    except Changed:
        return Again(inst.clock())
    return Settled()


def take(
    inst: Installation,
    held: Claim,
    work: Work,
    importer: Importer[Any, Any],
    config: SourceConfig,
    items: Sequence[Item],
    as_of: datetime,
    call: Call,
) -> None:
    """Write heard items by the road of a fetched page, and finish the duty with them.

    Floor, filters, worth, gates and pictures are those of any page. New items become entries of
    the day's heard run; those that are stored follow what the network says now, unless something
    said later is stored already. Idempotent.

    Args:
        inst: The installation.
        held: The duty.
        work: The source.
        importer: Its importer.
        config: Its configuration.
        items: At most ``MOST_ITEMS``.
        as_of: When the network said so.
        call: For the run's log.

    Raises:
        Fenced: Another worker has the duty.
        Paused: Somebody has paused or removed the source.
        Changed: The source reads something else now.
    """
    road = _Heard(
        inst, held, replace(work, run_id=None, run_started_at=None), 0, importer, config,
        holders_of(work),
    )  # fmt: skip
    now = inst.clock()
    ready = road.prepare(items, Counts(), now, as_of)
    try:
        road.keep(ready, call, now)
    except Exception as error:
        if not is_about_data(error):
            raise
        log.exception("event_refused", source=work.source_id)
        road.keep(road.sifted(ready, Counts(), now), call, now)


@dataclass(frozen=True, slots=True)
class _Heard(Pages):
    """The road of pages for what was heard: no lane, no cursor, a run of its own."""

    def guard(self, conn: Connection, counts: Counts, now: datetime) -> None:
        """Ask the button, then the lease."""
        turn.check_source(conn, self.work)
        tasks.guard(conn, self.held, now=now)

    def keep(self, ready: Prepared, call: Call, now: datetime) -> None:
        """Write all there is in one transaction, and finish the duty with it."""
        with self.inst.db.write() as conn:
            self.guard(conn, Counts(), now)
            row = _open_run(conn, self.work, now)
            mine = replace(self, run_id=row["id"])
            counts = Counts.of(row["counts"]).plus(calls=1, items=len(ready.judged))
            counts, pictures = mine.write_set(conn, ready.judged, ready, counts, now)
            pictures += store.ask_again(conn, self.work, ready.judged)
            if pictures:
                ask_for_pictures(conn, self.work.team_id, self.work.source_id, now)
            calls = [*row["calls"], call.stored()][-CALLS_KEPT:]
            values = {"counts": counts.stored(), "calls": calls, "seen_at": now}
            conn.execute(update(run).where(run.c.id == row["id"]).values(**values, finished_at=now))
            tasks.finish(conn, self.held)

    def _follow(
        self, conn: Connection, part: Sequence[Judged], as_of: datetime, now: datetime
    ) -> None:
        """Let entries follow whatever changed: an event that is heard is all that tells of it."""
        keys = [each.item.external_id for each in part]
        rows = store.entered(store.stored(conn, self.work.source_id, keys))
        if rows:
            lock_alone(conn, self.work.campaign.id)  # before the ledger takes it shared
            follow(conn, self.work, rows, part, (), now, as_of)


_PAUSED = "The source is paused."


def _sources(conn: Connection, inst: Installation, event: Accepted) -> Sequence[Ear]:
    """The sources that an event is for, oldest first."""
    wanted = select(source.c.id, source.c.team_id, source.c.importer_key).where(
        source.c.removed_at.is_(None)
    )
    if event.connector is not None:
        keys = inst.plugins.connector_keys(event.connector)
        wanted = wanted.join(connection, connection.c.id == source.c.connection_id).where(
            connection.c.connector.in_(keys), connection.c.account_uid == event.account
        )
    found = conn.execute(wanted.order_by(source.c.id)).all()
    return [
        Ear(str(each.id), each.team_id, {"source": each.id})
        for each in found
        if _may_hear(inst, each.importer_key, event.topic)
    ]


def _may_hear(inst: Installation, importer_key: str, topic: str) -> bool:
    importer = inst.plugins.importer(importer_key)
    return importer is None or topic in importer.hears


def _admitted(inst: Installation, work: Work) -> tuple[Importer[Any, Any], SourceConfig]:
    """Ask button, plugin, account and plan whether the source may hear now."""
    if work.state is SourceState.PAUSED:
        raise Parked(_PAUSED)
    importer = inst.plugins.importer(work.importer_key)
    away = inst.plugins.why_not(work.importer_key, work.team, work.campaign.id)
    if importer is None or away is not None:
        raise Parked(render(away) if away else "Nobody offers this kind of import any more.")
    with inst.db.read() as conn:
        broken = accounts.why_not(conn, importer, work.connection_id)
    if broken is not None:
        raise Parked(render(broken))
    config = config_of(inst, work)
    for feature in inst.plugins.features_of(work.importer_key, config, work.team):
        answer = allows(inst, work.team_id, feature, running=True)
        if isinstance(answer, Denied):
            raise Parked(render(answer.reason))
    return importer, config


def _ask(
    inst: Installation,
    work: Work,
    importer: Importer[Any, Any],
    config: SourceConfig,
    event: Accepted,
) -> list[Item]:
    def ask(ctx: Ctx) -> list[Item]:
        found = [checked_item(each) for each in importer.hear(ctx, config, event)]
        if len(found) > MOST_ITEMS:
            raise ValueError(f"hear() gave {len(found)} items, at most {MOST_ITEMS} are taken")
        return found

    return inst.plugins.call(
        work.importer_key, work.team, "hear", ask, deadline=CALL, passes=(FetchError,)
    )


def _hurt(inst: Installation, work: Work, error: FetchError, began: datetime) -> Result:
    """What becomes of an event whose hearing brought nothing."""
    now = inst.clock()
    if isinstance(error, accounts.LOST):
        with inst.db.write() as conn:
            says = accounts.lost(conn, inst, work, error, since=began, now=now)
        inst.bell.ring(MAIL)
        if says is not None:
            raise Parked(render(says)) from error
        return Again(now + RECHECK if work.connection_id is None else now)
    match error:
        case Throttled():
            return Again(error.until)
        case OutOfCredit():
            return Again(error.until or now + RECHECK)
        case Retry():
            return Again(now + max(error.after, timedelta(seconds=1)))
    log.info("event_of_nothing", source=work.source_id, error=str(error))
    return Done()


def _open_run(conn: Connection, work: Work, now: datetime) -> Mapping[str, Any] | RowMapping:
    """The day's run of what this source hears, made with the first event of a day."""
    newest = (
        select(run.c.id, run.c.counts, run.c.calls)
        .where(
            run.c.source_id == work.source_id,
            run.c.state == HEARD_RUN,
            run.c.undone_at.is_(None),
            run.c.started_at > now - A_DAY,
        )
        .order_by(run.c.id.desc())
        .limit(1)
    )
    found = first(conn, newest)
    if found is not None:
        return found
    number = insert_one(
        conn,
        run,
        uid=new_uid(now),
        team_id=work.team_id,
        source_id=work.source_id,
        lane=Lane.LIVE.value,
        state=HEARD_RUN,
        counts=Counts().stored(),
        calls=[],
        started_at=now,
        seen_at=now,
        finished_at=now,
    )
    return {"id": number, "counts": {}, "calls": []}
