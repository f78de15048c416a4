"""Changes of what was recorded: revoke, archive, restore, move, and deciding anew.

Each act is one ledger event with a line for every entry that it touched. Whatever the act, the
standing of the entrants that it touches is decided by the same pure rule, ``decide_anew``.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Row, Select, select

from tombola.db.rows import insert_one
from tombola.db.sets import insert_ignore, lock_alone, members, update_each
from tombola.entries.models import entry, entry_change, ledger_event, participation
from tombola.entries.record import load_rules
from tombola.entries.rules import GIVEN, Rules, Standing, State, decide_anew
from tombola.entries.totals import Delta, add_totals, close_event
from tombola.outbox.service import announce
from tombola.teams.rules import Actor

#: Entrants whose entries are decided in one go; bounds the memory of an act on a whole campaign.
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Act:
    """What is done, by whom and why.

    Attributes:
        kind: revoke, archive, restore, undo, link, unlink or dates.
        actor: Who does it.
        reason: In the actor's words, kept with each entry that is revoked or archived.
        subject: Public name of what the act is about, such as a run's uid.
        at: The moment.
    """

    kind: str
    actor: Actor
    reason: str
    subject: str
    at: datetime


def mark(
    conn: Connection, campaign_id: int, entry_ids: Collection[int], state: State, act: Act
) -> int:
    """Revoke, archive or restore entries, and let others take the places that fall free.

    Args:
        conn: A write transaction.
        campaign_id: Of the actor's team; entries of other campaigns are not touched.
        entry_ids: The entries, any number.
        state: REVOKED or ARCHIVED to give that state, VALID to take it back.
        act: For the ledger.

    Returns:
        How many of the named entries changed. Marking twice changes nothing.
    """
    lock_alone(conn, campaign_id)
    rules = load_rules(conn, campaign_id)
    given = dict.fromkeys(entry_ids, state)
    entrants = _entrants_of(conn, rules, entry_ids)
    return _decide(conn, rules, entrants, act, given)


def decide_campaign(conn: Connection, campaign_id: int, act: Act) -> int:
    """Decide every entry of a campaign by its rules as they are now. Returns how many changed."""
    lock_alone(conn, campaign_id)
    rules = load_rules(conn, campaign_id)
    everyone = conn.execute(
        select(participation.c.entrant_id)
        .where(participation.c.campaign_id == campaign_id)
        .order_by(participation.c.entrant_id)
    ).scalars()
    return _decide(conn, rules, list(everyone), act, {})


def hold_campaigns(conn: Connection, team_id: int, identity_ids: Collection[int]) -> list[int]:
    """Hold, alone and in one order, every campaign in which these identities have entries.

    Comes before any other lock of an act that moves entries: whoever records or revokes takes the
    campaign first too, so that nobody waits in a circle.
    """
    found = conn.execute(
        select(entry.c.campaign_id)
        .where(entry.c.team_id == team_id, members(conn, entry.c.identity_id, identity_ids))
        .distinct()
        .order_by(entry.c.campaign_id)
    ).scalars()
    campaigns = list(found)
    for campaign_id in campaigns:
        lock_alone(conn, campaign_id)
    return campaigns


def move(conn: Connection, identity_id: int, from_id: int, to_id: int, act: Act) -> int:
    """Let an identity's entries count for another entrant, in every campaign of the team.

    Returns:
        How many entries moved. An entry whose place the other entrant holds becomes spent; when
        the identity moves back, it takes its place again.
    """
    moved = 0
    for campaign_id in hold_campaigns(conn, act.actor.team_id, [identity_id]):
        rules = load_rules(conn, campaign_id)
        ids = conn.execute(
            select(entry.c.id).where(
                entry.c.campaign_id == campaign_id,
                entry.c.identity_id == identity_id,
                entry.c.entrant_id == from_id,
            )
        ).scalars()
        owners = dict.fromkeys(ids, to_id)
        _decide(conn, rules, [from_id, to_id], act, {}, owners)
        moved += len(owners)
    return moved


def _decide(
    conn: Connection,
    rules: Rules,
    entrants: Sequence[int],
    act: Act,
    given: dict[int, State],
    owners: dict[int, int] | None = None,
) -> int:
    """Give states and owners to entries, decide the rest anew, and write what differs."""
    event_id = insert_one(
        conn, ledger_event, team_id=rules.team_id, campaign_id=rules.campaign_id, kind=act.kind,
        at=act.at, member_id=act.actor.member_id, reason=act.reason or None,
        subject=act.subject or None, entries=0,
    )  # fmt: skip
    touched = 0
    asked = 0
    for batch in _batches(entrants, whole=owners is not None):
        rows = {row.id: row for row in conn.execute(_of_entrants(conn, rules, batch))}
        before = {number: _standing(row) for number, row in rows.items()}
        wished = {
            number: replace(
                old,
                state=_wish(old.state, given.get(number)),
                held=_holds(old, _wish(old.state, given.get(number))),
                entrant_id=(owners or {}).get(number, old.entrant_id),
                slot=None if number in (owners or {}) else old.slot,
            )
            for number, old in before.items()
        }
        after = wished | decide_anew(wished.values(), rules)
        changed = [number for number in rows if after[number] != before[number]]
        _write(conn, rules, event_id, act, [(rows[n], before[n], after[n]) for n in changed])
        touched += len(changed)
        asked += sum(1 for n in changed if after[n].state != before[n].state and n in given)
    if touched:
        close_event(conn, rules.campaign_id, event_id, touched)
    else:
        conn.execute(ledger_event.delete().where(ledger_event.c.id == event_id))
    return asked if given else touched


def _wish(before: State, given: State | None) -> State:
    if given is None:
        return before
    if before is State.REFUSED:
        return before  # a gate said no; taking its word back would go around a plan or a rule
    if given is State.VALID:
        return State.VALID if before in GIVEN else before
    if given is State.ARCHIVED:
        return before if before in GIVEN else given
    return given


def _holds(old: Standing, wished: State) -> bool:
    """Whether an archived entry keeps a place taken: if it counted when it was archived."""
    return wished is State.ARCHIVED and (old.held or old.state is State.VALID)


def _write(
    conn: Connection,
    rules: Rules,
    event_id: int,
    act: Act,
    changed: Sequence[tuple[Row[tuple[object, ...]], Standing, Standing]],
) -> None:
    """Write one batch: places are freed first, so that no two entries meet in one."""
    ids = [row.id for row, _, _ in changed]
    freed = entry.update().where(members(conn, entry.c.id, ids)).values(slot=None)
    conn.execute(freed)
    columns = ("entrant_id", "state", "held", "slot", "period", "local_day", "reason")
    update_each(
        conn, entry, "id", columns,
        [
            (row.id, new.entrant_id, new.state.value, new.held, new.slot, new.period, new.local_day,
             _reason(row.reason, old, new, act))
            for row, old, new in changed
        ],
    )  # fmt: skip
    insert_ignore(
        conn, entry_change,
        ("event_id", "entry_id", "from_state", "to_state", "from_entrant_id", "to_entrant_id"),
        [
            (event_id, row.id, old.state.value, new.state.value, old.entrant_id, new.entrant_id)
            for row, old, new in changed
        ],
    )  # fmt: skip
    add_totals(conn, rules, list(_deltas(changed)))
    revoked = [row.id for row, old, new in changed if _becomes(old, new, State.REVOKED)]
    if revoked:
        payload = {"entries": revoked, "reason": act.reason}
        announce(conn, rules.team_id, rules.campaign_id, "entries_revoked", payload, act.at)


def _deltas(
    changed: Sequence[tuple[Row[tuple[object, ...]], Standing, Standing]],
) -> Iterator[Delta]:
    for row, old, new in changed:
        yield Delta(old.action_id, old.entrant_id, old.local_day, old.state, -1, -row.worth)
        yield Delta(new.action_id, new.entrant_id, new.local_day, new.state, 1, row.worth)


def _becomes(old: Standing, new: Standing, state: State) -> bool:
    return new.state is state and old.state is not state


def _reason(kept: str | None, old: Standing, new: Standing, act: Act) -> str | None:
    if new.state in GIVEN:
        return kept if old.state is new.state else act.reason
    return None


def _entrants_of(conn: Connection, rules: Rules, entry_ids: Collection[int]) -> list[int]:
    found = conn.execute(
        select(entry.c.entrant_id)
        .where(
            entry.c.team_id == rules.team_id,
            entry.c.campaign_id == rules.campaign_id,
            members(conn, entry.c.id, sorted(entry_ids)),
        )
        .distinct()
        .order_by(entry.c.entrant_id)
    )
    return list(found.scalars())


def _of_entrants(
    conn: Connection, rules: Rules, entrants: Sequence[int]
) -> Select[tuple[object, ...]]:
    return select(
        entry.c.id, entry.c.action_id, entry.c.entrant_id, entry.c.sort_at, entry.c.state,
        entry.c.held, entry.c.slot, entry.c.period, entry.c.local_day, entry.c.worth,
        entry.c.reason,
    ).where(
        entry.c.campaign_id == rules.campaign_id,
        members(conn, entry.c.entrant_id, entrants),
    )  # fmt: skip


def _standing(row: Row[tuple[object, ...]]) -> Standing:
    return Standing(
        entry_id=row.id,
        action_id=row.action_id,
        entrant_id=row.entrant_id,
        sort_at=row.sort_at,
        state=State(row.state),
        slot=row.slot,
        period=row.period,
        local_day=row.local_day,
        held=row.held,
    )


def _batches(entrants: Sequence[int], *, whole: bool) -> Iterator[Sequence[int]]:
    """Entrants in batches; all at once where entries move between them."""
    size = len(entrants) if whole else BATCH
    for start in range(0, len(entrants), size or 1):
        yield entrants[start : start + size]
