"""One turn of a lane: page after page, fetched outside and written inside one transaction."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from tombola.api import (
    Ctx,
    Cursor,
    Denied,
    FetchError,
    Importer,
    Lane,
    Page,
    Phrase,
    PluginFailed,
    PluginUnavailable,
    SourceConfig,
    Text,
    Throttled,
    render,
)
from tombola.importing import accounts, distinct, limits, rules, turn
from tombola.importing.distinct import keys_of
from tombola.importing.limits import holders_of
from tombola.importing.page import Pages, checked
from tombola.importing.states import TRIES, SourceState, Trouble, failure, given_up, trouble_of
from tombola.importing.telling import tell_once
from tombola.importing.turn import Call, Changed, Paused
from tombola.importing.work import CALL, Work, config_of, load
from tombola.installation import Installation
from tombola.mail.service import MAIL
from tombola.plans.service import allows
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Parked, Result, Settled
from tombola.queue.rules import wait_after
from tombola.queue.tasks import Claim

T = TypeVar("T")
log = structlog.get_logger("tombola.importing")

#: The wait after a page's first failure, unless the network names a longer one; then it doubles.
FIRST_WAIT = timedelta(seconds=1)
#: How often a source that its plan does not allow, or whose account is broken, is looked at again;
#: no call is made.
GATED_LOOK = timedelta(seconds=60)
#: How often the source of a campaign that is over is looked at, at most.
HOUR = timedelta(hours=1)
#: What a call of a plugin may end with, besides well.
TROUBLES = (FetchError, PluginFailed, PluginUnavailable)


def take_turn(inst: Installation, held: Claim) -> Result:
    """Do one lane's turn: the handler of the kind ``import``.

    The turn ends when the run is over, when the worker's time is used (the run goes on with the
    next turn), or when network, plan or plugin say no. Whatever happens, the place is kept: each
    page's items, entries, cursor, counts and lease become true together or not at all.
    """
    with inst.db.read() as conn:
        work = load(conn, held.payload)
    if work is None or work.state is SourceState.PAUSED:
        return Done()
    try:
        return _admitted(inst, held, work)
    except Paused:
        return Done()
    except Changed:
        return Again(inst.clock())


def _admitted(inst: Installation, held: Claim, work: Work) -> Result:
    """Ask campaign, plugin, plan and switch whether a call may be made now; then make it."""
    now = inst.clock()
    if now >= work.campaign.ends_at + rules.GRACE:
        over = Phrase("The campaign is over; new posts are not looked for.")
        return _rest(inst, held, work, SourceState.ENDED, over, now + max(work.every, HOUR))
    importer = inst.plugins.importer(work.importer_key)
    unusable = inst.plugins.why_not(work.importer_key, work.team, work.campaign.id)
    if importer is None or unusable is not None:
        _park(inst, work, unusable or Phrase("Nobody offers this kind of import any more."))
    try:
        config = config_of(inst, work)
        features = inst.plugins.features_of(work.importer_key, config, work.team)
        uses = keys_of(inst, work.team, importer, config)
    except PluginUnavailable as away:
        _park(inst, work, away.reason)
    except PluginFailed as failed:
        says = failure(str(failed), failed.correlation, now, timedelta(0)).says
        later = now + wait_after(held.attempts, held.key)
        return _rest(inst, held, work, SourceState.FAILING, says, later)
    for feature in features:
        answer = allows(inst, work.team_id, feature, running=True)
        if isinstance(answer, Denied):
            later = now + GATED_LOOK
            return _rest(inst, held, work, SourceState.GATED, answer.reason, later)
    with inst.db.read() as conn:
        broken = accounts.why_not(conn, importer, work.connection_id)
    if broken is not None:
        return _rest(inst, held, work, SourceState.RECONNECT, broken, now + GATED_LOOK)
    return _Turn(inst, held, work, importer, config, uses).take()


def _rest(
    inst: Installation, held: Claim, work: Work, state: SourceState, says: Text, until: datetime
) -> Result:
    with inst.db.write() as conn:
        turn.rest(conn, work, held, state, says, until)
    return Settled()


def _park(inst: Installation, work: Work, reason: Text) -> NoReturn:
    with inst.db.write() as conn:
        turn.stand(conn, work.source_id, SourceState.AWAY, reason)
    raise Parked(render(reason))


class _Turn:
    def __init__(
        self,
        inst: Installation,
        held: Claim,
        work: Work,
        importer: Importer[Any, Any],
        config: SourceConfig,
        uses: Mapping[str, Sequence[str]],
    ) -> None:
        self._inst = inst
        self._held = held
        self._work = work
        self._importer = importer
        self._config = config
        self._counts = work.counts
        self._calls = list(work.calls)
        self._holders = holders_of(work)
        self._uses = uses

    def take(self) -> Result:
        place = self._place()
        if place is None:
            return Settled()
        pages = self._open_run()
        while place is not None and self._reserve(place):
            asked_at = self._inst.clock()
            page = self._fetch(place)
            if page is None:
                break
            self._counts, why = pages.write(page, self._counts, self._calls, asked_at)
            log.info("page_written", source=self._work.source_id, why=why, pages=self._counts.pages)
            if why is not None:
                break
            place = page.next
            if self._held.over():
                with self._inst.db.write() as conn:
                    tasks.again(conn, self._held, self._inst.clock())
                break
        return Settled()

    def _place(self) -> Cursor | None:
        """Where this turn begins; None when the plugin could not say."""
        work, importer = self._work, self._importer
        stored = work.cursor if work.cursor is not None else work.checkpoint
        if stored is not None:
            try:
                return importer.cursor_model.model_validate(dict(stored))
            except ValidationError:
                log.warning("cursor_unreadable", source=work.source_id, lane=work.lane.value)
        span = rules.window(
            work.lane,
            created_at=work.created_at,
            floor_at=work.floor_at,
            reach=importer.reach,
            last_run_at=work.last_run_at,
            has_history=Lane.HISTORY in importer.lanes,
        )
        try:
            place: Cursor = self._call(
                "open", lambda ctx: importer.open(ctx, self._config, work.lane, span)
            )
        except TROUBLES as error:
            self._hurt(error, Call(self._inst.clock(), 0, f"open: {error}"))
            return None
        return place

    def _call(self, name: str, act: Callable[[Ctx], T]) -> T:
        work = self._work
        return self._inst.plugins.call(
            work.importer_key, work.team, name, act, deadline=CALL, passes=(FetchError,)
        )

    def _open_run(self) -> Pages:
        if self._work.run_id is None:
            now = self._inst.clock()
            with self._inst.db.write() as conn:
                turn.check(conn, self._work)
                tasks.guard(conn, self._held, now=now)
                run_id = turn.begin(conn, self._work, now)
            self._work = replace(self._work, run_id=run_id, run_started_at=now)
        return Pages(
            self._inst,
            self._held,
            self._work,
            self._work.run_id or 0,
            self._importer,
            self._config,
            self._holders,
        )

    def _reserve(self, place: Cursor) -> bool:
        """Take the units of a page and a fresh lease; False when a bucket is empty."""
        declared = self._importer.limits
        cost = self._cost(place) if declared else {}
        now = self._inst.clock()
        with self._inst.db.write() as conn:
            turn.check(conn, self._work)
            tasks.guard(conn, self._held, now=now)
            if accounts.why_not(conn, self._importer, self._work.connection_id) is not None:
                raise Changed
            until = self._room(conn, cost, now)
            if until is not None:
                trouble = trouble_of(Throttled(", ".join(sorted(cost)), until), now, timedelta(0))
                turn.hurt(conn, self._work, self._held, trouble, self._counts, self._calls, now)
        return until is None

    def _room(self, conn: Connection, cost: Mapping[str, int], now: datetime) -> datetime | None:
        """Take keys and units, or say when there are enough."""
        declared = self._importer.limits
        until = distinct.take(conn, declared, self._uses, self._holders, now)
        return until or limits.reserve(conn, declared, cost, self._holders, now)

    def _cost(self, place: Cursor) -> Mapping[str, int]:
        """Units of the next page by bucket; one each where the plugin gives no sense."""
        declared = {limit.bucket for limit in self._importer.limits}

        def ask(_: Ctx) -> dict[str, int]:
            cost = {name: int(n) for name, n in self._importer.cost(self._config, place).items()}
            limits.check_buckets(self._importer.limits, cost)
            return cost

        try:
            return self._call("cost", ask)
        except (PluginFailed, PluginUnavailable):
            return dict.fromkeys(declared, 1)

    def _fetch(self, place: Cursor) -> Page[Any] | None:
        """Read one page, outside any transaction; None when it did not come."""
        at, began = self._inst.clock(), time.monotonic()
        importer = self._importer

        def fetch(ctx: Ctx) -> Page[Any]:
            return checked(importer, importer.fetch(ctx, self._config, place))

        try:
            page = self._call("fetch", fetch)
        except TROUBLES as error:
            self._hurt(error, Call(at, _since(began), f"{type(error).__name__}: {error}"))
            return None
        self._calls.append(Call(at, _since(began), "ok", len(page.items)).stored())
        return page

    def _hurt(self, error: Exception, call: Call) -> None:
        """Write down an error and what follows from it. Raises Parked when the plugin is away."""
        if isinstance(error, PluginUnavailable):
            _park(self._inst, self._work, error.reason)
        now = self._inst.clock()
        trouble = self._trouble(error, now)
        self._calls.append(call.stored())
        with self._inst.db.write() as conn:
            trouble = self._without_account(conn, error, call.at, trouble, now)
            if isinstance(error, Throttled):
                declared = self._importer.limits
                limits.exhaust(conn, error.bucket, declared, self._holders, error.until)
            turn.hurt(conn, self._work, self._held, trouble, self._counts, self._calls, now)
            # Of a connected account members are told by the connection itself.
            theirs = isinstance(error, accounts.LOST) and self._work.connection_id is not None
            told = theirs or tell_once(conn, self._inst, self._work, trouble, now)
        log.info("page_failed", source=self._work.source_id, state=trouble.state.value)
        if told:
            self._inst.bell.ring(MAIL)

    def _without_account(
        self, conn: Connection, error: Exception, since: datetime, trouble: Trouble, now: datetime
    ) -> Trouble:
        """The same trouble, unless it is one of the connected account and a member mends it."""
        if not isinstance(error, accounts.LOST) or self._work.connection_id is None:
            return trouble
        says = accounts.lost(conn, self._inst, self._work, error, since=since, now=now)
        if says is None:
            return replace(trouble, resume_at=now + FIRST_WAIT)
        return Trouble(SourceState.RECONNECT, says, resume_at=now + GATED_LOOK)

    def _trouble(self, error: Exception, now: datetime) -> Trouble:
        wait = wait_after(self._counts.failures + 1, self._held.key, FIRST_WAIT)
        if isinstance(error, FetchError):
            trouble = trouble_of(error, now, wait)
        else:
            correlation = error.correlation if isinstance(error, PluginFailed) else ""
            trouble = failure(str(error), correlation, now, wait)
        self._counts = self._counts.plus(calls=1, failures=1 if trouble.counts else 0)
        if self._counts.failures < TRIES:
            return trouble
        self._counts = replace(self._counts, failures=0)
        return given_up(trouble)


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
