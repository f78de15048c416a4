"""Entrants and the identities that they are known by."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, select

from tombola.api import Busy, Identity, NotFound
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.db.sets import insert_new, members, update_each
from tombola.entrants.codes import EMAIL
from tombola.entrants.models import entrant, identity

#: The kind of an identity that is the item itself, where the network gives no author.
ITEM = "item"
#: The kind of an identity that is a browser, known again by its cookie.
VISITOR = "visitor"
#: The kind of an identity that a team's own program has named.
EXTERNAL = "external"


class Known(BaseModel):
    """A row of ``identity``: who it is there, and which entrant it counts for here."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    entrant_id: int
    kind: str
    value: str
    handle: str | None = None
    name: str | None = None
    proven_at: datetime | None = None
    consented_at: datetime | None = None

    @property
    def api(self) -> Identity:
        """The same as plugins see it."""
        return Identity(self.kind, self.value, self.handle, self.name)


class Entrant(BaseModel):
    """A person (or an unclaimed item) that entries count for."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    kind: str
    name: str | None = None
    email: str | None = None
    created_at: datetime
    erased_at: datetime | None = None


def resolve(
    conn: Connection, team_id: int, authors: Sequence[Identity], now: datetime
) -> dict[tuple[str, str], Known]:
    """Give each author an identity and an entrant, known ones theirs and new ones fresh ones.

    Idempotent by (team, kind, value). Handles and display names are refreshed to what was seen
    last; neither is ever compared. At most ``Database.set_size`` authors a call.

    Args:
        conn: A short write transaction of its own, before the set that is recorded.
        team_id: The team they belong to.
        authors: Any order, repeats allowed; ``provider`` becomes the kind.
        now: The moment, for what is new.

    Returns:
        The identity by (kind, value).
    """
    wanted = {(author.provider, author.uid): author for author in authors}
    known = _find(conn, team_id, wanted)
    missing = sorted(key for key in wanted if key not in known)
    if missing:
        _create(conn, team_id, [wanted[key] for key in missing], now)
        known = _find(conn, team_id, wanted)
    _refresh_names(conn, known, wanted)
    return known


def find(conn: Connection, team_id: int, kind: str, value: str) -> Known | None:
    """The identity of that name, or None."""
    return _find(conn, team_id, [(kind, value)]).get((kind, value))


def by_id(conn: Connection, team_id: int, identity_id: int) -> Known | None:
    """The identity of that number, or None for another team's."""
    mine = (identity.c.team_id == team_id, identity.c.id == identity_id)
    row = first(conn, select(identity).where(*mine))
    return None if row is None else Known.model_validate(row)


