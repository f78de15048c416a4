"""Totals that move with the ledger, in the same transaction, and their recount."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from tombola.campaigns.models import campaign
from tombola.db.sets import add_up
from tombola.entries.models import entry, ledger_event, participation, total
from tombola.entries.rules import Rules, State


@dataclass(frozen=True, slots=True)
class Delta:
    """One entry more (``entries`` 1) or less (-1) in a state, with its worth so signed too."""

    action_id: int
    entrant_id: int
    local_day: str
    state: State
    entries: int
    worth: int


def add_totals(conn: Connection, rules: Rules, deltas: Iterable[Delta]) -> None:
    """Move the totals of actions and entrants. Entrants that change get a new version."""
    by_day: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0])
    by_entrant: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for delta in deltas:
        day = by_day[delta.action_id, delta.local_day, delta.state.value]
        day[0] += delta.entries
        day[1] += delta.worth
        person = by_entrant[delta.entrant_id]
        if delta.state is State.VALID:
            person[0] += delta.entries
            person[1] += delta.worth
    where = (rules.team_id, rules.campaign_id)
    add_up(
        conn,
        participation,
        ("team_id", "campaign_id", "entrant_id", "entries", "worth_counted", "version"),
        [(*where, entrant, count, worth, 1) for entrant, (count, worth) in by_entrant.items()],
        ("entries", "worth_counted", "version"),
    )
    add_up(
        conn,
        total,
        ("team_id", "campaign_id", "action_id", "local_day", "state", "entries", "worth"),
        [(*where, *key, count, worth) for key, (count, worth) in by_day.items() if count or worth],
        ("entries", "worth"),
    )


def changed(conn: Connection, team_id: int, campaign_id: int, entrant_id: int) -> None:
    """Give an entrant a new version though no entry moved: their pages show something else now."""
    columns = ("team_id", "campaign_id", "entrant_id", "entries", "worth_counted", "version")
    row = (team_id, campaign_id, entrant_id, 0, 0, 1)
    add_up(conn, participation, columns, [row], ("version",))


def close_event(conn: Connection, campaign_id: int, event_id: int, entries: int) -> None:
    """Give a ledger event its number in the campaign: the last statement, since it is a queue."""
    number = conn.execute(
        campaign.update()
        .where(campaign.c.id == campaign_id)
        .values(ledger_n=campaign.c.ledger_n + 1)
        .returning(campaign.c.ledger_n)
    ).scalar_one()
    conn.execute(
        ledger_event.update().where(ledger_event.c.id == event_id).values(n=number, entries=entries)
    )


def counts(conn: Connection, campaign_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Entries that count and the entrants behind them, by campaign; from the totals alone."""
    mine = total.c.campaign_id.in_(campaign_ids) & (total.c.state == State.VALID)
    entries = conn.execute(
        select(total.c.campaign_id, func.sum(total.c.entries))
        .where(mine)
        .group_by(total.c.campaign_id)
    )
    count = {row[0]: int(row[1]) for row in entries}
    people = conn.execute(
        select(participation.c.campaign_id, func.count())
        .where(participation.c.campaign_id.in_(campaign_ids), participation.c.entries > 0)
        .group_by(participation.c.campaign_id)
    )
    heads = {row[0]: int(row[1]) for row in people}
    return {one: (count.get(one, 0), heads.get(one, 0)) for one in campaign_ids}


def entries_by_action(conn: Connection, campaign_id: int) -> dict[int, int]:
    """Entries that count, by action; an action without any is left out."""
    rows = conn.execute(
        select(total.c.action_id, func.sum(total.c.entries))
        .where(total.c.campaign_id == campaign_id, total.c.state == State.VALID)
        .group_by(total.c.action_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def recount(conn: Connection, campaign_id: int) -> list[str]:
    """Compare the totals with the entries themselves.

    Returns:
        A line for each difference; an empty list when all is well.
    """
    return _differing_days(conn, campaign_id) + _differing_entrants(conn, campaign_id)


def _differing_days(conn: Connection, campaign_id: int) -> list[str]:
    keys = (entry.c.action_id, entry.c.local_day, entry.c.state)
    counted = conn.execute(
        select(*keys, func.count(), func.sum(entry.c.worth))
        .where(entry.c.campaign_id == campaign_id)
        .group_by(*keys)
    )
    real = {tuple(row[:3]): (row[3], int(row[4])) for row in counted}
    kept = conn.execute(
        select(
            total.c.action_id, total.c.local_day, total.c.state, total.c.entries, total.c.worth
        ).where(total.c.campaign_id == campaign_id)
    )
    stored = {tuple(row[:3]): (row[3], int(row[4])) for row in kept if row[3] or row[4]}
    return [
        f"total {key}: {stored.get(key)} kept, {real.get(key)} counted"
        for key in sorted(real.keys() | stored.keys())
        if real.get(key) != stored.get(key)
    ]


def _differing_entrants(conn: Connection, campaign_id: int) -> list[str]:
    counted = conn.execute(
        select(entry.c.entrant_id, func.count(), func.sum(entry.c.worth))
        .where(entry.c.campaign_id == campaign_id, entry.c.state == State.VALID.value)
        .group_by(entry.c.entrant_id)
    )
    real = {row[0]: (row[1], int(row[2])) for row in counted}
    kept = conn.execute(
        select(
            participation.c.entrant_id, participation.c.entries, participation.c.worth_counted
        ).where(participation.c.campaign_id == campaign_id)
    )
    stored = {row[0]: (row[1], int(row[2])) for row in kept if row[1] or row[2]}
    return [
        f"entrant {key}: {stored.get(key)} kept, {real.get(key)} counted"
        for key in sorted(real.keys() | stored.keys())
        if real.get(key) != stored.get(key)
    ]
