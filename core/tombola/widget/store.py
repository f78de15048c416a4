"""A set of pushes in one transaction: visitors, events, near misses, entries of the known."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from tombola.db.sets import insert_new
from tombola.installation import Installation
from tombola.widget import gates, settle, visitors
from tombola.widget.directory import Directory, Place
from tombola.widget.models import event, near_miss
from tombola.widget.rules import LONGEST_NAME, Miss, Push, Pushed, excess, lasting, resolve
from tombola.widget.tokens import linked_visitor, page_hash
from tombola.widget.visitors import Visitor

#: Different names that a campaign's list of near misses holds; a page gone wild adds no more.
MOST_MISSES = 200
LEVEL_BROWSER = "browser"

_EVENT = (
    "team_id", "campaign_id", "visitor_id", "name", "value", "value_hash", "period", "level",
    "origin", "at", "expires_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrival:
    """A push as it reached us.

    Attributes:
        origin: the page's site, as its browser says.
        at: when it came.
    """

    push: Push
    origin: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Part:
    """What one push means for one campaign."""

    place: Place
    hashed: str
    events: tuple[Pushed, ...]
    misses: tuple[tuple[str, Miss], ...]
    linked_to: int | None
    arrival: Arrival


def keep(inst: Installation, directory: Directory, arrivals: Sequence[Arrival]) -> None:
    """Store a set of pushes and record the entries of those whose entrant is known.

    One write transaction; idempotent, since events and entries both have keys of their own.
    Campaigns that do not exist leave no trace.
    """
    parts = [part for arrival in arrivals for part in _parts(inst, directory, arrival)]
    if not parts:
        return
    now = inst.clock()
    refused = _refused(inst, parts, now)
    with inst.db.write() as conn:
        met = _meet(conn, parts, now)
        bound = _bind(conn, parts, met)
        fresh = insert_new(conn, event, _EVENT, _rows(parts, met))
        happened = settle.unsettled(conn, ids=fresh, limit=inst.db.set_size)
        places = {part.place.campaign.id: part.place for part in parts}
        for number, place in sorted(places.items()):
            mine = [
                each
                for each in happened
                if each.campaign_id == number and each.visitor_id not in bound
            ]
            settle.settle(conn, place, mine, now, refused=refused)
        _note_misses(conn, parts, now)
    for team_id in sorted({visitor.team_id for visitor in bound.values()}):
        # The gates have not been asked about what these did before they were known.
        of_team = {number for number, each in bound.items() if each.team_id == team_id}
        settle.claim(inst, directory, team_id, of_team)


def _parts(inst: Installation, directory: Directory, arrival: Arrival) -> Iterator[_Part]:
    push = arrival.push
    for key in push.keys:
        place = directory.get(key)
        if place is None:
            continue
        events: list[Pushed] = []
        misses: list[tuple[str, Miss]] = []
        for pushed in resolve(push.events, place.signals):
            miss = excess(pushed) or (None if pushed.name in place.signals else Miss.UNKNOWN)
            if miss is None:
                events.append(pushed)
            else:
                misses.append((pushed.name[:LONGEST_NAME], miss))
        linked = push.token and linked_visitor(inst.vault, push.token, key, arrival.at)
        yield _Part(
            place=place,
            hashed=page_hash(place.campaign.team_id, push.visitor),
            events=tuple(events),
            misses=tuple(misses),
            linked_to=linked or None,
            arrival=arrival,
        )


def _meet(conn: Connection, parts: Iterable[_Part], now: datetime) -> dict[str, Visitor]:
    teams = {
        part.hashed: part.place.campaign.team_id
        for part in parts
        if part.events or part.linked_to is not None
    }
    return visitors.meet(conn, teams, now)


def _bind(conn: Connection, parts: Iterable[_Part], met: dict[str, Visitor]) -> dict[int, Visitor]:
    """Follow the link tokens; the visitors that are known through one. Changes ``met``."""
    bound = {}
    for part in parts:
        if part.linked_to is not None:
            page = visitors.bind(conn, met[part.hashed], part.linked_to)
            met[part.hashed] = bound[page.id] = page
    return bound


def _rows(parts: Iterable[_Part], met: Mapping[str, Visitor]) -> list[tuple[object, ...]]:
    """Rows of events, in the order of their unique key."""
    rows = [_row(part, pushed, met[part.hashed]) for part in parts for pushed in part.events]
    return sorted(rows, key=lambda row: (row[1], row[2], row[3], row[5], row[6]))


def _row(part: _Part, pushed: Pushed, visitor: Visitor) -> tuple[object, ...]:
    at = part.arrival.at
    period, ends = lasting(part.place.intervals(pushed.name), at, part.place.zone)
    return (
        part.place.campaign.team_id, part.place.campaign.id, visitor.id, pushed.name,
        pushed.value, value_hash(pushed.value), period, LEVEL_BROWSER, part.arrival.origin, at,
        # Pending for nobody in particular it is void after its period; of somebody known, never.
        ends if visitor.entrant_id is None else None,
    )  # fmt: skip


def value_hash(value: str | None) -> str:
    """What tells values apart in a key; no value is another one than an empty one."""
    return "" if value is None else sha256(value.encode()).hexdigest()


def _refused(inst: Installation, parts: Sequence[_Part], now: datetime) -> dict[str, str]:
    """Ask the gates about what is going to be recorded, before the transaction."""
    if not inst.plugins.listeners("gate_entries"):
        return {}
    refused: dict[str, str] = {}
    with inst.db.read() as conn:
        known = visitors.find(conn, {part.hashed for part in parts})
        asked: dict[str, list[settle.Happened]] = defaultdict(list)
        for part in parts:
            visitor = known.get(part.hashed)
            if visitor is not None and visitor.entrant_id is not None:
                asked[part.place.campaign.key] += _expected(part, visitor.entrant_id)
        places = {part.place.campaign.key: part.place for part in parts}
        drafts = {
            key: settle.drafts_of(conn, places[key], happened, now)
            for key, happened in asked.items()
        }
    for key, of_campaign in drafts.items():
        place = places[key]
        refused |= gates.refusals(inst, place.team, place.view, of_campaign)
    return refused


def _expected(part: _Part, entrant_id: int) -> Iterator[settle.Happened]:
    at = part.arrival.at
    for pushed in part.events:
        period, _ = lasting(part.place.intervals(pushed.name), at, part.place.zone)
        yield settle.Happened(
            id=0, campaign_id=part.place.campaign.id, visitor_id=0, entrant_id=entrant_id,
            name=pushed.name,
            value=pushed.value, value_hash=value_hash(pushed.value), period=period, at=at,
            expires_at=None,
        )  # fmt: skip


def _note_misses(conn: Connection, parts: Iterable[_Part], now: datetime) -> None:
    counted = Counter(
        (part.place.campaign.team_id, part.place.campaign.id, name, miss)
        for part in parts
        for name, miss in part.misses
    )
    for (team_id, campaign_id, name, miss), times in sorted(counted.items()):
        if _has_room(conn, campaign_id, name, miss):
            _note(conn, team_id, campaign_id, name, miss, times, now)


def _has_room(conn: Connection, campaign_id: int, name: str, miss: Miss) -> bool:
    here = near_miss.c.campaign_id == campaign_id
    count, known = conn.execute(
        select(
            func.count(),
            func.count().filter(near_miss.c.name == name, near_miss.c.reason == miss.value),
        ).where(here)
    ).one()
    return bool(known) or count < MOST_MISSES


def _note(
    conn: Connection,
    team_id: int,
    campaign_id: int,
    name: str,
    miss: Miss,
    times: int,
    now: datetime,
) -> None:
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(near_miss).values(
        team_id=team_id, campaign_id=campaign_id, name=name, reason=miss.value, times=times,
        first_at=now, last_at=now,
    )  # fmt: skip
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[near_miss.c.campaign_id, near_miss.c.name, near_miss.c.reason],
            set_={"times": near_miss.c.times + statement.excluded.times, "last_at": now},
        )
    )
