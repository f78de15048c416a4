"""Migrations: one road for the core's tables and for each plugin's.

Every owner of tables has an Alembic version table of its own. A shared one would make the core's
upgrades fail with "can't locate revision" as soon as a plugin is uninstalled.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData

from tombola.db.engine import Database

ENVIRONMENT = Path(__file__).parent / "migrations"
CORE_VERSIONS = ENVIRONMENT / "versions"
CORE_VERSION_TABLE = "tombola_version"


def upgrade(
    db: Database, *, versions: Path = CORE_VERSIONS, version_table: str = CORE_VERSION_TABLE
) -> None:
    """Bring the tables of one owner to their newest version. Nothing happens if they are there."""
    from alembic import command  # noqa: PLC0415 # 0.5 s that most commands need not pay

    with db.write() as conn:
        command.upgrade(_config(conn, versions, version_table, MetaData()), "head")


def downgrade(
    db: Database, *, versions: Path = CORE_VERSIONS, version_table: str = CORE_VERSION_TABLE
) -> None:
    """Take all tables of one owner away, with what they hold."""
    from alembic import command  # noqa: PLC0415 # as above

    with db.write() as conn:
        command.downgrade(_config(conn, versions, version_table, MetaData()), "base")


def differences(
    conn: Connection,
    metadata: MetaData,
    *,
    version_table: str = CORE_VERSION_TABLE,
    include_name: Callable[..., bool] | None = None,
) -> list[Any]:
    """What a migration would still have to change for the database to equal ``metadata``."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 # as above
    from alembic.migration import MigrationContext  # noqa: PLC0415 # as above

    options = {"version_table": version_table, "include_name": include_name}
    context = MigrationContext.configure(conn, opts=options)
    return list(compare_metadata(context, metadata))


def is_current(
    db: Database, *, versions: Path = CORE_VERSIONS, version_table: str = CORE_VERSION_TABLE
) -> bool:
    """Whether the tables of one owner stand at the version of this code."""
    from alembic.migration import MigrationContext  # noqa: PLC0415 # as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 # as above

    with db.read() as conn:
        config = _config(conn, versions, version_table, MetaData())
        context = MigrationContext.configure(conn, opts={"version_table": version_table})
        heads = ScriptDirectory.from_config(config).get_heads()
        return set(context.get_current_heads()) == set(heads)


def revise(db: Database, metadata: MetaData, message: str) -> None:
    """Write the next migration of the core from what its tables say; for developers."""
    from alembic import command  # noqa: PLC0415 # as above

    with db.write() as conn:
        config = _config(conn, CORE_VERSIONS, CORE_VERSION_TABLE, metadata)
        number = len(list(CORE_VERSIONS.glob("[0-9]*.py"))) + 1
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


def _config(conn: Connection, versions: Path, version_table: str, metadata: MetaData) -> Any:
    from alembic.config import Config  # noqa: PLC0415 # as above

    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=conn, metadata=metadata, version_table=version_table)
    return config
