import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from tombola.queue import cli
from tombola.settings import Settings


@pytest.fixture
def commands(quick_site, house):
    place = replace(quick_site, settings=Settings(redis_url=""))
    return {command.name: command for command in cli.commands(lambda: house(place))}


def test_worker_without_redis_says_what_to_do(commands):
    result = CliRunner().invoke(commands["worker"], [])

    assert result.exit_code == 2
    assert "TOMBOLA_REDIS_URL" in result.output
    assert "--poll" in result.output


def test_help_makes_no_installation():
    def never():
        pytest.fail("--help must not make an installation")

    for command in cli.commands(never):
        assert CliRunner().invoke(command, ["--help"]).exit_code == 0


def test_commands_are_listed_without_rq():
    code = "import sys, tombola.queue.cli; print('rq' in sys.modules, 'redis' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.split() == ["False", "False"]
