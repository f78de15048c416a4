"""From events to entries: at once, when the visitor becomes known, or when the plan allows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select

from tombola.admission import service as admission
from tombola.api import EntryDraft, Proof
from tombola.campaigns.models import campaign
from tombola.campaigns.service import Action
from tombola.db.engine import SET_SIZE
from tombola.db.sets import members
from tombola.entrants.models import identity
from tombola.entries.proofs import strengthen
from tombola.entries.record import load_rules, record
from tombola.installation import Installation
from tombola.widget import gates
from tombola.widget.directory import Directory, Place
from tombola.widget.models import event, visitor


@dataclass(frozen=True, slots=True)
class Happened:
    """An event whose entrant is known.

    Attributes:
        value_hash: of the value; ``told`` of the one that came first.
        level: how far it can be believed.
        at: when it was pushed; its entry counts for that moment.
        expires_at: set while it was pending for nobody; void afterwards.
    """

    id: int
    campaign_id: int
    visitor_id: int
    entrant_id: int
    name: str
    value: str | None
    value_hash: str
    told: str
    period: str
    level: str
    at: datetime
    expires_at: datetime | None


_COLUMNS = (
    event.c.id, event.c.campaign_id, event.c.visitor_id, visitor.c.entrant_id, event.c.name,
    event.c.value, event.c.value_hash, event.c.told, event.c.period, event.c.level, event.c.at,
    event.c.expires_at,
)  # fmt: skip


def unsettled(
    conn: Connection,
    *,
    ids: Collection[int] = (),
    visitors: Collection[int] = (),
    limit: int,
) -> list[Happened]:
    """Events without their entries, by number or visitor, whose visitor is an entrant by now."""
    found: dict[int, Happened] = {}
    for column, wanted in ((event.c.id, ids), (event.c.visitor_id, visitors)):
        if wanted:
            rows = conn.execute(
                _waiting(_COLUMNS)
                .where(members(conn, column, sorted(wanted)))
                .order_by(event.c.id)
                .limit(limit)
            )
            found |= {row[0]: Happened(*row) for row in rows}
    return [found[number] for number in sorted(found)]


def drafts_of(
    conn: Connection, place: Place, happened: Sequence[Happened], now: datetime
) -> list[EntryDraft]:
    """What the events of one campaign ask of the ledger, for those actions that are open."""
    return _drafts(conn, place, happened, _identities(conn, _people(happened)), now)


def _people(happened: Sequence[Happened]) -> set[int]:
    return {each.entrant_id for each in happened}


def _drafts(
    conn: Connection,
    place: Place,
    happened: Sequence[Happened],
    proofs: Mapping[int, int],
    now: datetime,
) -> list[EntryDraft]:
    lands: Mapping[int, str | None] = {}
    if place.free:
        lands = admission.countries(conn, place.campaign.id, _people(happened))
    return [
        EntryDraft(
            action_id=action.id,
            identity_id=proofs[each.entrant_id],
            entrant_id=each.entrant_id,
            key=entry_key(each),
            cause_kind="event",
            cause_id=each.id,
            occurred_at=each.at,
            details={} if each.value is None else {each.name: each.value},
            proof=Proof(each.level),
            alike=alike(each),
        )
        for each in happened
        if each.entrant_id in proofs and not _is_void(each, now)
        for action in place.signals.get(each.name, ())
        if action.id not in place.shut
        and not place.is_hidden(action.id, lands.get(each.entrant_id))
        and Proof(each.level).meets(place.proofs[action.id])
    ]


def settle(
    conn: Connection,
    place: Place,
    happened: Sequence[Happened],
    now: datetime,
    *,
    refused: Mapping[str, str],
) -> None:
    """Record the entries of events of one campaign, inside the caller's write transaction.

    An event is settled when nothing more can come of it; while an action of its name is shut it
    waits, and its own time will count. So does one whose person is being linked at this moment.
    Idempotent by the entries' keys.

    Args:
        conn: The transaction.
        place: The campaign.
        happened: At most ``Database.set_size`` divided by the actions of a name.
        now: The moment.
        refused: Reasons by entry key, from the gates.
    """
    if not happened:
        return
    proofs = _identities(conn, _people(happened))
    drafts = _drafts(conn, place, happened, proofs, now)
    if drafts:
        rules = load_rules(conn, place.campaign.id)
        size = SET_SIZE[conn.dialect.name]
        for start in range(0, len(drafts), size):
            some = drafts[start : start + size]
            strengthen(conn, some, record(conn, some, rules, now, refused=refused))
    ended = {
        each.id
        for each in happened
        if _is_void(each, now) or (each.entrant_id in proofs and not _waits(place, each))
    }
    waiting = {each.id for each in happened} - ended
    _mark(conn, ended, settled_at=now)
    _mark(conn, waiting, expires_at=None)


def claim(
    inst: Installation, directory: Directory, team_id: int, visitors: Collection[int]
) -> None:
    """Give visitors who have just become an entrant what they did before, in all campaigns."""
    with inst.db.read() as conn:
        waiting = unsettled(conn, visitors=visitors, limit=inst.db.set_size)
        keys = _keys(conn, team_id, {each.campaign_id for each in waiting})
    for campaign_id, key in keys.items():
        place = directory.get(key)
        if place is not None:
            _settle_some(inst, place, [e for e in waiting if e.campaign_id == campaign_id])


def settle_all(inst: Installation, directory: Directory) -> bool:
    """Look through the campaigns that have events waiting, and settle those that may be.

    Returns:
        Whether a full set was settled somewhere, so that more may wait.
    """
    with inst.db.read() as conn:
        keys = conn.execute(
            _waiting((campaign.c.key,)).distinct().order_by(campaign.c.key)
        ).scalars()
        waiting = keys.all()
    places = [place for key in waiting if (place := directory.get(key)) is not None]
    more = False
    for place in places:
        closed = [name for name, some in place.signals.items() if _any_shut(place, some)]
        with inst.db.read() as conn:
            rows = conn.execute(
                _waiting(_COLUMNS)
                .where(event.c.campaign_id == place.campaign.id)
                .where(~members(conn, event.c.name, closed))
                .order_by(event.c.id)
                .limit(inst.db.set_size)
            )
            happened = [Happened(*row) for row in rows]
        _settle_some(inst, place, happened)
        more = more or len(happened) == inst.db.set_size
    return more


def _settle_some(inst: Installation, place: Place, happened: Sequence[Happened]) -> None:
    if not happened:
        return
    now = inst.clock()
    with inst.db.read() as conn:
        drafts = drafts_of(conn, place, happened, now)
    refused = gates.refusals(inst, place.team, place.view, drafts)
    with inst.db.write() as conn:
        # Read again: a link may have moved these people's browsers since.
        numbers = [each.id for each in happened]
        still = unsettled(conn, ids=numbers, limit=len(numbers))
        settle(conn, place, still, now, refused=refused)


def entry_key(each: Happened) -> str:
    """The same for the same push of the same person from any of their browsers."""
    told = sha256(f"{each.name}\0{each.told}".encode()).hexdigest()[:32]
    return f"push:{each.entrant_id}:{each.period}:{told}"


def alike(each: Happened) -> str | None:
    """The same for the same value of the same name, whoever reported it; None without a value."""
    if each.value is None:
        return None
    return sha256(f"event\0{each.name}\0{each.value_hash}".encode()).hexdigest()[:32]


def _waiting(columns: Sequence[Any]) -> Any:
    """Events whose entrant is known, and has shown and said what the campaign asks for first."""
    proven = exists().where(
        identity.c.entrant_id == visitor.c.entrant_id, identity.c.proven_at.is_not(None)
    )
    return (
        select(*columns)
        .join_from(event, visitor, visitor.c.id == event.c.visitor_id)
        .join(campaign, campaign.c.id == event.c.campaign_id)
        .where(event.c.settled_at.is_(None), visitor.c.entrant_id.is_not(None))
        .where(or_(campaign.c.confirm_email.is_(False), proven))
        .where(admission.is_admitted(visitor.c.entrant_id))
    )


def _identities(conn: Connection, entrants: Collection[int]) -> dict[int, int]:
    """The first identity of each entrant; one whose identities have all moved away has none."""
    rows = conn.execute(
        select(identity.c.entrant_id, func.min(identity.c.id))
        .where(members(conn, identity.c.entrant_id, sorted(entrants)))
        .group_by(identity.c.entrant_id)
    )
    return {row[0]: row[1] for row in rows}


def _is_void(each: Happened, now: datetime) -> bool:
    return each.expires_at is not None and each.expires_at <= now


def _waits(place: Place, each: Happened) -> bool:
    return any(action.id in place.shut for action in place.signals.get(each.name, ()))


def _any_shut(place: Place, some: Sequence[Action]) -> bool:
    return any(action.id in place.shut for action in some)


def _mark(conn: Connection, ids: Collection[int], **values: datetime | None) -> None:
    if ids:
        conn.execute(event.update().where(members(conn, event.c.id, sorted(ids))).values(**values))


def _keys(conn: Connection, team_id: int, campaigns: Collection[int]) -> dict[int, str]:
    rows = conn.execute(
        select(campaign.c.id, campaign.c.key).where(
            campaign.c.team_id == team_id, members(conn, campaign.c.id, sorted(campaigns))
        )
    )
    return {row[0]: row[1] for row in rows}
