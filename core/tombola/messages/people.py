"""Whom a channel knows, as policy needs to see them: read in sets, kept by events of any order."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, select

from tombola.api import Grant, Identity, Recipient, Text
from tombola.connections.rules import text_document
from tombola.db.rows import first
from tombola.db.sets import insert_ignore, members
from tombola.db.types import text_time, time_text
from tombola.entrants.models import entrant, identity
from tombola.messages import rules
from tombola.messages.models import consent, contact
from tombola.toolkit.vault import Vault


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody behind an identity.

    Attributes:
        recipient: as channels see them.
        known: what the core itself decides by.
        name: as they gave it, or as the network shows it.
    """

    identity_id: int
    entrant_id: int
    entrant_uid: str
    recipient: Recipient
    known: rules.Known
    name: str | None


def people(
    conn: Connection,
    vault: Vault,
    team_id: int,
    channel: str,
    campaign_id: int,
    identity_ids: Collection[int],
    now: datetime,
) -> dict[int, Person]:
    """Read people by identity; those that are not there (any more) are left out.

    Args:
        conn: Any transaction.
        vault: Opens what they have given.
        team_id: The team.
        channel: The channel's key.
        campaign_id: The campaign whose consent counts.
        identity_ids: At most a thousand.
        now: The moment; grants that are over are left out.
    """
    heard = and_(
        contact.c.team_id == identity.c.team_id,
        contact.c.identity_id == identity.c.id,
        contact.c.channel == channel,
    )
    agreed = and_(consent.c.campaign_id == campaign_id, consent.c.identity_id == identity.c.id)
    rows = conn.execute(
        select(
            identity.c.id, identity.c.kind, identity.c.value, identity.c.handle,
            identity.c.name, identity.c.entrant_id,
            entrant.c.uid.label("entrant_uid"), entrant.c.name.label("given"),
            entrant.c.erased_at,
            contact.c.last_act_at, contact.c.opted_out_at, contact.c.opted_in_at,
            contact.c.unreachable_at, contact.c.grants,
            consent.c.agreed, consent.c.withdrawn_at,
        )
        .join(entrant, entrant.c.id == identity.c.entrant_id)
        .outerjoin(contact, heard)
        .outerjoin(consent, agreed)
        .where(identity.c.team_id == team_id, members(conn, identity.c.id, list(identity_ids)))
    ).mappings()  # fmt: skip
    return {row["id"]: _person(vault, team_id, channel, row, now) for row in rows}


def note(
    conn: Connection, team_id: int, channel: str, identity_id: int, **moments: datetime
) -> None:
    """Keep the later of what is known and what is told, for each named moment of a contact."""
    row = _held(conn, team_id, channel, identity_id)
    values = {name: rules.later(row[name], at) for name, at in moments.items()}
    conn.execute(contact.update().where(*_of(team_id, channel, identity_id)).values(**values))


def lost(
    conn: Connection, team_id: int, channel: str, identity_id: int, why: Text, at: datetime
) -> None:
    """Keep that somebody cannot be reached any more."""
    note(conn, team_id, channel, identity_id, unreachable_at=at)
    values = {"unreachable_why": text_document(why)}
    conn.execute(contact.update().where(*_of(team_id, channel, identity_id)).values(**values))


def give(
    conn: Connection,
    vault: Vault,
    team_id: int,
    channel: str,
    identity_id: int,
    name: str,
    grant: Grant,
) -> None:
    """Keep what somebody has given, in place of what had the same name."""
    row = _held(conn, team_id, channel, identity_id)
    kept = _opened(vault, team_id, channel, row["grants"], identity_id) | {name: grant}
    _seal(conn, vault, team_id, channel, identity_id, kept)


def spend(
    conn: Connection,
    vault: Vault,
    team_id: int,
    channel: str,
    identity_id: int,
    names: Iterable[str],
) -> None:
    """Forget grants that are used up."""
    gone = set(names)
    if not gone:
        return
    row = _held(conn, team_id, channel, identity_id)
    known = _opened(vault, team_id, channel, row["grants"], identity_id)
    left = {name: grant for name, grant in known.items() if name not in gone}
    _seal(conn, vault, team_id, channel, identity_id, left)


def _person(vault: Vault, team_id: int, channel: str, row: RowMapping, now: datetime) -> Person:
    known = rules.Known(
        opted_out_at=row["opted_out_at"],
        opted_in_at=row["opted_in_at"],
        last_act_at=row["last_act_at"],
        unreachable_at=row["unreachable_at"],
        erased=row["erased_at"] is not None,
        agreed=row["agreed"],
        withdrawn=row["withdrawn_at"] is not None,
    )
    grants = _opened(vault, team_id, channel, row["grants"], row["id"])
    recipient = Recipient(
        identity=Identity(row["kind"], row["value"], row["handle"], row["name"]),
        last_act_at=row["last_act_at"],
        opted_out_at=row["opted_out_at"] if known.is_out else None,
        grants={
            name: grant
            for name, grant in grants.items()
            if grant.until is None or now < grant.until
        },
    )
    return Person(
        identity_id=row["id"],
        entrant_id=row["entrant_id"],
        entrant_uid=row["entrant_uid"],
        recipient=recipient,
        known=known,
        name=row["name"] or row["given"],
    )


def _of(team_id: int, channel: str, identity_id: int) -> tuple[Any, Any, Any]:
    return (
        contact.c.team_id == team_id,
        contact.c.channel == channel,
        contact.c.identity_id == identity_id,
    )


def _held(
    conn: Connection, team_id: int, channel: str, identity_id: int
) -> RowMapping | Mapping[str, Any]:
    """The contact's row, made where there is none, and held until the transaction ends."""
    key = (team_id, channel, identity_id)
    insert_ignore(conn, contact, ("team_id", "channel", "identity_id"), [key])
    row = first(conn, select(contact).where(*_of(*key)).with_for_update())
    if row is None:
        raise RuntimeError("a contact vanished while it was held")
    return row


def _context(team_id: int, channel: str, identity_id: int) -> str:
    return f"grants:{team_id}:{channel}:{identity_id}"


def _opened(
    vault: Vault, team_id: int, channel: str, text: str | None, identity_id: int
) -> dict[str, Grant]:
    if not text:
        return {}
    found = json.loads(vault.open(_context(team_id, channel, identity_id), text))
    return {
        name: Grant(value, text_time(until) if until else None)
        for name, (value, until) in found.items()
    }


def _seal(
    conn: Connection,
    vault: Vault,
    team_id: int,
    channel: str,
    identity_id: int,
    grants: Mapping[str, Grant],
) -> None:
    document = {
        name: (grant.value, time_text(grant.until) if grant.until else None)
        for name, grant in grants.items()
    }
    context = _context(team_id, channel, identity_id)
    text = vault.seal(context, json.dumps(document)) if document else None
    mine = contact.update().where(*_of(team_id, channel, identity_id))
    conn.execute(mine.values(grants=text))