def get(conn: Connection, team_id: int, entrant_id: int) -> Entrant:
    """One entrant. Raises NotFound for another team's."""
    row = (
        conn.execute(
            select(entrant).where(entrant.c.team_id == team_id, entrant.c.id == entrant_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("There is no such entrant.")
    return Entrant.model_validate(row)


def identities_of(conn: Connection, team_id: int, entrant_id: int) -> list[Known]:
    """The identities that count for an entrant, oldest first."""
    rows = conn.execute(
        select(identity)
        .where(identity.c.team_id == team_id, identity.c.entrant_id == entrant_id)
        .order_by(identity.c.id)
    ).mappings()
    return [Known.model_validate(row) for row in rows]


def create_person(
    conn: Connection, team_id: int, name: str | None, email: str | None, now: datetime
) -> Entrant:
    """Make an entrant for a person. An e-mail address is only what the person gave."""
    values = {"uid": new_uid(now), "kind": "person", "name": name, "email": email}
    number = insert_one(conn, entrant, team_id=team_id, created_at=now, **values)
    return Entrant.model_validate({"id": number, "created_at": now, **values})


def enter(
    conn: Connection,
    team_id: int,
    visitor_id: int,
    name: str | None,
    email: str | None,
    now: datetime,
) -> Known:
    """Make an entrant of a visitor who gave a name or an e-mail address, or both.

    The address is kept as given and never compared with anyone's: until it is confirmed it proves
    nothing, and a stranger who types it must not become its owner. Idempotent by the visitor.
    """
    known = find(conn, team_id, VISITOR, str(visitor_id))
    if known is not None:
        return known
    person = create_person(conn, team_id, name, email, now)
    known = attach(conn, team_id, Identity(VISITOR, str(visitor_id), name=name), person.id, now)
    if known.entrant_id != person.id:  # a double click: the other one was first
        conn.execute(entrant.delete().where(entrant.c.id == person.id))
    return known


def attach(conn: Connection, team_id: int, seen: Identity, entrant_id: int, now: datetime) -> Known:
    """Give an entrant an identity that nobody had before.

    Returns:
        The identity. Where somebody else was quicker it is theirs, as its ``entrant_id`` says.
    """
    values = {
        "uid": new_uid(now), "team_id": team_id, "entrant_id": entrant_id,
        "kind": seen.provider, "value": seen.uid, "handle": seen.handle, "name": seen.name,
    }  # fmt: skip
    insert_new(conn, identity, (*values, "created_at"), [(*values.values(), now)])
    known = find(conn, team_id, seen.provider, seen.uid)
    if known is None:
        raise Busy(timedelta(seconds=1))  # the quicker one is not committed where we may see it
    return known


def prove(conn: Connection, known: Known, now: datetime, *, consented: bool) -> Known:
    """Keep that the person has proven this identity (a log-in, a confirmed address).

    Idempotent; the first proof's moment stays. ``consented`` says whether the person agreed to
    their accounts being linked, which some networks ask for.
    """
    values = {
        "proven_at": known.proven_at or now,
        "consented_at": known.consented_at or (now if consented else None),
    }
    conn.execute(identity.update().where(identity.c.id == known.id).values(**values))
    return known.model_copy(update=values)


def set_entrant(conn: Connection, identity_id: int, entrant_id: int) -> None:
    """Let an identity count for another entrant; its entries are the ledger's to move."""
    conn.execute(
        identity.update().where(identity.c.id == identity_id).values(entrant_id=entrant_id)
    )


def forget(conn: Connection, known: Known) -> None:
    """Take an identity's id, names and proof away, and its name from an entrant who bears it."""
    empty = {"handle": None, "name": None, "proven_at": None, "consented_at": None}
    mine = identity.update().where(identity.c.id == known.id)
    conn.execute(mine.values(value=f"forgotten:{known.uid}", **empty))
    if known.name is not None:
        bearer = entrant.update().where(
            entrant.c.id == known.entrant_id, entrant.c.name == known.name
        )
        conn.execute(bearer.values(name=None))


def _find(
    conn: Connection, team_id: int, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Known]:
    found: dict[tuple[str, str], Known] = {}
    for kind in {kind for kind, _ in wanted}:
        values = [value for of, value in wanted if of == kind]
        rows = conn.execute(
            select(identity).where(
                identity.c.team_id == team_id,
                identity.c.kind == kind,
                members(conn, identity.c.value, values),
            )
        ).mappings()
        found |= {(kind, row["value"]): _known(row) for row in rows}
    return found


def _known(row: RowMapping) -> Known:
    # Rows of our own need no second check; a page of five thousand shows the difference.
    return Known.model_construct(**{name: row[name] for name in Known.model_fields})


def _create(conn: Connection, team_id: int, authors: Sequence[Identity], now: datetime) -> None:
    """Insert entrants and identities of those that are missing, in the order of their keys.

    Two writers of PostgreSQL may meet here: the later one's entrants then stay without identity
    and are removed at once.
    """
    people = [
        (
            new_uid(now), team_id, "item" if author.provider == ITEM else "person", author.name,
            author.uid if author.provider == EMAIL else None, now,
        )
        for author in authors
    ]  # fmt: skip
    named = ("uid", "team_id", "kind", "name", "email", "created_at")
    ids = insert_new(conn, entrant, named, people)
    columns = ("uid", "team_id", "entrant_id", "kind", "value", "handle", "name", "created_at")
    rows = [
        (new_uid(now), team_id, entrant_id, a.provider, a.uid, a.handle, a.name, now)
        for entrant_id, a in zip(ids, authors, strict=True)
    ]
    fresh = insert_new(conn, identity, columns, rows)
    if len(fresh) < len(ids):
        unused = select(identity.c.entrant_id).where(members(conn, identity.c.id, fresh))
        conn.execute(
            entrant.delete().where(members(conn, entrant.c.id, ids), entrant.c.id.not_in(unused))
        )


def _refresh_names(
    conn: Connection,
    known: dict[tuple[str, str], Known],
    wanted: dict[tuple[str, str], Identity],
) -> None:
    changed = [
        (known[key].id, seen.handle or known[key].handle, seen.name or known[key].name)
        for key, seen in wanted.items()
        if (seen.handle and seen.handle != known[key].handle)
        or (seen.name and seen.name != known[key].name)
    ]
    update_each(conn, identity, "id", ("handle", "name"), sorted(changed))
