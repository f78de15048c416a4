"""Tables of plugins: a real distribution with migrations, on both databases."""

import sys

import pytest
from sqlalchemy import inspect, text

from tombola.db import migrate
from tombola.plugins import storage
from tombola.plugins.loader import load
from tombola.plugins.states import State
from tombola.testing.wheels import Recipe, install

TABLES = """
from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()
Table(
    "quiz_answer", metadata, Column("id", Integer, primary_key=True), Column("text", Text)
)
"""
PLUGIN = """
from tombola.api import Storage
from tombola.hookspecs import hookimpl

@hookimpl
def register_storage():
    return Storage("quiz_tables:metadata", "quiz_migrations")
"""
FIRST = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

def upgrade():
    op.create_table(
        "quiz_answer", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text)
    )

def downgrade():
    op.drop_table("quiz_answer")
"""


@pytest.fixture
def quiz(tmp_path, monkeypatch):
    recipe = Recipe(
        "quiz",
        PLUGIN,
        "quiz_plugin",
        files={
            "quiz_tables.py": TABLES,
            "quiz_migrations/__init__.py": "",
            "quiz_migrations/0001_first.py": FIRST,
        },
    )
    monkeypatch.syspath_prepend(str(install([recipe], tmp_path / "site")))
    yield next(plugin for plugin in load() if plugin.slug == "quiz")
    for name in [name for name in sys.modules if name.startswith("quiz_")]:
        del sys.modules[name]


def tables(database):
    with database.read() as conn:
        return set(inspect(conn).get_table_names())


def test_a_plugin_whose_tables_are_missing_needs_migration(database, quiz):
    assert quiz.ready
    storage.mark_pending(database, [quiz])
    assert quiz.state is State.NEEDS_MIGRATION
    assert "tombola migrate" in quiz.reason


def test_its_tables_come_and_go_without_the_cores(database, quiz):
    before = tables(database)
    storage.upgrade(database, "quiz", quiz.parts.storage)
    storage.upgrade(database, "quiz", quiz.parts.storage)
    assert tables(database) - before == {"quiz_answer", "quiz_version"}
    storage.mark_pending(database, [quiz])
    assert quiz.ready
    storage.downgrade(database, "quiz", quiz.parts.storage)
    assert tables(database) - before == {"quiz_version"}
    storage.upgrade(database, "quiz", quiz.parts.storage)
    assert "quiz_answer" in tables(database)


def test_an_uninstalled_plugin_does_not_stop_the_cores_migrations(database, quiz):
    storage.upgrade(database, "quiz", quiz.parts.storage)
    assert migrate.is_current(database)
    migrate.upgrade(database)  # its code may be gone; its version table is not the core's
    assert "quiz_answer" in tables(database)


def test_only_its_own_tables_are_compared(database, quiz):
    storage.upgrade(database, "quiz", quiz.parts.storage)
    with database.read() as conn:
        assert storage.differences(conn, "quiz", quiz.parts.storage) == []
    with database.write() as conn:
        conn.execute(text("DROP TABLE quiz_answer"))
    with database.read() as conn:
        ((kind, table),) = storage.differences(conn, "quiz", quiz.parts.storage)
    assert (kind, table.name) == ("add_table", "quiz_answer")
