"""Migrations: up, down and up again on both databases, equal to the tables in the code."""

from sqlalchemy import inspect

from tombola.db import migrate
from tombola.plugins.discovery import discover
from tombola.tables import metadata


def differences(conn):
    """What is missing of the core's tables; installed plugins' are there, too."""
    prefixes = tuple(f"{plugin.slug}_" for plugin in discover())

    def own(name, kind, _parents):
        return kind != "table" or name in metadata.tables or not name.startswith(prefixes)

    return migrate.differences(conn, metadata, include_name=own)


def test_the_migrated_database_equals_the_tables(database):
    with database.read() as conn:
        assert differences(conn) == []
        assert set(inspect(conn).get_table_names()) >= set(metadata.tables)
    assert migrate.is_current(database)


def test_down_and_up_again(database):
    migrate.downgrade(database)
    with database.read() as conn:
        assert not set(inspect(conn).get_table_names()) & set(metadata.tables)
    migrate.upgrade(database)
    migrate.upgrade(database)
    with database.read() as conn:
        assert differences(conn) == []
