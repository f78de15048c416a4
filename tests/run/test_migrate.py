"""`tombola migrate` with plugins that have tables of their own."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from tombola.cli import main
from tombola.settings import get_settings

PLUGIN = """
from sqlalchemy import Column, Integer, MetaData, Table
from tombola.api import Storage
from tombola.hookspecs import hookimpl

metadata = MetaData()
Table("{slug}_seed", metadata, Column("id", Integer, primary_key=True))

@hookimpl
def register_storage():
    return Storage("{slug}_plugin:metadata", "{slug}_migrations")
"""

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

def upgrade():
    {body}
"""


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TOMBOLA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("TOMBOLA_DATABASE_URL", raising=False)
    get_settings.cache_clear()
    yield tmp_path / "data"
    get_settings.cache_clear()


def install(folder: Path, slug: str, body: str) -> None:
    (folder / f"{slug}_plugin.py").write_text(PLUGIN.format(slug=slug))
    package = folder / f"{slug}_migrations"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "1_first.py").write_text(MIGRATION.format(body=body))
    info = folder / f"{slug}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {slug}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[tombola.plugins.v1]\n{slug} = {slug}_plugin\n")


def tables(data: Path) -> set[str]:
    connection = sqlite3.connect(data / "tombola.sqlite3")
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return names


def test_plugins_tables_are_made_beside_the_cores(data, tmp_path, monkeypatch):
    install(tmp_path, "finch", "op.create_table('finch_seed', sa.Column('id', sa.Integer()))")
    monkeypatch.syspath_prepend(tmp_path)

    for _ in range(2):
        result = CliRunner().invoke(main, ["migrate"])
        assert (result.exit_code, result.output) == (0, "")

    assert {"team", "tombola_version", "finch_seed", "finch_version"} <= tables(data)


def test_failing_migration_of_a_plugin_is_named_and_stops_nothing(data, tmp_path, monkeypatch):
    install(tmp_path, "rook", "raise RuntimeError('no nest')")
    monkeypatch.syspath_prepend(tmp_path)

    result = CliRunner().invoke(main, ["migrate"])

    assert result.exit_code == 0
    assert "The migrations of plugin rook failed: RuntimeError: no nest" in result.output
    assert "team" in tables(data)
    assert "rook_seed" not in tables(data)


def test_check_says_what_is_missing_until_all_is_there(data):
    before = CliRunner().invoke(main, ["check"])
    CliRunner().invoke(main, ["migrate"])
    after = CliRunner().invoke(main, ["check"])

    assert before.exit_code == 1
    assert "run `tombola migrate`" in before.output
    assert after.exit_code == 0
    assert after.output.startswith("Nothing is missing.\n")


def test_check_notes_a_missing_operator_and_missing_mail(data, monkeypatch):
    monkeypatch.setenv("TOMBOLA_OPERATOR_PASSWORD", "a long enough one")
    CliRunner().invoke(main, ["migrate"])
    before = CliRunner().invoke(main, ["check"])
    words = ["operator", "create", "--name", "Robin", "--email", "robin@tombola.example"]
    CliRunner().invoke(main, words)
    after = CliRunner().invoke(main, ["check"])

    assert (before.exit_code, after.exit_code) == (0, 0)
    assert "Note: There is no operator yet; run `tombola operator create`" in before.output
    assert "/first-start" in before.output
    assert "operator" not in after.output
    assert "Note: No mail is sent" in after.output
    assert "TOMBOLA_SMTP_URL" in after.output


def test_first_operator_is_made_once(data, monkeypatch):
    CliRunner().invoke(main, ["migrate"])
    monkeypatch.setenv("TOMBOLA_OPERATOR_PASSWORD", "a long enough one")
    words = ["operator", "create", "--name", "Robin", "--email", "robin@tombola.example"]

    first = CliRunner().invoke(main, words)
    second = CliRunner().invoke(main, words)

    assert first.output == "Robin (robin@tombola.example) runs this installation now.\n"
    assert second.exit_code == 1
    assert "has an operator already" in second.output


def test_operator_with_a_short_password_is_told_so(data, monkeypatch):
    CliRunner().invoke(main, ["migrate"])
    monkeypatch.setenv("TOMBOLA_OPERATOR_PASSWORD", "short")

    result = CliRunner().invoke(
        main, ["operator", "create", "--name", "R", "--email", "r@t.example"]
    )

    assert result.exit_code == 1
    assert "password" in result.output
    assert "short" not in result.output.replace("too short", "")
