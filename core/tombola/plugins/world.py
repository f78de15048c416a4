"""What plugin code is given access to, and on whose behalf it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from tombola.api import Account, Allowed, CampaignView, Denied
from tombola.db import Database
from tombola.toolkit.fetch import Fetcher
from tombola.toolkit.vault import Vault


class Team(Protocol):
    """A team as this room needs it; an ``Actor`` is one. ``team_id`` 0 means no team."""

    @property
    def team_id(self) -> int:
        """The row's number."""

    @property
    def team_uid(self) -> str:
        """The public name."""


@dataclass(frozen=True, slots=True)
class TeamRef:
    """A team by number and name, where there is no actor."""

    team_id: int
    team_uid: str


@dataclass(frozen=True, slots=True)
class About:
    """The action that a call is for: its public name, and its campaign."""

    action_id: str
    campaign: CampaignView


class Accounts(Protocol):
    """The connected accounts of teams, as ``ctx`` needs them; each function uses the caller's conn.

    They raise NotFound for what the team has not connected and CredentialExpired for what is
    broken.
    """

    def of_team(self, conn: Connection, team_id: int, connector: str) -> list[Account]:
        """Those that are not broken, by title."""
        ...

    def one(self, conn: Connection, team_id: int, connector: str, uid: str) -> Account:
        """One by its uid."""
        ...

    def keep(self, conn: Connection, team_id: int, connector: str, account: Account) -> None:
        """Keep what was renewed."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """What every call of a plugin draws on.

    Attributes:
        db: the database.
        vault: seals and opens.
        clock: gives aware UTC.
        fetcher: the way out.
        address: public address of the installation, without a slash at its end.
        allows: ``plans.service.allows`` of this installation: (team's number, feature,
            amount).
        accounts: connected accounts of teams.
        disown: cuts an account at a network loose in every team: (caller's conn, provider, uid).
        gates_fail_open: a gate that fails allows what already runs (with an alert).
    """

    db: Database
    vault: Vault
    clock: Callable[[], datetime]
    fetcher: Fetcher
    address: str
    allows: Callable[[int, str, int], Allowed | Denied]
    accounts: Accounts
    disown: Callable[[Connection, str, str], int]
    gates_fail_open: bool = True
