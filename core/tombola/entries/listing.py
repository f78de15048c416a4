"""The Actions tab's list: pages of entries by keyset, with who, what and the picture."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    func,
    literal,
    select,
    tuple_,
)

from tombola.api import NotFound, Proof
from tombola.campaigns.models import action
from tombola.campaigns.service import Campaign, of_team
from tombola.db.rows import first
from tombola.db.sets import members
from tombola.entrants.models import entrant, identity
from tombola.entrants.service import ITEM, VISITOR
from tombola.entries.filters import Filter, conditions
from tombola.entries.models import entry, entry_change, ledger_event, participation, total
from tombola.entries.rules import State
from tombola.importing.models import item, media
from tombola.installation import Installation
from tombola.teams.models import member
from tombola.teams.rules import Actor, Role
from tombola.web.i18n import gettext as _

PAGE = 50
#: Kinds of identities that no network gave: their values say nothing to anybody.
NO_ACCOUNTS = frozenset({"email", ITEM, VISITOR})


class Position(BaseModel):
    """Where a page ends: the last line's own time and number."""

    model_config = ConfigDict(frozen=True)

    sort_at: datetime
    id: int


class Twin(BaseModel):
    """The newest entry of somebody else that tells the same."""

    model_config = ConfigDict(frozen=True)

    uid: str
    #: Empty where nothing is known of them.
    who: str


class Line(BaseModel):
    """One entry as the Actions tab shows it. Times are aware, in UTC."""

    model_config = ConfigDict(frozen=True)

    id: int
    uid: str
    who: str
    #: The entrant's uid.
    person: str
    handle: str | None
    network: str
    claimed: bool
    action: str
    action_type: str
    details: dict[str, str]
    text: str
    permalink: str | None
    #: The picture's uid, when one is kept and shown.
    picture: str | None
    picture_alt: str
    occurred_at: datetime | None
    sort_at: datetime
    recorded_at: datetime
    worth: int
    state: State
    reason: str | None
    cause: str
    #: How far the reported event behind it can be believed.
    proof: Proof | None = None
    twin: Twin | None = None


class Page(BaseModel):
    """Some lines, newest own time first, and where the next ones begin (None: there are none)."""

    model_config = ConfigDict(frozen=True)

    lines: list[Line]
    next: Position | None


class Totals(BaseModel):
    """What a campaign holds, from the totals that move with the ledger."""

    model_config = ConfigDict(frozen=True)

    entries: int
    worth: int
    entrants: int
    by_state: dict[str, int]


class Step(BaseModel):
    """One line of an entry's history."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    kind: str
    from_state: str | None
    to_state: str
    reason: str | None
    #: The member who did it; empty for what nobody of the team did.
    by: str = ""


def page(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    wanted: Filter | None = None,
    after: Position | None = None,
    size: int = PAGE,
) -> Page:
    """One page of a campaign's entries, by their own time, newest first.

    Args:
        inst: The installation.
        actor: A viewer or more; another team's campaign is not found.
        campaign_uid: The campaign.
        wanted: What to narrow to.
        after: Where the page before ended. A later page costs what the first one does.
        size: Lines, at most 500.
    """
    actor.need(Role.VIEWER)
    chosen = wanted or Filter()
    with inst.db.read() as conn:
        return page_of(conn, of_team(conn, actor, campaign_uid), chosen, after, min(size, 500))


def page_of(
    conn: Connection, found: Campaign, wanted: Filter, after: Position | None, size: int
) -> Page:
    """The same for callers that hold a transaction."""
    rows = conn.execute(query_of(conn, found, wanted, after, size + 1)).mappings().all()
    shown = rows[:size]
    more = len(rows) > len(shown)
    last = Position(sort_at=shown[-1]["sort_at"], id=shown[-1]["id"]) if more else None
    return Page(lines=_lines(conn, shown), next=last)


def query_of(
    conn: Connection, found: Campaign, wanted: Filter, after: Position | None, limit: int
) -> Select[Any]:
    """The rows of a page: one walk down an index, wherever it begins."""
    query = select(entry).where(*conditions(conn, found, wanted))
    if after is not None:
        # A row value keeps the index range; the same written with OR reads the whole campaign.
        query = query.where(tuple_(entry.c.sort_at, entry.c.id) < _place(after))
    return query.order_by(entry.c.sort_at.desc(), entry.c.id.desc()).limit(limit)


def one(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> tuple[Line, list[Step]]:
    """One entry and its history, oldest first. Raises NotFound."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        mine = (entry.c.campaign_id == found.id, entry.c.uid == uid)
        row = first(conn, select(entry).where(*mine))
        if row is None:
            raise NotFound("There is no such entry.")
        return _lines(conn, [row])[0], _history(conn, row)


