"""The concrete ``Ctx``: what one call of a plugin is given, and loses when it is over."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel
from sqlalchemy import Connection, TextClause, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from tombola.api import (
    Account,
    Allowed,
    CampaignView,
    Config,
    Db,
    Denied,
    Http,
    HttpRefused,
    HttpResponse,
    Json,
    Kv,
    Log,
    NotAllowed,
    Phrase,
    TombolaError,
)
from tombola.plugins import config
from tombola.plugins.models import plugin_kv
from tombola.plugins.states import Plugin
from tombola.plugins.world import About, Team, World
from tombola.queue import tasks

M = TypeVar("M", bound=Config)

#: The kind of duty under which the queue keeps plugins' jobs.
JOB_KIND = "plugin_job"
KV_BYTES = 64 * 1024
#: Keys of plain values and of sealed ones, so that neither is read as the other.
PLAIN, SEALED = "v:", "s:"
TRANSACTIONAL = re.compile(
    r"\s*(begin|commit|end|rollback|savepoint|release|abort)\b", re.IGNORECASE
)


class CallOver(TombolaError):
    """The call that this ctx belonged to has ended or was given up."""


class RuleBroken(TombolaError):
    """A plugin did with ``ctx.db`` what the contract forbids; the message names the rule."""


class PluginCtx:
    """The world of one call. Every use after its end raises ``CallOver``."""

    def __init__(
        self,
        world: World,
        plugin: Plugin,
        team: Team | None,
        place: str,
        owner_of: Callable[[type[Config]], str | None],
        about: About | None = None,
    ) -> None:
        self._world = world
        self._about = about
        self._owner_of = owner_of
        self._plugin = plugin.slug
        self._jobs = plugin.parts.jobs
        self._connectors = plugin.parts.connectors_used()
        self._providers = {each.key for each in plugin.parts.identity_providers}
        self._team = team if team is not None and team.team_id else None
        self._over = False
        self._conn: Connection | None = None
        self._log = structlog.get_logger("tombola.plugin").bind(
            plugin=plugin.slug, team=self.team_id, place=place
        )

    @property
    def team_number(self) -> int:
        """The team's row, 0 for none; for the core."""
        return self._team.team_id if self._team else 0

    @property
    def team_id(self) -> str | None:
        """The team's public name."""
        return self._team.team_uid if self._team else None

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self._world.clock()

    @property
    def action_id(self) -> str | None:
        """The action that the call is for."""
        return self._about.action_id if self._about else None

    @property
    def campaign(self) -> CampaignView | None:
        """The campaign of that action."""
        return self._about.campaign if self._about else None

    @property
    def log(self) -> Log:
        """The log, bound to plugin, team and place."""
        log: Log = self._log
        return log

    @property
    def http(self) -> Http:
        """The way out."""
        return _GuardedHttp(self)

    @property
    def kv(self) -> Kv:
        """Small values of this plugin and team."""
        return _Store(self)

    @contextmanager
    def db(self) -> Iterator[Db]:
        """Open a transaction; other parts of ctx join it, the network is refused inside."""
        self.check()
        if self._conn is not None:
            raise RuleBroken("ctx.db() is open already; one transaction at a time")
        with self._world.db.write() as conn:
            self._conn = conn
            try:
                yield _Statements(self, conn)
                self.check()
            finally:
                self._conn = None

    def settings(self, model: type[M]) -> M:
        """Resolve settings, of the plugin or of one whose connector it uses."""
        slug = self._owner_of(model) or self._plugin
        used = {self._plugin, *(key.partition(".")[0] for key in self._connectors)}
        if slug not in used:
            says = Phrase("This plugin may not read the settings of %(slug)s.", {"slug": slug})
            raise NotAllowed(Denied(says, self._plugin))
        with self.reading() as conn:
            return config.resolve(conn, self._world.vault, slug, self.team_number, model)

    def secret(self, name: str) -> str | None:
        """Open a kept secret."""
        sealed = _Store(self).read(SEALED + name)
        return None if sealed is None else self._world.vault.open(self._place(name), sealed)

    def keep_secret(self, name: str, value: str | None) -> None:
        """Seal and keep, or forget."""
        store = _Store(self)
        if value is None:
            store.remove(SEALED + name)
        else:
            store.write(SEALED + name, self._world.vault.seal(self._place(name), value), None)

    def accounts(self, connector: str) -> Sequence[Account]:
        """Give the team's accounts."""
        self._check_connector(connector)
        if self._team is None:
            return ()
        with self.reading() as conn:
            return self._world.accounts.of_team(conn, self.team_number, connector)

    def account(self, connector: str, uid: str) -> Account:
        """Give one account of the team."""
        self._check_connector(connector)
        with self.reading() as conn:
            return self._world.accounts.one(conn, self.team_number, connector, uid)

    def keep_account(self, connector: str, account: Account) -> None:
        """Keep what was renewed; inside ``db()`` it commits with the transaction."""
        self._check_connector(connector)
        with self.writing() as conn:
            self._world.accounts.keep(conn, self.team_number, connector, account)

    def disown(self, provider: str, uid: str) -> int:
        """Cut an account loose; inside ``db()`` it commits with the transaction."""
        if provider not in self._providers:
            says = Phrase("This plugin does not offer %(key)s.", {"key": provider})
            raise NotAllowed(Denied(says, self._plugin))
        with self.writing() as conn:
            return self._world.disown(conn, provider, uid)

    def url(self, path: str = "") -> str:
        """Give an address among the plugin's own pages."""
        return f"{self._world.address}/p/{self._plugin}/{path.lstrip('/')}"

    def enqueue(
        self, job: str, payload: BaseModel | None = None, *, delay: timedelta = timedelta()
    ) -> None:
        """Put a duty; inside ``db()`` it commits with the transaction."""
        self.check()
        known = next((each for each in self._jobs if job in {each.key, *each.formerly}), None)
        if known is None:
            raise RuleBroken(f"plugin {self._plugin!r} has registered no job {job!r}")
        document = payload.model_dump(mode="json") if payload else {}
        digest = sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
        with self.writing() as conn:
            tasks.put(
                conn,
                JOB_KIND,
                f"{known.key}:{self.team_number}:{digest}",
                self.now + delay,
                team_id=self.team_number or None,
                payload=document,
                max_attempts=known.attempts,
            )

    def allows(self, feature: str, amount: int = 1) -> Allowed | Denied:
        """Ask the plan and the gates."""
        self.check()
        if self._team is None:
            return Denied("This runs for no team.", "plan")
        return self._world.allows(self._team.team_id, feature, amount)

    def check(self) -> None:
        """Raise when the call is over."""
        if self._over:
            raise CallOver(f"plugin {self._plugin!r} used ctx after its call had ended")

    def end(self) -> None:
        """Take everything away, and undo a transaction that an abandoned call has left open."""
        self._over = True
        if self._conn is not None:
            with suppress(Exception):  # the abandoned thread may be closing it at this moment
                self._conn.invalidate()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Join the open transaction or make one."""
        self.check()
        if self._conn is not None:
            yield self._conn
            return
        with self._world.db.write() as conn:
            yield conn

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Join the open transaction or read."""
        self.check()
        if self._conn is not None:
            yield self._conn
            return
        with self._world.db.read() as conn:
            yield conn

    def refuse_inside_db(self) -> None:
        """Raise when a transaction is open."""
        if self._conn is not None:
            raise HttpRefused("ctx.http was used inside ctx.db(); fetch first, then write")

    def _check_connector(self, connector: str) -> None:
        if connector not in self._connectors:
            says = Phrase("This plugin uses no accounts of %(key)s.", {"key": connector})
            raise NotAllowed(Denied(says, self._plugin))

    def _place(self, name: str) -> str:
        return f"secret:{self._plugin}:{self.team_number}:{name}"

    @property
    def fetcher(self) -> Http:
        """The unguarded way out; for ``_GuardedHttp``."""
        return self._world.fetcher

    @property
    def plugin(self) -> str:
        """The slug."""
        return self._plugin


