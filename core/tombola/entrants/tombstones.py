"""What is left of accounts and posts whose person was erased: enough to leave them out.

A tombstone is a keyed hash. The key is each team's own and lies sealed in the database, so that
nobody finds out from a copy of it whose tombstones they are: a network's ids are few enough to be
tried one by one.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from tombola.db.sets import insert_ignore, members
from tombola.entrants.models import identity, tombstone, tombstone_key
from tombola.toolkit.vault import Vault

#: A name: (kind, value), as identities have it.
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An account or post that was erased.

    Attributes:
        at: when.
        back: its person has logged in with it again since.
    """

    at: datetime
    back: bool

    def covers(self, occurred_at: datetime | None) -> bool:
        """Whether something posted then is left out: all of it, until its person is back."""
        return not self.back or occurred_at is None or occurred_at <= self.at


def bury(
    conn: Connection, vault: Vault, team_id: int, names: Collection[Name], now: datetime
) -> None:
    """Set tombstones; one that stands already gets the later moment. Idempotent."""
    if not names:
        return
    key = _key(conn, vault, team_id) or _make_key(conn, vault, team_id)
    hashes = sorted({_hash(key, name) for name in names})
    conn.execute(
        tombstone.delete().where(
            tombstone.c.team_id == team_id, members(conn, tombstone.c.hash, hashes)
        )
    )
    columns = ("team_id", "hash", "at")
    insert_ignore(conn, tombstone, columns, [(team_id, each, now) for each in hashes])


def erased(
    conn: Connection, vault: Vault, team_id: int, names: Collection[Name]
) -> Mapping[Name, Tombstone]:
    """Those of these names that have a tombstone. Reads nothing where nobody was ever erased."""
    key = _key(conn, vault, team_id) if names else None
    if key is None:
        return {}
    hashes = {_hash(key, name): name for name in names}
    rows = conn.execute(
        select(tombstone.c.hash, tombstone.c.at).where(
            tombstone.c.team_id == team_id, members(conn, tombstone.c.hash, sorted(hashes))
        )
    ).all()
    found = {hashes[row.hash]: row.at for row in rows}
    back = _known(conn, team_id, found)
    return {name: Tombstone(at, name in back) for name, at in found.items()}


def author_hash(kind: str, value: str) -> str:
    """By which an erasure finds what an author's left-out posts have left in the database."""
    return hashlib.sha256(f"{kind}\0{value}".encode()).hexdigest()


def _known(conn: Connection, team_id: int, names: Collection[Name]) -> set[Name]:
    if not names:
        return set()
    values = sorted({value for _kind, value in names})
    rows = conn.execute(
        select(identity.c.kind, identity.c.value).where(
            identity.c.team_id == team_id,
            identity.c.kind.in_(sorted({kind for kind, _value in names})),
            members(conn, identity.c.value, values),
        )
    )
    return {(row.kind, row.value) for row in rows}


def _hash(key: bytes, name: Name) -> str:
    return hmac.digest(key, "\0".join(name).encode(), "sha256").hex()


def _key(conn: Connection, vault: Vault, team_id: int) -> bytes | None:
    sealed = conn.execute(
        select(tombstone_key.c.sealed).where(tombstone_key.c.team_id == team_id)
    ).scalar()
    return bytes.fromhex(vault.open(_place(team_id), sealed)) if sealed else None


def _make_key(conn: Connection, vault: Vault, team_id: int) -> bytes:
    sealed = vault.seal(_place(team_id), secrets.token_hex(32))
    insert_ignore(conn, tombstone_key, ("team_id", "sealed"), [(team_id, sealed)])
    made = _key(conn, vault, team_id)
    if made is None:
        raise RuntimeError("the key of the tombstones was not kept")
    return made


def _place(team_id: int) -> str:
    return f"tombstones of team {team_id}"