def totals(inst: Installation, actor: Actor, campaign_uid: str) -> Totals:
    """What a campaign holds; costs the same for ten entries and for ten million."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        return totals_of(conn, of_team(conn, actor, campaign_uid).id)


def totals_of(conn: Connection, campaign_id: int) -> Totals:
    """The same for callers that hold a transaction."""
    rows = conn.execute(
        select(total.c.state, func.sum(total.c.entries), func.sum(total.c.worth))
        .where(total.c.campaign_id == campaign_id)
        .group_by(total.c.state)
    )
    by_state = {state: (int(count), int(worth)) for state, count, worth in rows}
    people = conn.execute(
        select(func.count()).where(
            participation.c.campaign_id == campaign_id, participation.c.entries > 0
        )
    ).scalar_one()
    valid = by_state.get(State.VALID, (0, 0))
    counts = {state: count for state, (count, _) in sorted(by_state.items())}
    return Totals(entries=valid[0], worth=valid[1], entrants=people, by_state=counts)


def _place(after: Position) -> Any:
    return tuple_(literal(after.sort_at, entry.c.sort_at.type), literal(after.id))


def _lines(conn: Connection, rows: Sequence[RowMapping]) -> list[Line]:
    actions = _by_id(
        conn, select(action.c.id, action.c.title, action.c.type_key), rows, "action_id"
    )
    people = _by_id(conn, select(entrant), rows, "entrant_id")
    known = _by_id(conn, select(identity), rows, "identity_id")
    items = _by_id(conn, select(item.c.id, item.c.text, item.c.permalink), rows, "item_id")
    pictures = _pictures(conn, [row["item_id"] for row in rows if row["item_id"]])
    twins = _twins(conn, [row["id"] for row in rows if row["alike"] is not None])
    return [
        _line(
            row,
            actions[row["action_id"]],
            people[row["entrant_id"]],
            known[row["identity_id"]],
            items.get(row["item_id"]),
            pictures.get(row["item_id"]),
            twins.get(row["id"]),
        )
        for row in rows
    ]


def _by_id(
    conn: Connection, query: Select[Any], rows: Sequence[RowMapping], name: str
) -> dict[int, RowMapping]:
    ids = sorted({row[name] for row in rows if row[name] is not None})
    column = query.selected_columns.id
    found = conn.execute(query.where(members(conn, column, ids))).mappings()
    return {row["id"]: row for row in found}


def _pictures(conn: Connection, item_ids: Sequence[int]) -> dict[int, RowMapping]:
    """The first picture of each item that is kept and not hidden."""
    kept = (
        members(conn, media.c.item_id, sorted(set(item_ids))),
        media.c.sha256.is_not(None),
        media.c.review != "hidden",
    )
    columns = (media.c.item_id, media.c.uid, media.c.alt)
    rows = conn.execute(select(*columns).where(*kept).order_by(media.c.position.desc()))
    return {row["item_id"]: row for row in rows.mappings()}


def _twins(conn: Connection, entry_ids: Sequence[int]) -> dict[int, Twin]:
    """Who else told the same, by entry: one step into an index for each, however many did."""
    if not entry_ids:
        return {}
    other = entry.alias()
    newest = (
        select(other.c.id)
        .where(
            other.c.campaign_id == entry.c.campaign_id,
            other.c.alike == entry.c.alike,
            other.c.entrant_id != entry.c.entrant_id,
        )
        .order_by(other.c.sort_at.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    asked = select(entry.c.id, newest).where(members(conn, entry.c.id, entry_ids))
    pairs = {row[0]: row[1] for row in conn.execute(asked) if row[1] is not None}
    who = func.coalesce(entrant.c.name, identity.c.name, identity.c.handle, "").label("who")
    rows = conn.execute(
        select(entry.c.id, entry.c.uid, who)
        .join_from(entry, entrant, entrant.c.id == entry.c.entrant_id)
        .join(identity, identity.c.id == entry.c.identity_id)
        .where(members(conn, entry.c.id, sorted(set(pairs.values()))))
    )
    others = {row.id: Twin(uid=row.uid, who=row.who) for row in rows}
    return {number: others[twin] for number, twin in pairs.items()}


def _line(
    row: RowMapping,
    of: RowMapping,
    person: RowMapping,
    known: RowMapping,
    post: RowMapping | None,
    picture: RowMapping | None,
    twin: Twin | None,
) -> Line:
    handle = known["handle"]
    return Line(
        id=row["id"],
        uid=row["uid"],
        who=_called(person, known),
        person=person["uid"],
        handle=handle,
        network=known["kind"],
        claimed=person["kind"] == "person",
        action=of["title"],
        action_type=of["type_key"],
        details=row["details"],
        text=post["text"] if post else "",
        permalink=post["permalink"] if post else None,
        picture=picture["uid"] if picture else None,
        picture_alt=picture["alt"] if picture else "",
        occurred_at=row["occurred_at"],
        sort_at=row["sort_at"],
        recorded_at=row["recorded_at"],
        worth=row["worth"],
        state=State(row["state"]),
        reason=row["reason"],
        cause=row["cause_kind"],
        proof=Proof(row["proof"]) if row["proof"] else None,
        twin=twin,
    )


def _called(person: RowMapping, known: RowMapping) -> str:
    """What to call whoever an entry counts for; "" for a post that nobody has claimed."""
    if person["erased_at"] is not None:
        return _("erased person")
    return person["name"] or known["name"] or known["handle"] or _number(known)


def _number(known: RowMapping) -> str:
    """What the network calls an author whose names are unknown; empty for what is no account."""
    return known["value"] if known["kind"] not in NO_ACCOUNTS else ""


def _history(conn: Connection, row: RowMapping) -> list[Step]:
    recorded = first(conn, select(ledger_event).where(ledger_event.c.id == row["event_id"]))
    changes = conn.execute(
        select(
            entry_change, ledger_event.c.at, ledger_event.c.kind, ledger_event.c.reason,
            func.coalesce(member.c.name, "").label("by"),
        )
        .join(ledger_event, ledger_event.c.id == entry_change.c.event_id)
        .outerjoin(member, member.c.id == ledger_event.c.member_id)
        .where(entry_change.c.entry_id == row["id"])
        .order_by(ledger_event.c.n)
    ).mappings()  # fmt: skip
    later = [
        Step(
            at=change["at"],
            kind=change["kind"],
            from_state=change["from_state"],
            to_state=change["to_state"],
            reason=change["reason"],
            by=change["by"],
        )
        for change in changes
    ]
    state = later[0].from_state if later else row["state"]
    at = recorded["at"] if recorded else row["recorded_at"]
    begin = Step(at=at, kind="record", from_state=None, to_state=state or "", reason=None)
    return [begin, *later]
