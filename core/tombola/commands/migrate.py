"""The command ``tombola migrate``."""

import click


@click.command()
def migrate() -> None:
    """Bring the tables of the core and of every plugin to this version, and add the first plans.

    Nothing happens where all is done; run it before the first start and after every update.
    """
    from tombola.db import Database  # noqa: PLC0415 # --help stays quick
    from tombola.db.migrate import upgrade  # noqa: PLC0415
    from tombola.plans.service import ensure_first_plans  # noqa: PLC0415
    from tombola.plugins import storage  # noqa: PLC0415
    from tombola.plugins.loader import load  # noqa: PLC0415
    from tombola.settings import get_settings  # noqa: PLC0415

    settings = get_settings()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = Database(settings.database)
    upgrade(db)
    for plugin in load(safe_mode=settings.safe_mode):
        if plugin.parts.storage is not None:
            storage.upgrade(db, plugin.slug, plugin.parts.storage)
    with db.write() as conn:
        ensure_first_plans(conn)
    db.close()
