"""Entries over time as stacked bars: by action from the totals, by source from the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import Connection, case, func, literal_column, select

from tombola.campaigns.models import action
from tombola.campaigns.service import Campaign, of_team
from tombola.entries.models import entry, total
from tombola.entries.rules import State
from tombola.importing.models import run, source
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role

#: Colours that stay apart from each other; the smallest series share the last one.
COLOURS = 7
#: Bars of one chart: more days than these are told by week, more weeks by month of four weeks.
MOST_BARS = 62
REST = ""


class By(StrEnum):
    """What the colours of a chart stand for."""

    ACTION = "action"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Part:
    """One colour of one bar. ``low`` and ``height`` are parts of the highest bar, 0 to 1."""

    series: int
    entries: int
    low: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of days of the campaign's zone, the last day included."""

    first: date
    last: date
    entries: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour stands for: the uid of an action or source, or the kind of a cause.

    Its ``key`` is "" for all that have no colour of their own.
    """

    key: str
    entries: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Entries that count, by span of days and series, the largest series first."""

    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    highest: int
    entries: int


#: How many entries counted, by day and key of a series.
Counts = Mapping[tuple[date, str], int]


def chart(
    inst: Installation, actor: Actor, campaign_uid: str, by: By, days: int | None = None
) -> Chart:
    """A campaign's entries that count, over its days up to today.

    Args:
        inst: The installation.
        actor: A viewer or more; another team's campaign is not found.
        campaign_uid: The campaign.
        by: What the colours stand for.
        days: The last so many days; None for all on which something counted.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        counts = _by_action(conn, found) if by is By.ACTION else _by_source(conn, found)
    today = found.local(min(inst.clock(), found.ends_at)).date()
    first = min((day for day, _ in counts), default=today)
    if days is not None:
        first = max(first, today - timedelta(days=days - 1))
    return drawn(counts, first, max([today, *(day for day, _ in counts)]))


def drawn(counts: Counts, first: date, last: date) -> Chart:
    """Lay counts out as bars from the first day to the last one. Pure.

    >>> day = date(2026, 6, 1)
    >>> made = drawn({(day, "Post"): 3, (day, "Visit"): 1}, day, day + timedelta(days=1))
    >>> [bar.entries for bar in made.bars], [one.key for one in made.series], made.highest
    ([4, 0], ['Post', 'Visit'], 4)
    >>> [(part.series, part.low, part.height) for part in made.bars[0].parts]
    [(0, 0.0, 0.75), (1, 0.75, 0.25)]
    """
    inside = {key: n for key, n in counts.items() if first <= key[0] <= last and n > 0}
    by_key: dict[str, int] = defaultdict(int)
    for (_, key), n in inside.items():
        by_key[key] += n
    ranked = sorted(by_key, key=lambda key: (-by_key[key], key))
    shown = ranked if len(ranked) <= COLOURS else ranked[: COLOURS - 1]
    place = {key: shown.index(key) if key in shown else len(shown) for key in ranked}
    step = _step((last - first).days + 1)
    heaps: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for (day, key), n in inside.items():
        heaps[(day - first).days // step][place[key]] += n
    highest = max((sum(heap.values()) for heap in heaps.values()), default=0)
    bars = [
        _bar(first + timedelta(days=n * step), last, step, heaps[n], highest)
        for n in range(-(-((last - first).days + 1) // step))
    ]
    series = [Series(key, by_key[key]) for key in shown]
    if len(shown) < len(ranked):
        series.append(Series(REST, sum(by_key[key] for key in ranked[len(shown) :])))
    return Chart(tuple(series), tuple(bars), highest, sum(by_key.values()))


def _bar(first: date, last: date, step: int, heap: Mapping[int, int], highest: int) -> Bar:
    parts, low = [], 0
    for series in sorted(heap):
        parts.append(Part(series, heap[series], low / highest, heap[series] / highest))
        low += heap[series]
    return Bar(first, min(last, first + timedelta(days=step - 1)), low, tuple(parts))


def _step(days: int) -> int:
    steps: Sequence[int] = (1, 7, 28)
    return next((step for step in steps if days <= MOST_BARS * step), 364)


def _by_action(conn: Connection, found: Campaign) -> Counts:
    rows = conn.execute(
        select(total.c.local_day, action.c.uid, func.sum(total.c.entries))
        .join(action, action.c.id == total.c.action_id)
        .where(total.c.campaign_id == found.id, total.c.state == State.VALID.value)
        .group_by(total.c.local_day, action.c.uid)
    )
    return {(date.fromisoformat(day), uid): int(n) for day, uid, n in rows}


def _by_source(conn: Connection, found: Campaign) -> Counts:
    """Imported entries by the uid of their source, all others by the kind of their cause."""
    of = select(run.c.id, source.c.uid).join(source, source.c.id == run.c.source_id)
    sources = {row.id: row.uid for row in conn.execute(of.where(run.c.team_id == found.team_id))}
    valid = (entry.c.campaign_id == found.id, entry.c.state == State.VALID.value)
    # Of an import the cause is its run; of others a row for each entry, by which nobody counts.
    # The word stands in the statement: PostgreSQL knows a group again only by the same text.
    imported = entry.c.cause_kind == literal_column("'import'")
    cause = case((imported, entry.c.cause_id), else_=None)
    keys = (entry.c.local_day, entry.c.cause_kind, cause)
    counts: dict[tuple[date, str], int] = defaultdict(int)
    for day, kind, number, n in conn.execute(
        select(*keys, func.count()).where(*valid).group_by(*keys)
    ):
        counts[date.fromisoformat(day), sources.get(number, kind)] += n
    return counts