class _GuardedHttp:
    """The fetcher, as long as the call lasts and no transaction waits."""

    def __init__(self, ctx: PluginCtx) -> None:
        self._ctx = ctx

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        self._ctx.check()
        self._ctx.refuse_inside_db()
        return self._ctx.fetcher.get(url, params=params, headers=headers)

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        self._ctx.check()
        self._ctx.refuse_inside_db()
        return self._ctx.fetcher.post(url, params=params, json=json, form=form, headers=headers)


class _Store:
    """Rows of ``plugin_kv`` that belong to this plugin and team."""

    def __init__(self, ctx: PluginCtx) -> None:
        self._ctx = ctx

    def get(self, key: str) -> Json:
        return self.read(PLAIN + key)

    def put(self, key: str, value: Json, *, ttl: timedelta | None = None) -> None:
        size = len(json.dumps(value).encode())
        if size > KV_BYTES:
            raise RuleBroken(f"kv value {key!r} has {size} bytes, at most {KV_BYTES} are kept")
        self.write(PLAIN + key, value, ttl)

    def delete(self, key: str) -> None:
        self.remove(PLAIN + key)

    def read(self, key: str) -> Any:
        alive = or_(plugin_kv.c.expires_at.is_(None), plugin_kv.c.expires_at > self._ctx.now)
        with self._ctx.reading() as conn:
            wanted = select(plugin_kv.c.value).where(*self._here(key), alive)
            return conn.execute(wanted).scalar()

    def write(self, key: str, value: Any, ttl: timedelta | None) -> None:
        until = None if ttl is None else self._ctx.now + ttl
        with self._ctx.writing() as conn:
            insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
            statement = insert(plugin_kv).values(
                plugin=self._ctx.plugin,
                team=self._ctx.team_number,
                key=key,
                value=value,
                expires_at=until,
            )
            new = statement.excluded
            conn.execute(
                statement.on_conflict_do_update(
                    index_elements=list(plugin_kv.primary_key),
                    set_={"value": new.value, "expires_at": new.expires_at},
                )
            )

    def remove(self, key: str) -> None:
        with self._ctx.writing() as conn:
            conn.execute(delete(plugin_kv).where(*self._here(key)))

    def _here(self, key: str) -> tuple[Any, Any, Any]:
        return (
            plugin_kv.c.plugin == self._ctx.plugin,
            plugin_kv.c.team == self._ctx.team_number,
            plugin_kv.c.key == key,
        )


class _Statements:
    """Shows ``execute`` of a connection and nothing else."""

    def __init__(self, ctx: PluginCtx, conn: Connection) -> None:
        self._ctx = ctx
        self._conn = conn

    def execute(
        self,
        statement: Any,
        parameters: Mapping[str, Any] | Iterable[Mapping[str, Any]] | None = None,
    ) -> Any:
        self._ctx.check()
        if isinstance(statement, TextClause) and TRANSACTIONAL.match(statement.text):
            raise RuleBroken("the core begins and commits; a plugin only executes statements")
        many = (
            parameters if parameters is None or isinstance(parameters, Mapping) else [*parameters]
        )
        return self._conn.execute(statement, many)
