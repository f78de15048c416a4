"""Tables of plugins: each plugin's migrations count in a version table of its own."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData

from tombola.api import Storage
from tombola.db import Database, migrate
from tombola.plugins.states import Plugin, State
from tombola.plugins.validation import load_target


def version_table(slug: str) -> str:
    """Name the table in which Alembic counts this plugin's migrations."""
    return f"{slug}_version"


def versions(storage: Storage) -> Path:
    """Give the folder of a plugin's migrations.

    Raises:
        ModuleNotFoundError: the package is gone.
    """
    spec = find_spec(storage.migrations)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{storage.migrations} is not a package")
    return Path(spec.submodule_search_locations[0])


def upgrade(db: Database, slug: str, storage: Storage) -> None:
    """Bring a plugin's tables to its newest version, whether it is switched on or not."""
    migrate.upgrade(db, versions=versions(storage), version_table=version_table(slug))


def downgrade(db: Database, slug: str, storage: Storage) -> None:
    """Take a plugin's tables away, with what they hold."""
    migrate.downgrade(db, versions=versions(storage), version_table=version_table(slug))


def mark_pending(db: Database, plugins: Iterable[Plugin]) -> None:
    """Take out ready plugins whose tables are older than their code. Looks, changes no table."""
    for plugin in plugins:
        storage = plugin.parts.storage
        if not plugin.ready or storage is None:
            continue
        where = {"versions": versions(storage), "version_table": version_table(plugin.slug)}
        if not migrate.is_current(db, **where):  # type: ignore[arg-type] # mixed keywords
            plugin.state = State.NEEDS_MIGRATION
            plugin.reason = "its tables are older than its code: run 'tombola migrate'"


def differences(conn: Connection, slug: str, storage: Storage) -> list[Any]:
    """Say in what the plugin's own tables differ from its metadata; others' are not looked at."""
    metadata: MetaData = load_target(storage.metadata)

    def own(name: str | None, kind: str, _parents: Any) -> bool:
        if kind != "table" or name is None:
            return True
        return name.startswith(f"{slug}_") and name != version_table(slug)

    return migrate.differences(conn, metadata, version_table=version_table(slug), include_name=own)
