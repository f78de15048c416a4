"""A whole world for a plugin's unit tests: everything of ``Ctx``, kept in memory."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from tombola.api import (
    Account,
    Allowed,
    CampaignView,
    Config,
    CredentialExpired,
    Ctx,
    Db,
    Denied,
    Http,
    HttpRefused,
    Json,
    NotFound,
)
from tombola.testing.clock import Clock
from tombola.toolkit.fetch import Fetcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import httpx2
    from pydantic import BaseModel
    from sqlalchemy import Engine, MetaData

M = TypeVar("M", bound=Config)


@dataclass(slots=True)
class Enqueued:
    """A job that the plugin asked for."""

    job: str
    payload: BaseModel | None
    delay: timedelta


class FakeKv:
    """Values in a dict, through JSON as in the database, expiring by the clock."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self.clock = clock
        self.values: dict[str, tuple[str, datetime | None]] = {}

    def get(self, key: str) -> Json:
        """Give the value, or None."""
        value, until = self.values.get(key, ("null", None))
        return json.loads(value) if until is None or self.clock() < until else None

    def put(self, key: str, value: Json, *, ttl: timedelta | None = None) -> None:
        """Keep a value."""
        until = None if ttl is None else self.clock() + ttl
        self.values[key] = (json.dumps(value), until)

    def delete(self, key: str) -> None:
        """Forget."""
        self.values.pop(key, None)


@dataclass(slots=True)
class FakeLog:
    """Keeps (level, event, values) in ``lines``."""

    lines: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def debug(self, event: str, **values: object) -> None:
        """Keep."""
        self.lines.append(("debug", event, values))

    def info(self, event: str, **values: object) -> None:
        """Keep."""
        self.lines.append(("info", event, values))

    def warning(self, event: str, **values: object) -> None:
        """Keep."""
        self.lines.append(("warning", event, values))

    def error(self, event: str, **values: object) -> None:
        """Keep."""
        self.lines.append(("error", event, values))


