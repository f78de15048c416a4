"""A plugin's whole world."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from tombola.api.actions import Json
from tombola.api.config import Config
from tombola.api.connections import Account
from tombola.api.entries import Allowed, CampaignView, Denied

M = TypeVar("M", bound=Config)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer of any status. Header names are lower case; redirects have been followed."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the status is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110, 15.3

    def text(self) -> str:
        """Decode the body as UTF-8, replacing what is not."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Json:
        """Parse the body.

        Raises:
            ValueError: it is no JSON.
        """
        return json.loads(self.body)


class Http(Protocol):
    """The one way out: time-outs, size cap, private addresses refused, redirects re-checked.

    Never retries. Inside ``ctx.db()`` every call raises, since no transaction waits for a network.
    """

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Read.

        Raises:
            HttpRefused: a rule forbids it.
            HttpFailed: no answer.
        """
        ...

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Send JSON or a form. Raises like ``get``; redirects are not followed."""
        ...


class Kv(Protocol):
    """Small values of this plugin and team. Each call is its own transaction."""

    def get(self, key: str) -> Json:
        """Give the value, or None when absent or expired."""
        ...

    def put(self, key: str, value: Json, *, ttl: timedelta | None = None) -> None:
        """Keep a value, at most 64 KiB as JSON."""
        ...

    def delete(self, key: str) -> None:
        """Forget. Idempotent."""
        ...


class Db(Protocol):
    """A transaction of the core's on which a plugin's own tables are read and written.

    There is no commit and no rollback: the core commits when the block ends well.
    """

    def execute(
        self,
        statement: Any,  # a SQLAlchemy Core statement; the API itself does not know SQLAlchemy
        parameters: Mapping[str, Any] | Iterable[Mapping[str, Any]] | None = None,
    ) -> Any:
        """Run one statement and give SQLAlchemy's result."""
        ...


class Log(Protocol):
    """Structured log, bound to plugin, team and action. No secrets, no personal data."""

    def debug(self, event: str, **values: object) -> None:
        """For developers."""
        ...

    def info(self, event: str, **values: object) -> None:
        """Something happened, in the past tense: ``page_fetched``."""
        ...

    def warning(self, event: str, **values: object) -> None:
        """Somebody should look."""
        ...

    def error(self, event: str, **values: object) -> None:
        """Something failed."""
        ...


class Ctx(Protocol):
    """What every call of a plugin is given. It carries no model of the core."""

    @property
    def now(self) -> datetime:
        """Aware UTC, from the installation's clock."""
        ...

    @property
    def team_id(self) -> str | None:
        """The team's uid; None in work for the whole installation."""
        ...

    @property
    def action_id(self) -> str | None:
        """The uid of the action whose ``start`` or ``submit`` this is.

        None in every other call.
        """
        ...

    @property
    def campaign(self) -> CampaignView | None:
        """The campaign of that action; None where ``action_id`` is."""
        ...

    @property
    def http(self) -> Http:
        """The one way out."""
        ...

    @property
    def kv(self) -> Kv:
        """Small values of this plugin and team."""
        ...

    @property
    def log(self) -> Log:
        """The log, bound to this call."""
        ...

    def db(self) -> AbstractContextManager[Db]:
        """Open one short transaction. Not re-entrant."""
        ...

    def settings(self, model: type[M]) -> M:
        """Give the plugin's settings: the team's over the installation's over defaults.

        A plugin that uses another one's connector (``connection``) may ask with that one's models,
        too: the library that they share finds its own settings in every plugin's call.

        Raises:
            NotAllowed: they are another plugin's, whose connector is not used.
        """
        ...

    def secret(self, name: str) -> str | None:
        """Give a sealed secret of this plugin and team, such as a token; None when unknown."""
        ...

    def keep_secret(self, name: str, value: str | None) -> None:
        """Seal and keep a secret; None forgets it."""
        ...

    def accounts(self, connector: str) -> Sequence[Account]:
        """Give the team's connected accounts that are not broken, secrets opened, by title.

        For the connector's own plugin, and for plugins that offer an importer, kind of action or
        channel with ``connection = connector``.

        Raises:
            NotAllowed: for any other plugin.
        """
        ...

    def account(self, connector: str, uid: str) -> Account:
        """Give one of the team's connected accounts, secrets opened.

        Raises:
            NotFound: the team has not connected it.
            CredentialExpired: it has to be reconnected first.
            NotAllowed: as in ``accounts``.
        """
        ...

    def keep_account(self, connector: str, account: Account) -> None:
        """Keep what was renewed of a connected account: title, handle, secrets and facts.

        Raises as ``account``.
        """
        ...

    def disown(self, provider: str, uid: str) -> int:
        """Forget somebody who asks for it through their network, in every team.

        The account's links are undone; its id, names and proof are taken away. Entries stay,
        without a name on them. Idempotent.

        Args:
            provider: key of an identity provider of this plugin.
            uid: the network's own id.

        Returns:
            How many teams knew the account.

        Raises:
            NotAllowed: the provider is another plugin's.
        """
        ...

    def url(self, path: str = "") -> str:
        """Give the absolute address of ``path`` among the plugin's own pages."""
        ...

    def enqueue(
        self, job: str, payload: BaseModel | None = None, *, delay: timedelta = timedelta()
    ) -> None:
        """Ask for a run of one of the plugin's jobs. The same job and payload wait only once."""
        ...

    def allows(self, feature: str, amount: int = 1) -> Allowed | Denied:
        """Ask the plan and the gates about a feature of this plugin."""
        ...
