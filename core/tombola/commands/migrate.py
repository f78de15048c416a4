"""The command ``tombola migrate``."""

from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tombola.db import Database


@click.command()
def migrate() -> None:
    """Bring the tables of the core and of every plugin to this version, and add the first plans.

    Nothing happens where all is done; run it before the first start and after every update. A
    plugin whose migrations fail is named and stays out of use; everything else goes on.
    """
    from tombola.db import Database  # noqa: PLC0415 # --help stays quick
    from tombola.db.migrate import upgrade  # noqa: PLC0415
    from tombola.plans.service import ensure_first_plans  # noqa: PLC0415
    from tombola.settings import get_settings  # noqa: PLC0415

    settings = get_settings()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(Database(settings.database)) as db:
        upgrade(db)
        with db.write() as conn:
            ensure_first_plans(conn)
        _upgrade_plugins(db, safe_mode=settings.safe_mode)


def _upgrade_plugins(db: "Database", *, safe_mode: bool) -> None:
    from tombola.plugins import containment, storage  # noqa: PLC0415 # --help stays quick
    from tombola.plugins.loader import load  # noqa: PLC0415 # imports the plugins

    for plugin in load(safe_mode=safe_mode):
        tables = plugin.parts.storage
        if not plugin.ready or tables is None:
            continue
        try:
            storage.upgrade(db, plugin.slug, tables)
        except Exception as error:  # noqa: BLE001 # a migration is its plugin's code
            why = containment.summary(error)
            click.echo(f"The migrations of plugin {plugin.slug} failed: {why}", err=True)
