"""The one function that writes entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from tombola.api import EntryDraft, NotFound
from tombola.campaigns.models import action, campaign
from tombola.campaigns.rules import Interval
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.db.sets import insert_new, lock_shared, members
from tombola.entrants.models import identity
from tombola.entries.models import entry, ledger_event
from tombola.entries.rules import ActionRule, Planned, Rules, State, plan
from tombola.entries.totals import Delta, add_totals, close_event
from tombola.outbox.service import announce

COLUMNS = (
    "uid", "team_id", "campaign_id", "action_id", "identity_id", "entrant_id", "key", "period",
    "slot", "occurred_at", "sort_at", "recorded_at", "local_day", "worth", "state", "held",
    "reason", "cause_kind", "cause_id", "item_id", "event_id", "details",
    "proof", "alike",
)  # fmt: skip


class Status(StrEnum):
    """What became of a draft."""

    #: Recorded now, and it counts.
    NEW = "new"
    #: Recorded before under the same key; nothing was written.
    KNOWN = "known"
    #: Recorded now; the period's place is taken, so it does not count.
    SPENT = "spent"
    #: Recorded now; its time lies outside the campaign's dates.
    OUTSIDE = "outside"
    #: Recorded now; a gate refused it.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one draft: its status, and the entry that stands for it."""

    status: Status
    entry_id: int
    state: State


