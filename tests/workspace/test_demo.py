"""The first command of the README: the demo starts, lives, and starts again as it was."""

import re
import shlex
import signal
import sqlite3
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tombola.testing.processes import wait_for
from tombola.testing.running import Run, free_port, members

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
#: What the demo imports: every network of the sandbox is played and read.
IMPORTS = (
    "facebook_comments.comments",
    "facebook_tagged.tagged",
    "instagram_import.comments",
    "instagram_import.hashtag",
    "twitter_import.hashtag",
)
KINDS_THAT_ENTERED = (
    "SELECT count(DISTINCT action.type_key) FROM entry JOIN action ON action.id = entry.action_id "
    "WHERE entry.state = 'valid' AND action.type_key NOT LIKE 'custom_tracking.%'"
)


def words_of_make_run() -> list[str]:
    """What the Makefile gives to `tombola run`, with paths that hold from anywhere."""
    (line,) = re.findall(r"bin/tombola run (.+)", (ROOT / "Makefile").read_text())
    return [str(ROOT / word) if word.endswith(".json") else word for word in shlex.split(line)]


def count(data: Path, question: str) -> int:
    connection = sqlite3.connect(data / "tombola.sqlite3", timeout=30)
    (number,) = connection.execute(question).fetchone()
    connection.close()
    return int(number)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        run.end(signal.SIGTERM)


def addresses(run: Run) -> dict[str, str]:
    """The lines under the word that all is ready: label to address."""
    start = run.lines.index("Tombola is ready\n")
    pairs = (re.match(r"  (\S.*?)  +(http\S+)", line) for line in run.lines[start:])
    return {pair[1]: pair[2] for pair in pairs if pair}


def test_demo_starts_lives_and_starts_again_as_it_was(runs, tmp_path):
    port = free_port()
    data = tmp_path / "data"
    runs.append(Run(data, port, words_of_make_run()))
    first = runs[0].wait_ready()
    said = addresses(first)

    assert {"Landing page", "Admin", "Demo shop", "Sandbox console"} <= set(said)
    for address in said.values():
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 # printed by us
            assert answer.status == 200, address
    wait_for(lambda: count(data, KINDS_THAT_ENTERED) == len(IMPORTS), 90)
    wait_for(lambda: count(data, "SELECT count(*) FROM media WHERE state = 'kept'") > 0, 60)
    groups = first.groups()
    first.end(signal.SIGINT)
    assert members(groups) == []
    assert not [line for line in first.lines if "Traceback" in line or "[error" in line]
    before = count(data, "SELECT count(*) FROM entry")

    runs.append(Run(data, port, words_of_make_run()))
    second = runs[1].wait_ready()

    assert addresses(second) == said
    assert count(data, "SELECT count(*) FROM campaign") == 2
    assert count(data, "SELECT count(*) FROM action") == 13
    assert count(data, "SELECT count(*) FROM prize") == 4
    assert count(data, "SELECT count(*) FROM reward_code") == 12
    assert count(data, "SELECT count(*) FROM entry") >= before
    wait_for(lambda: count(data, "SELECT count(*) FROM entry") > before, 120)
    doubled = "SELECT count(*) - count(DISTINCT action_id || '/' || key) FROM entry"
    assert count(data, doubled) == 0
