"""A set of reports in one transaction: visitors, events, near misses, entries of the known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from tombola.installation import Installation
from tombola.toolkit.redaction import redacted
from tombola.widget import events, gates, idempotency, misses, nonces, settle, visitors
from tombola.widget.directory import Directory
from tombola.widget.events import Event
from tombola.widget.parts import (
    Arrival,
    Judged,
    Part,
    Posted,
    judged,
    parts_of_post,
    parts_of_push,
    value_hash,
)
from tombola.widget.rules import lasting
from tombola.widget.visitors import Visitor

#: What a visitor is known by here: the hash of a page's name for them, or the widget's number.
Who = str | int


def keep(inst: Installation, directory: Directory, arrivals: Sequence[Arrival | Posted]) -> None:
    """Store a set of reports and record the entries of those whose entrant is known.

    One write transaction; idempotent, since events and entries both have keys of their own.
    Campaigns that do not exist leave no trace.
    """
    pushed = [
        part
        for arrival in arrivals
        if isinstance(arrival, Arrival)
        for part in parts_of_push(inst, directory, arrival)
    ]
    posted = [arrival for arrival in arrivals if isinstance(arrival, Posted)]
    told = {id(each): list(parts_of_post(each)) for each in posted}
    everything = [*pushed, *(part for parts in told.values() for part in parts)]
    if not everything:
        return
    now = inst.clock()
    refused = _refused(inst, everything, now)
    with inst.db.write() as conn:
        mine = idempotency.claim(conn, posted)
        parts = [*pushed, *(part for each in mine for part in told[id(each)])]
        bound = _keep_parts(inst, conn, parts, now, refused=refused, mine=mine)
        idempotency.answer(conn, posted, mine)
    for team_id in sorted({visitor.team_id for visitor in bound}):
        # The gates have not been asked about what these did before they were known.
        of_team = {number for each in bound if each.team_id == team_id for number in _of(each)}
        settle.claim(inst, directory, team_id, of_team)


def _keep_parts(
    inst: Installation,
    conn: Connection,
    parts: Sequence[Part],
    now: datetime,
    *,
    refused: Mapping[str, str],
    mine: Sequence[Posted],
) -> list[Visitor]:
    """Write parts, and what became of the posts in ``mine``. The visitors known through a link."""
    met = _meet(conn, parts, now)
    bound = _bind(conn, parts, met)
    weighed = [judged(part, pushed, met[_who(part)]) for part in parts for pushed in part.events]
    weighed = nonces.spend(conn, weighed)
    counting = [each for each in weighed if each.counts]
    kept = events.keep(conn, [_event(inst, each, met[_who(each.part)]) for each in counting])
    # Of nobody who is known there is nothing to record, which is what most sets hold.
    somebody = any(each.entrant_id is not None for each in met.values())
    ids = kept.fresh | kept.raised if somebody else frozenset[int]()
    happened = settle.unsettled(conn, ids=ids, limit=inst.db.set_size)
    late = {number for each in bound for number in _of(each)}
    places = {part.place.campaign.id: part.place for part in parts}
    for number, place in sorted(places.items()):
        here = [e for e in happened if e.campaign_id == number and e.visitor_id not in late]
        settle.settle(conn, place, here, now, refused=refused)
    misses.note(conn, parts, weighed, now)
    if mine:
        became = {
            id(each.part): kept.known[place] in kept.fresh
            for place, each in enumerate(counting)
            if place in kept.known
        }
        people = {id(part): met[_who(part)].entrant_id is not None for part in parts if part.events}
        _tell(mine, parts, became, people)
    return bound


def _tell(
    mine: Sequence[Posted],
    parts: Sequence[Part],
    became: Mapping[int, bool],
    people: Mapping[int, bool],
) -> None:
    """Write into each post what became of its events, whose parts stand at the end, in order."""
    from_posts = iter(parts[len(parts) - sum(len(each.events) for each in mine) :])
    for posted in mine:
        posted.answer = []
        for told, part in zip(posted.events, from_posts, strict=False):
            said = {"name": told.pushed.name}
            if told.pushed.ref is not None:
                said["event_id"] = told.pushed.ref
            if id(part) not in became:
                posted.answer.append(said | {"result": "unmatched"})
                continue
            said["result"] = "new" if became[id(part)] else "known"
            said["person"] = "known" if people[id(part)] else "waiting"
            posted.answer.append(said)


def _who(part: Part) -> Who:
    return part.hashed if part.hashed is not None else part.widget_id or 0


def _of(visitor: Visitor) -> set[int]:
    return {visitor.id, visitor.root_id}


def _meet(conn: Connection, parts: Iterable[Part], now: datetime) -> dict[Who, Visitor]:
    teams = {
        part.hashed: part.place.campaign.team_id
        for part in parts
        if part.hashed is not None and (part.events or part.linked_to is not None)
    }
    numbers = {part.widget_id for part in parts if part.widget_id is not None}
    met: dict[Who, Visitor] = {}
    met.update(visitors.meet(conn, teams, now).items())
    if numbers:
        met.update(visitors.by_number(conn, numbers).items())
    return met


def _bind(conn: Connection, parts: Iterable[Part], met: dict[Who, Visitor]) -> list[Visitor]:
    """Follow the link tokens; the visitors that are known through one. Changes ``met``."""
    bound: dict[Who, Visitor] = {}
    for part in parts:
        if part.linked_to is not None:
            who = _who(part)
            met[who] = bound[who] = visitors.bind(conn, met[who], part.linked_to, part.link)
    return list(bound.values())


def _event(inst: Installation, each: Judged, visitor: Visitor) -> Event:
    part, pushed = each.part, each.pushed
    period, ends = lasting(part.place.intervals(pushed.name), part.at, part.place.zone)
    value, hashed = _kept_value(inst, part, pushed.name, pushed.value)
    return Event(
        team_id=part.place.campaign.team_id,
        campaign_id=part.place.campaign.id,
        visitor_id=visitor.root_id,
        name=pushed.name,
        value=value,
        value_hash=hashed,
        told=hashed,
        ref=pushed.ref,
        period=period,
        level=each.level.value,
        origin=part.origin,
        at=part.at,
        # Pending for nobody in particular it is void after its period; of somebody known, never.
        expires_at=ends if visitor.entrant_id is None else None,
    )


def _kept_value(
    inst: Installation, part: Part, name: str, value: str | None
) -> tuple[str | None, str]:
    """A value as it is kept, and what tells it from others."""
    if value is None or name not in part.place.redacted:
        return value, value_hash(value)
    shown = redacted(value)
    return shown, value_hash(value, inst.vault.derived("redaction") if shown != value else None)


def _refused(inst: Installation, parts: Sequence[Part], now: datetime) -> dict[str, str]:
    """Ask the gates about what may be going to be recorded, before the transaction."""
    if not inst.plugins.listeners("gate_entries"):
        return {}
    refused: dict[str, str] = {}
    with inst.db.read() as conn:
        hashes = {part.hashed for part in parts if part.hashed is not None}
        numbers = {part.widget_id for part in parts if part.widget_id is not None}
        known: dict[Who, Visitor] = {}
        known.update(visitors.find(conn, hashes).items())
        known.update(visitors.by_number(conn, numbers).items())
        asked: dict[str, list[settle.Happened]] = defaultdict(list)
        for part in parts:
            visitor = known.get(_who(part))
            if visitor is not None and visitor.entrant_id is not None:
                asked[part.place.campaign.key] += _expected(inst, part, visitor)
        places = {part.place.campaign.key: part.place for part in parts}
        drafts = {
            key: settle.drafts_of(conn, places[key], happened, now)
            for key, happened in asked.items()
        }
    for key, of_campaign in drafts.items():
        place = places[key]
        refused |= gates.refusals(inst, place.team, place.view, of_campaign)
    return refused


def _expected(inst: Installation, part: Part, visitor: Visitor) -> Iterator[settle.Happened]:
    for pushed in part.events:
        each = _event(inst, judged(part, pushed, visitor), visitor)
        yield settle.Happened(
            id=0, campaign_id=each.campaign_id, visitor_id=0, entrant_id=visitor.entrant_id or 0,
            name=each.name, value=each.value, value_hash=each.value_hash, told=each.told,
            period=each.period, level=each.level, at=each.at, expires_at=None,
        )  # fmt: skip