def load_rules(conn: Connection, campaign_id: int) -> Rules:
    """Read what decides a campaign's entries, and hold off its freeze until the transaction ends.

    Raises NotFound when there is no such campaign. Removed actions keep their rule, since what
    was imported or pushed before their removal may still be on its way.
    """
    lock_shared(conn, campaign_id)
    row = first(conn, select(campaign).where(campaign.c.id == campaign_id))
    if row is None:
        raise NotFound("There is no such campaign.")
    actions = conn.execute(
        select(action.c.id, action.c.interval, action.c.worth).where(
            action.c.campaign_id == campaign_id
        )
    )
    return Rules(
        team_id=row["team_id"],
        campaign_id=campaign_id,
        zone=ZoneInfo(row["zone"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        count_history=row["count_history"],
        actions={number: ActionRule(number, Interval(i), worth) for number, i, worth in actions},
    )


def record(
    conn: Connection,
    drafts: Sequence[EntryDraft],
    rules: Rules,
    now: datetime,
    *,
    refused: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """Record a set of entries of one campaign. Nothing else inserts into the ledger.

    A page of an import is a set, a click is a set of one. The function never commits, so that
    the caller's rows, cursor and lease become true together with the entries. It is idempotent
    by (action, key): a draft that was recorded before is answered and not written again.

    Args:
        conn: The caller's write transaction, in which ``load_rules`` has been called.
        drafts: At most ``Database.set_size``, in any order; their entrants and identities exist.
        rules: From ``load_rules``.
        now: The moment, aware; stands in for drafts without a time of their own.
        refused: Reason by draft key, from the gates.

    Returns:
        The outcomes in the order of the drafts.
    """
    if not drafts:
        return []
    reasons = refused or {}
    drafts = _owned(conn, drafts)
    planned = [plan(draft, rules, now, refused=draft.key in reasons) for draft in drafts]
    planned.sort(key=_order)
    event_id = insert_one(
        conn, ledger_event, team_id=rules.team_id, campaign_id=rules.campaign_id,
        kind="record", at=now, entries=0,
    )  # fmt: skip
    writer = _Writer(conn, rules, now, event_id, reasons)
    fresh = writer.insert(planned)
    if len(fresh) < len(planned):
        known = writer.present(planned)
        spent = [_spend(each) for each in planned if _key(each) not in known]
        fresh |= writer.insert(spent)
    found = writer.present(planned)
    new = [stored for stored in found.values() if stored.entry_id in fresh]
    _count(conn, rules, event_id, new, now)
    return [_outcome(found[draft.action_id, draft.key], fresh) for draft in drafts]


@dataclass(frozen=True, slots=True)
class _Stored:
    entry_id: int
    delta: Delta


@dataclass(frozen=True, slots=True)
class _Writer:
    conn: Connection
    rules: Rules
    now: datetime
    event_id: int
    reasons: Mapping[str, str]

    def insert(self, planned: Sequence[Planned]) -> set[int]:
        rows = [self._row(each) for each in planned]
        return set(insert_new(self.conn, entry, COLUMNS, rows))

    def present(self, planned: Sequence[Planned]) -> dict[tuple[int, str], _Stored]:
        keys = {each.draft.key for each in planned}
        actions = {each.draft.action_id for each in planned}
        columns = (entry.c.id, entry.c.action_id, entry.c.key, entry.c.entrant_id)
        counted = (entry.c.local_day, entry.c.state, entry.c.worth)
        found = self.conn.execute(
            select(*columns, *counted).where(
                members(self.conn, entry.c.action_id, sorted(actions)),
                members(self.conn, entry.c.key, sorted(keys)),
            )
        )
        return {
            (action_id, key): _Stored(
                entry_id, Delta(action_id, entrant_id, day, State(state), 1, worth)
            )
            for entry_id, action_id, key, entrant_id, day, state, worth in found
        }

    def _row(self, each: Planned) -> tuple[object, ...]:
        draft = each.draft
        return (
            new_uid(self.now), self.rules.team_id, self.rules.campaign_id, draft.action_id,
            draft.identity_id, draft.entrant_id, draft.key, each.period, each.slot,
            draft.occurred_at, each.sort_at, self.now, each.local_day, each.worth,
            each.state.value, False, self.reasons.get(draft.key), draft.cause_kind, draft.cause_id,
            draft.item_id, self.event_id, dict(draft.details), draft.proof, draft.alike,
        )  # fmt: skip


def _owned(conn: Connection, drafts: Sequence[EntryDraft]) -> list[EntryDraft]:
    """The drafts with the entrants that their identities count for now.

    A caller reads its people before this transaction, and a link may have moved one since. The
    identities are held until the end, so that a link that comes now waits and then moves these
    entries too.
    """
    wanted = sorted({draft.identity_id for draft in drafts})
    rows = conn.execute(
        select(identity.c.id, identity.c.entrant_id)
        .where(members(conn, identity.c.id, wanted))
        .order_by(identity.c.id)
        .with_for_update(read=True)
    )
    owners = {row[0]: row[1] for row in rows}
    return [
        draft
        if owners[draft.identity_id] == draft.entrant_id
        else replace(draft, entrant_id=owners[draft.identity_id])
        for draft in drafts
    ]


def _order(each: Planned) -> tuple[int, int, datetime, str]:
    # One order on both databases: of two drafts for one place the earlier wins, and two writers
    # of PostgreSQL take their locks alike.
    return (each.draft.action_id, each.draft.entrant_id, each.sort_at, each.draft.key)


def _key(each: Planned) -> tuple[int, str]:
    return (each.draft.action_id, each.draft.key)


def _spend(each: Planned) -> Planned:
    return Planned(each.draft, each.sort_at, each.period, each.local_day, each.worth, State.SPENT)


def _count(
    conn: Connection, rules: Rules, event_id: int, new: Sequence[_Stored], now: datetime
) -> None:
    """Let totals, the event's number and the outbox follow; forget an event that did nothing."""
    if not new:
        conn.execute(ledger_event.delete().where(ledger_event.c.id == event_id))
        return
    add_totals(conn, rules, [stored.delta for stored in new])
    announce(conn, rules.team_id, rules.campaign_id, "entries_recorded", {"event": event_id}, now)
    close_event(conn, rules.campaign_id, event_id, len(new))


def _outcome(stored: _Stored, fresh: set[int]) -> Outcome:
    state = stored.delta.state
    if stored.entry_id not in fresh:
        return Outcome(Status.KNOWN, stored.entry_id, state)
    # A key that stands twice in one set is new once.
    fresh.discard(stored.entry_id)
    status = Status.NEW if state is State.VALID else Status(state.value)
    return Outcome(status, stored.entry_id, state)
