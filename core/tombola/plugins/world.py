"""What plugin code is given access to, and on whose behalf it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tombola.api import Allowed, Denied
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
        gates_fail_open: a gate that fails allows what already runs (with an alert).
    """

    db: Database
    vault: Vault
    clock: Callable[[], datetime]
    fetcher: Fetcher
    address: str
    allows: Callable[[int, str, int], Allowed | Denied]
    gates_fail_open: bool = True