class FakeCtx:
    """A complete ``Ctx``. Tests read what happened from its attributes.

    ``http`` is the real fetcher: it reaches the ``mounts`` and, as everywhere, no private address.

    Args:
        mounts: transports by ``host:port``, e.g. ``tombola.testing.network.in_process(app)``.
        settings: instances of the plugin's settings models.
        secrets: sealed secrets by name.
        accounts: the team's connected accounts, by connector; kept in ``connected`` by uid.
            Put ``(connector, uid)`` into ``broken`` to let one need reconnecting.
        denies: features that are denied, with the reason.
        metadata: of the plugin's tables, made in an SQLite in memory.
        clock: the time; also the attribute to move it.
        team_id: the team's uid, None for work of the installation.
        address: where the plugin's pages would be.
        action_id: uid of the action that the call is about; ``campaign`` goes with it.
        campaign: the campaign of that action.
    """

    def __init__(
        self,
        *,
        mounts: Mapping[str, httpx2.BaseTransport] | None = None,
        settings: Iterable[Config] = (),
        secrets: Mapping[str, str] | None = None,
        accounts: Mapping[str, Iterable[Account]] | None = None,
        denies: Mapping[str, str] | None = None,
        metadata: MetaData | None = None,
        clock: Clock | None = None,
        team_id: str | None = "01890000-0000-7000-8000-000000000001",
        address: str = "http://localhost:8000/p/plugin/",
        action_id: str | None = None,
        campaign: CampaignView | None = None,
    ) -> None:
        """Make a world."""
        self.clock = clock or Clock()
        self.team_id: str | None = team_id
        self.fetcher = Fetcher(mounts=mounts)
        self.kv = FakeKv(self.clock)
        self.log = FakeLog()
        self.models = list(settings)
        self.secrets = dict(secrets or {})
        self.connected = {
            key: {each.uid: each for each in given} for key, given in (accounts or {}).items()
        }
        self.broken: set[tuple[str, str]] = set()
        self.denies = dict(denies or {})
        self.enqueued: list[Enqueued] = []
        self.disowned: list[tuple[str, str]] = []
        self.address = address
        self.action_id: str | None = action_id
        self.campaign: CampaignView | None = campaign
        self._engine = None if metadata is None else _engine(metadata)
        self._in_db = False

    @property
    def now(self) -> datetime:
        """What the clock says."""
        return self.clock()

    @property
    def http(self) -> Http:
        """The fetcher; refused inside ``db()``."""
        if self._in_db:
            raise HttpRefused("ctx.http was used inside ctx.db()")
        return self.fetcher

    @contextmanager
    def db(self) -> Iterator[Db]:
        """Open a transaction on the tables of ``metadata``."""
        if self._engine is None:
            raise RuntimeError("this FakeCtx was made without metadata=")
        if self._in_db:
            raise RuntimeError("ctx.db() is open already")
        self._in_db = True
        try:
            with self._engine.begin() as conn:
                yield _Db(conn)
        finally:
            self._in_db = False

    def settings(self, model: type[M]) -> M:
        """Overlay every given settings model's explicitly set fields, later ones winning."""
        values: dict[str, Any] = {}
        for given in self.models:
            for name in given.model_fields_set & set(model.model_fields):
                values[name] = getattr(given, name)
        return model(**values)

    def secret(self, name: str) -> str | None:
        """Give a secret."""
        return self.secrets.get(name)

    def keep_secret(self, name: str, value: str | None) -> None:
        """Keep or forget a secret."""
        self.secrets.pop(name, None)
        if value is not None:
            self.secrets[name] = value

    def accounts(self, connector: str) -> Sequence[Account]:
        """Give the accounts that are not broken, by title."""
        known = self.connected.get(connector, {}).values()
        whole = [each for each in known if (connector, each.uid) not in self.broken]
        return sorted(whole, key=lambda each: each.title)

    def account(self, connector: str, uid: str) -> Account:
        """Give one account."""
        known = self.connected.get(connector, {})
        if uid not in known:
            raise NotFound("This account is not connected.")
        if (connector, uid) in self.broken:
            raise CredentialExpired("This account has to be reconnected.")
        return known[uid]

    def keep_account(self, connector: str, account: Account) -> None:
        """Keep what was renewed."""
        before = self.account(connector, account.uid)
        self.connected[connector][account.uid] = replace(
            before,
            title=account.title,
            handle=account.handle,
            secrets=account.secrets,
            facts=account.facts,
        )

    def disown(self, provider: str, uid: str) -> int:
        """Note it in ``disowned``."""
        self.disowned.append((provider, uid))
        return 1

    def url(self, path: str = "") -> str:
        """Give an address below ``address``."""
        return self.address + path.lstrip("/")

    def enqueue(
        self, job: str, payload: BaseModel | None = None, *, delay: timedelta = timedelta()
    ) -> None:
        """Keep what was asked for, once each."""
        if not any(each.job == job and each.payload == payload for each in self.enqueued):
            self.enqueued.append(Enqueued(job, payload, delay))

    def allows(self, feature: str, amount: int = 1) -> Allowed | Denied:
        """Deny what ``denies`` names."""
        if feature in self.denies:
            return Denied(self.denies[feature], "plan")
        return Allowed()


class _Db:
    """Shows ``execute`` and nothing else of a connection."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn

    def execute(
        self,
        statement: Any,
        parameters: Mapping[str, Any] | Iterable[Mapping[str, Any]] | None = None,
    ) -> Any:
        return self._conn.execute(statement, parameters)


def _engine(metadata: MetaData) -> Engine:
    from sqlalchemy import StaticPool, create_engine  # noqa: PLC0415 - few plugins have tables

    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    metadata.create_all(engine)
    return engine


def _conforms(ctx: FakeCtx) -> Ctx:
    """Let the type checker prove that the fake is complete."""
    return ctx
