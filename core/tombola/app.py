"""Where everything is put together: the installation, its duties, and the Flask application."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import Flask
from sqlalchemy import Connection
from werkzeug.middleware.proxy_fix import ProxyFix

from tombola.api import Audience
from tombola.connections.store import Store
from tombola.db import Database
from tombola.installation import Clock, Installation
from tombola.plans.service import allows
from tombola.plugins import catalogues, loader, storage
from tombola.plugins import views as plugin_views
from tombola.plugins.registry import Plugins
from tombola.plugins.states import Plugin
from tombola.plugins.world import World
from tombola.queue.bell import Bell
from tombola.queue.kinds import House
from tombola.settings import Settings, get_settings
from tombola.teams.doors import actor, doors
from tombola.teams.rules import Actor, Role
from tombola.toolkit.fetch import Fetcher
from tombola.toolkit.vault import Vault
from tombola.web import i18n, kit, routing
from tombola.web.routing import Access
from tombola.web.uploads import LARGEST_BYTES

#: What plugins' own pages may be: for whom, and with which least role.
PLUGIN_PAGES = {
    Audience.PUBLIC: Access(Audience.PUBLIC),
    Audience.OPERATOR: Access(Audience.OPERATOR),
    Audience.TEAM: Access(Audience.TEAM, Role.VIEWER),
    Audience.EDITORS: Access(Audience.TEAM, Role.EDITOR, largest_bytes=LARGEST_BYTES),
}


def utc_now() -> datetime:
    """The present moment: the clock of a real installation."""
    return datetime.now(UTC)


def install(
    settings: Settings,
    *,
    plugins: list[Plugin] | None = None,
    db: Database | None = None,
    clock: Clock = utc_now,
    fetcher: Fetcher | None = None,
) -> Installation:
    """Put an installation together.

    Args:
        settings: The operator's.
        plugins: The loaded plugins; found and loaded here unless a test brings its own.
        db: The database; by the settings unless given.
        clock: The present moment.
        fetcher: The way outside; by the settings unless given.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = loader.load(safe_mode=settings.safe_mode) if plugins is None else plugins
    database = db or Database(settings.database)
    storage.mark_pending(database, found)
    vault = Vault.in_folder(settings.data_dir)
    outside = fetcher or Fetcher(exempt=settings.fetch_exempt)
    world = World(
        db=database,
        vault=vault,
        clock=clock,
        fetcher=outside,
        address=settings.address,
        allows=lambda team_id, feature, amount: allows(inst, team_id, feature, amount),
        accounts=Store(vault, clock, lambda key: inst.plugins.connector_keys(key)),  # noqa: PLW0108 # inst is made below
        disown=lambda conn, provider, uid: _disown(conn, provider, uid, clock()),
        gates_fail_open=settings.gates_fail_open,
    )
    inst = Installation(
        settings=settings,
        db=database,
        vault=vault,
        plugins=Plugins(found, world),
        bell=Bell(settings.redis_url),
        clock=clock,
        fetcher=outside,
    )
    return inst


def _disown(conn: Connection, provider: str, uid: str, now: datetime) -> int:
    # Commands without these start sooner.
    from tombola.entries.disowning import disown  # noqa: PLC0415
    from tombola.importing.media_review import forget_pictures  # noqa: PLC0415

    forget_pictures(conn, provider, uid, now)
    return disown(conn, provider, uid, now)


def house() -> House:
    """The installation of this process with its duties, for workers and reconcilers."""
    from tombola import rooms  # noqa: PLC0415 # the rooms load what many commands never need

    inst = install(get_settings())
    return House(site=inst, kinds=rooms.kinds())


def create_app(inst: Installation) -> Flask:
    """The web application of an installation. Refuses to start with an unclassified route."""
    from tombola import rooms  # noqa: PLC0415 # as above
    from tombola.widget.front import Front  # noqa: PLC0415

    app = kit.static_app("tombola")
    app.config.update(
        SECRET_KEY=inst.vault.derived("flask"),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        TOMBOLA_DEMO=inst.settings.demo,
    )
    app.extensions["tombola"] = inst
    own_words = [i18n.FOLDER, inst.settings.languages]
    kit.install(
        app,
        https=inst.settings.address.startswith("https:"),
        doors=doors(),
        catalogues=[*reversed(catalogues.folders(inst.plugins.ready)), *own_words],
    )
    for pages in rooms.PAGES:
        app.register_blueprint(pages.blueprint)
    plugin_views.mount(app, inst.plugins, PLUGIN_PAGES, _team_of)
    routing.check_rules(app)
    app.wsgi_app = Front(app, app.wsgi_app, inst)  # type: ignore[method-assign,assignment] # as below
    if inst.settings.trusted_proxies:
        hops = inst.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign] # Flask's own recipe
    return app


def _team_of(audience: Audience) -> Actor | None:
    return actor() if audience in {Audience.TEAM, Audience.EDITORS} else None


@cache
def _served() -> Flask:
    return create_app(install(get_settings()))


def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
    """The WSGI application of this process, made with the first request or by the server."""
    return _served()(environ, start_response)
