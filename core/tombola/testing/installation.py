"""A whole installation for a test: real database, real plugins, a clock that the test sets."""

import sys
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

from tombola.app import install
from tombola.db import Database
from tombola.installation import Clock, Installation
from tombola.plans import service as plans
from tombola.plugins.loader import load
from tombola.plugins.states import Plugin
from tombola.settings import Settings
from tombola.toolkit.fetch import Fetcher

#: KiB for a password's digest: these need not resist anybody.
CHEAP = 8


def make(
    database: Database,
    clock: Clock,
    folder: Path,
    *,
    slugs: Collection[str] = (),
    fetcher: Fetcher | None = None,
    redis_url: str = "",
) -> Installation:
    """Make an installation on a migrated database, with the first plans in it.

    Args:
        database: migrated.
        clock: the installation's only clock.
        folder: its data folder.
        slugs: the installed plugins to load; no other is there for this installation.
        fetcher: the way out; as in production when none is given.
        redis_url: where workers are rung; nobody is rung without it.
    """
    settings = Settings(
        data_dir=folder,
        database_url=database.url.render_as_string(hide_password=False),
        redis_url=redis_url,
        base_url="http://localhost",
        password_memory=CHEAP,
    )
    with database.write() as conn:
        plans.ensure_first_plans(conn)
    found = _loaded(tuple(sys.path)) if slugs else []
    # States change while an installation runs, so each has plugins of its own.
    own = [replace(plugin) for plugin in found if plugin.slug in slugs]
    return install(settings, plugins=own, db=database, clock=clock, fetcher=fetcher)


@cache
def _loaded(path: tuple[str, ...]) -> list[Plugin]:
    """Load the plugins that are installed on a path, once: it takes longer than most tests."""
    del path
    return load()
