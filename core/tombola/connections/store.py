"""Connections as rows: found by account, opened, sealed. The way of ``ctx.account`` to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, select

from tombola.api import Account, CredentialExpired, NotFound
from tombola.connections.models import connection
from tombola.connections.rules import USABLE, ConnectionState, checked_account, secrets_text
from tombola.db.rows import first
from tombola.toolkit.vault import Vault


@dataclass(frozen=True, slots=True)
class Store:
    """A team's connected accounts, for plugins' calls.

    Attributes:
        vault: seals and opens.
        clock: gives aware UTC.
        keys: gives a connector's present and former keys.
    """

    vault: Vault
    clock: Callable[[], datetime]
    keys: Callable[[str], Sequence[str]]

    def of_team(self, conn: Connection, team_id: int, connector: str) -> list[Account]:
        """The team's accounts that are not broken, secrets opened, by title."""
        usable = connection.c.state.in_([each.value for each in USABLE])
        wanted = self._rows(team_id, connector).where(usable).order_by(connection.c.title)
        return [opened(self.vault, row) for row in conn.execute(wanted).mappings()]

    def one(self, conn: Connection, team_id: int, connector: str, uid: str) -> Account:
        """One account. Raises NotFound, CredentialExpired."""
        return opened(self.vault, self._row(conn, team_id, connector, uid))

    def keep(self, conn: Connection, team_id: int, connector: str, account: Account) -> None:
        """Keep title, handle, secrets and facts of one account.

        Raises as ``one``, and TypeError and ValueError for what cannot be kept.
        """
        checked_account(account)
        row = self._row(conn, team_id, connector, account.uid)
        values = {
            "title": account.title,
            "handle": account.handle,
            "facts": dict(account.facts),
            "sealed": sealed(self.vault, row["team_id"], row["uid"], account),
            "renewed_at": self.clock(),
        }
        conn.execute(connection.update().where(connection.c.id == row["id"]).values(**values))

    def _rows(self, team_id: int, connector: str) -> Select[tuple[object, ...]]:
        return select(connection).where(
            connection.c.team_id == team_id, connection.c.connector.in_([*self.keys(connector)])
        )

    def _row(self, conn: Connection, team_id: int, connector: str, uid: str) -> RowMapping:
        row = first(conn, self._rows(team_id, connector).where(connection.c.account_uid == uid))
        if row is None or row["state"] == ConnectionState.LEFT:
            raise NotFound("This account is not connected.")
        if row["state"] == ConnectionState.BROKEN:
            raise CredentialExpired("This account has to be reconnected.")
        return row


def sealed(vault: Vault, team_id: int, uid: str, account: Account) -> str:
    """Seal an account's secrets for the row with that public name."""
    return vault.seal(_context(team_id, uid), secrets_text(account.secrets))


def opened(vault: Vault, row: RowMapping) -> Account:
    """Give the account of a row. Raises SealBroken when its seal is another's."""
    secrets = json.loads(vault.open(_context(row["team_id"], row["uid"]), row["sealed"]))
    return Account(
        uid=row["account_uid"],
        title=row["title"],
        kind=row["kind"],
        handle=row["handle"],
        secrets=secrets,
        facts=row["facts"],
    )


def _context(team_id: int, uid: str) -> str:
    return f"connection:{team_id}:{uid}"
