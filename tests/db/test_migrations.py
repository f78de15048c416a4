"""Migrations: up, down and up again on both databases, equal to the tables in the code."""

from sqlalchemy import inspect

from tombola.db import migrate
from tombola.tables import metadata


def test_the_migrated_database_equals_the_tables(database):
    with database.read() as conn:
        assert migrate.differences(conn, metadata) == []
        assert set(inspect(conn).get_table_names()) >= set(metadata.tables)
    assert migrate.is_current(database)


def test_down_and_up_again(database):
    migrate.downgrade(database)
    with database.read() as conn:
        assert not set(inspect(conn).get_table_names()) & set(metadata.tables)
    migrate.upgrade(database)
    migrate.upgrade(database)
    with database.read() as conn:
        assert migrate.differences(conn, metadata) == []
