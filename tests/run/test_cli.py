import subprocess
import sys

import pytest
from click.testing import CliRunner

from tombola import __version__
from tombola.cli import OFFERS, main

HEAVY = ("flask", "sqlalchemy", "pydantic", "rq", "granian", "alembic")

PROBE = f"""
import sys
from tombola.cli import main
try:
    main(sys.argv[1:], prog_name="tombola")
except SystemExit as end:
    code = end.code
loaded = [name for name in {HEAVY!r} if name in sys.modules]
sys.exit(f"loaded {{loaded}}" if loaded else code)
"""


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_first_words_load_nothing_heavy(word: str):
    result = subprocess.run(
        [sys.executable, "-c", PROBE, word], capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert "tombola" in result.stdout.lower()


def test_version_is_the_distributions():
    assert CliRunner().invoke(main, ["--version"]).output == f"tombola, version {__version__}\n"


@pytest.mark.parametrize("name", OFFERS)
def test_every_offered_command_exists_and_explains_itself(name: str):
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Usage: main {name}")


PLUGIN = """
import click
from tombola.hookspecs import hookimpl

@click.command()
def greet():
    click.echo("hello")

@hookimpl
def register_commands():
    return [greet]
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A function that installs a distribution with one plugin for this test."""

    def install(slug: str, source: str) -> None:
        (tmp_path / f"{slug}_plugin.py").write_text(source)
        info = tmp_path / f"{slug}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {slug}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[tombola.plugins.v1]\n{slug} = {slug}_plugin\n")
        monkeypatch.syspath_prepend(tmp_path)

    return install


def test_plugins_command_is_found_under_its_slug(installed):
    installed("parrot", PLUGIN)

    result = CliRunner().invoke(main, ["parrot", "greet"])

    assert (result.exit_code, result.output) == (0, "hello\n")


def test_command_of_a_broken_plugin_says_why_and_others_work(installed):
    installed("magpie", "raise RuntimeError('no seeds')")

    result = CliRunner().invoke(main, ["magpie", "greet"])

    assert result.exit_code == 1
    assert "'magpie' is broken" in result.output
    assert "no seeds" in result.output
    assert CliRunner().invoke(main, ["migrate", "--help"]).exit_code == 0


def test_unknown_command_is_named():
    result = CliRunner().invoke(main, ["frobnicate"])

    assert result.exit_code == 2
    assert "frobnicate" in result.output


@pytest.mark.parametrize("value", ["box", "=box serve", "box=", "a b=box"])
def test_program_beside_that_cannot_be_read_is_explained(value: str):
    result = CliRunner().invoke(main, ["run", "--also", value])

    assert result.exit_code == 2
    assert "NAME=COMMAND" in result.output
