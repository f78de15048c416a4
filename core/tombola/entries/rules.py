"""The rules of the ledger: which period an entry asks for, and whether it counts. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tombola.api import EntryDraft
from tombola.campaigns.rules import Interval

#: How far ahead of our clock a network's time is believed (reliability: clocks differ).
AHEAD = timedelta(minutes=5)


class State(StrEnum):
    """What an entry is worth today. Only VALID ones count; every one is kept and listed."""

    #: Counts.
    VALID = "valid"
    #: Its own time lies outside the campaign's dates.
    OUTSIDE = "outside"
    #: Its period's one place is held by another entry of the same entrant.
    SPENT = "spent"
    #: A gate refused it before it was recorded.
    REFUSED = "refused"
    #: Taken back with a reason; its place is free again.
    REVOKED = "revoked"
    #: Out of the pool, kept as data; its place stays taken.
    ARCHIVED = "archived"


#: States that a person or a gate gave; dates and places do not change them.
GIVEN = frozenset({State.REFUSED, State.REVOKED, State.ARCHIVED})


@dataclass(frozen=True, slots=True)
class ActionRule:
    """What decides an action's entries."""

    action_id: int
    interval: Interval
    worth: int


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides a campaign's entries, read once a set.

    Attributes:
        team_id: The campaign's team.
        campaign_id: The campaign.
        zone: The campaign's zone, in which days and hours are counted.
        starts_at: First moment that counts, aware.
        ends_at: First moment that counts no more, aware.
        count_history: Count entries from before the start as well.
        actions: The rule of each action, by its number.
    """

    team_id: int
    campaign_id: int
    zone: ZoneInfo
    starts_at: datetime
    ends_at: datetime
    count_history: bool
    actions: Mapping[int, ActionRule] = field(default_factory=dict)

    def contains(self, at: datetime) -> bool:
        """Whether an entry of that moment counts by the dates."""
        return at < self.ends_at and (self.count_history or at >= self.starts_at)


@dataclass(frozen=True, slots=True)
class Planned:
    """A draft with everything decided that needs no look at other entries."""

    draft: EntryDraft
    sort_at: datetime
    period: str | None
    local_day: str
    worth: int
    state: State

    @property
    def slot(self) -> str | None:
        """The place that the entry tries to take."""
        return self.period if self.state is State.VALID else None


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry as far as the rules look at it, for deciding anew."""

    entry_id: int
    action_id: int
    entrant_id: int
    sort_at: datetime
    state: State
    slot: str | None
    period: str | None
    local_day: str
    #: Archived while it counted.
    held: bool = False


def period(interval: Interval, at: datetime, zone: ZoneInfo) -> str | None:
    """The place in the interval that a moment falls into; None where there is no limit.

    Days are the zone's calendar days, however long they are. Hours are the zone's clock hours,
    and the hour that comes twice in autumn is two, told apart by its offset from UTC.

    >>> zone = ZoneInfo("Europe/Berlin")
    >>> period(Interval.DAILY, datetime(2026, 11, 20, 23, 30, tzinfo=UTC), zone)
    '2026-11-21'
    >>> period(Interval.HOURLY, datetime(2026, 10, 25, 0, 59, tzinfo=UTC), zone)
    '2026-10-25T02+0200'
    """
    if interval is Interval.UNLIMITED:
        return None
    if interval is Interval.ONCE:
        return "once"
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d}" if interval is Interval.DAILY else f"{local:%Y-%m-%dT%H%z}"


def period_ends(interval: Interval, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment, in UTC, at which the period of ``at`` is over; None if it never is."""
    if interval in {Interval.UNLIMITED, Interval.ONCE}:
        return None
    local = at.astimezone(zone)
    if interval is Interval.DAILY:
        following = (local + timedelta(days=1)).date()
        midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
        return midnight.astimezone(UTC)
    spent = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (at - spent + timedelta(hours=1)).astimezone(UTC)


def decided_at(occurred_at: datetime | None, now: datetime) -> datetime:
    """The moment by which an entry is judged and sorted: its own, or when we learnt of it."""
    return now if occurred_at is None else min(occurred_at, now + AHEAD)


def plan(draft: EntryDraft, rules: Rules, now: datetime, *, refused: bool = False) -> Planned:
    """Decide what can be decided about one draft alone.

    Raises:
        KeyError: The draft's action is not one of the campaign's.
    """
    rule = rules.actions[draft.action_id]
    at = decided_at(draft.occurred_at, now)
    state = State.VALID if rules.contains(at) else State.OUTSIDE
    return Planned(
        draft=draft,
        sort_at=at,
        period=period(rule.interval, at, rules.zone),
        local_day=f"{at.astimezone(rules.zone):%Y-%m-%d}",
        worth=rule.worth if draft.worth is None else draft.worth,
        state=State.REFUSED if refused else state,
    )


def decide_anew(entries: Iterable[Standing], rules: Rules) -> dict[int, Standing]:
    """Decide the standing of entries again, after dates, links or states have changed.

    Whoever holds a place keeps it as long as it may; a free place goes to the earliest that asks
    for it. What the totals say therefore does not depend on the order of arrival.

    Args:
        entries: All entries of the entrants in question in one campaign, any order.
        rules: The campaign's rules as they are from now on.

    Returns:
        The new standing by entry, only where it differs.
    """
    after = {}
    places: dict[tuple[int, int, str], list[tuple[Standing, Standing]]] = {}
    for before in entries:
        fresh = _alone(before, rules)
        after[before.entry_id] = (before, fresh)
        if fresh.period is not None and _may_hold(before, fresh):
            place = (fresh.action_id, fresh.entrant_id, fresh.period)
            places.setdefault(place, []).append((before, fresh))
    for asking in places.values():
        holder = min(asking, key=_claim)[1]
        for before, fresh in asking:
            settled = replace(fresh, slot=fresh.period)
            if fresh is not holder:
                state = State.SPENT if fresh.state is State.VALID else fresh.state
                settled = replace(fresh, state=state, slot=None)
            after[before.entry_id] = (before, settled)
    return {number: new for number, (old, new) in after.items() if new != old}


def _alone(before: Standing, rules: Rules) -> Standing:
    rule = rules.actions[before.action_id]
    state = before.state
    if state not in GIVEN:
        state = State.VALID if rules.contains(before.sort_at) else State.OUTSIDE
    return replace(
        before,
        state=state,
        slot=None,
        period=period(rule.interval, before.sort_at, rules.zone),
        local_day=f"{before.sort_at.astimezone(rules.zone):%Y-%m-%d}",
    )


def _may_hold(before: Standing, fresh: Standing) -> bool:
    return fresh.state is State.VALID or (fresh.state is State.ARCHIVED and before.held)


def _claim(pair: tuple[Standing, Standing]) -> tuple[bool, bool, datetime, int]:
    """Sort key: archived holders first, then the present holder, then the earliest."""
    before, fresh = pair
    return (
        fresh.state is not State.ARCHIVED,
        before.slot != fresh.period,
        fresh.sort_at,
        fresh.entry_id,
    )
