"""The walk through docs/api.md, done: each of its blocks is run against a real server."""

import re
import subprocess
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tombola.plugins.loader import load
from tombola.rest import limits
from tombola.teams import tokens
from tombola.teams.rules import Scope
from tombola.teams.tokens import NewToken
from tombola.testing import house as houses

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def house(sqlite_database, clock, tmp_path):
    plugins = [one for one in load() if one.slug == "custom_tracking"]
    return houses.build(sqlite_database, clock, tmp_path / "data", plugins=plugins)


@pytest.fixture
def address(house):
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_the_guide_does_what_it_says(house, address, tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    text = tokens.make(house.inst, house.actor(), NewToken(name="Guide", scopes=tuple(Scope)))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "TOKEN": text, "TOMBOLA": address, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"result":"new"' in done.stdout
    assert '"description":"One lamp, to be won in spring."' in done.stdout
    assert '"state":"closing"' in done.stdout


def test_the_guide_names_the_limits_that_there_are():
    said = " ".join(GUIDE.read_text("utf-8").split())
    assert (limits.RATE.burst, limits.RATE.a_second) == (100, 20)
    assert "a hundred times at once and twenty times a second" in said
