"""Events as they are kept: one for one thing that happened, by whichever road it came."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from tombola.api import Proof
from tombola.db.sets import insert_new, members
from tombola.widget.models import event

COLUMNS = (
    "team_id", "campaign_id", "visitor_id", "name", "value", "value_hash", "told", "ref", "period",
    "level", "origin", "at", "expires_at",
)  # fmt: skip

_ORDER = tuple(
    COLUMNS.index(name)
    for name in ("campaign_id", "visitor_id", "name", "told", "period", "ref", "at")
)


@dataclass(frozen=True, slots=True)
class Event:
    """A row of an event; ``told`` and ``ref`` are the two words by which it is known again."""

    team_id: int
    campaign_id: int
    visitor_id: int
    name: str
    value: str | None
    value_hash: str
    told: str
    ref: str | None
    period: str
    level: str
    origin: str | None
    at: datetime
    expires_at: datetime | None

    @property
    def by_value(self) -> tuple[object, ...]:
        """The contract's key: the same value of the same name and person within a period."""
        return (self.campaign_id, self.visitor_id, self.name, self.told, self.period)

    @property
    def by_ref(self) -> tuple[object, ...] | None:
        """The site's own name for the event, if it gave one."""
        if self.ref is None:
            return None
        return (self.campaign_id, self.visitor_id, self.name, self.ref)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written.

    Attributes:
        fresh: numbers of new events.
        raised: numbers of known events that are believed more than before.
        known: number by place in the given sequence, where it was looked for: of those that came
            with a proof or a name of their own.
    """

    fresh: frozenset[int]
    raised: frozenset[int]
    known: Mapping[int, int]


def keep(conn: Connection, events: Sequence[Event]) -> Kept:
    """Write what is new, and let what is known be believed as far as its best report.

    An event with an id is the one of that id; else the one of its value. A report that can be
    believed more than all before it replaces the value, and opens the event for actions that asked
    for more. Idempotent.
    """
    rows = sorted({_row(each) for each in events}, key=_order)
    fresh = frozenset(insert_new(conn, event, COLUMNS, rows))
    asked = {
        place: each
        for place, each in enumerate(events)
        if each.ref is not None or each.level != Proof.BROWSER
    }
    if not asked:
        return Kept(fresh, frozenset(), {})
    stored = _stored(conn, asked.values())
    known: dict[int, int] = {}
    raised: set[int] = set()
    for place, each in asked.items():
        found = stored.get(each.by_ref or ()) or stored[each.by_value]
        known[place] = found["id"]
        if each.ref is not None and found["ref"] is None and each.by_ref not in stored:
            found["ref"] = each.ref
            stored[each.by_ref or ()] = found
            _name(conn, found["id"], each.ref)
        if not Proof(found["level"]).meets(Proof(each.level)):
            _raise(conn, found["id"], each)
            found["level"] = each.level
            raised.add(found["id"])
    return Kept(fresh, frozenset(raised), known)


def _row(each: Event) -> tuple[object, ...]:
    return tuple(getattr(each, name) for name in COLUMNS)


def _order(row: tuple[Any, ...]) -> tuple[object, ...]:
    """The unique keys, so that two writers of PostgreSQL take their locks alike."""
    return tuple("" if row[place] is None else row[place] for place in _ORDER)


def _stored(conn: Connection, asked: Collection[Event]) -> dict[tuple[object, ...], dict[str, Any]]:
    """The rows that these events may be, by either key."""
    rows = conn.execute(
        select(
            event.c.id, event.c.campaign_id, event.c.visitor_id, event.c.name, event.c.told,
            event.c.period, event.c.ref, event.c.level,
        )
        .where(members(conn, event.c.visitor_id, sorted({each.visitor_id for each in asked})))
        .where(members(conn, event.c.campaign_id, sorted({each.campaign_id for each in asked})))
        .where(
            or_(
                members(conn, event.c.told, sorted({each.told for each in asked})),
                members(conn, event.c.ref, sorted({each.ref for each in asked if each.ref})),
            )
        )
    ).mappings()  # fmt: skip
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for row in rows:
        known = dict(row)
        where = (row["campaign_id"], row["visitor_id"], row["name"])
        found[*where, row["told"], row["period"]] = known
        if row["ref"] is not None:
            found[*where, row["ref"]] = known
    return found


def _raise(conn: Connection, number: int, by: Event) -> None:
    """Believe the better report, unless a still better one came meanwhile."""
    lower = [each.value for each in Proof if not each.meets(Proof(by.level))]
    conn.execute(
        event.update()
        .where(event.c.id == number, event.c.level.in_(lower))
        .values(level=by.level, value=by.value, value_hash=by.value_hash, settled_at=None)
    )


def _name(conn: Connection, number: int, ref: str) -> None:
    conn.execute(
        event.update()
        .where(event.c.id == bindparam("number"), event.c.ref.is_(None))
        .values(ref=ref),
        {"number": number},
    )
