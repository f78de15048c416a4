"""A worker is killed at every place of its work: nobody gets a message twice, nothing is lost."""

import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("doomed.py")


@contextmanager
def doomed(rookery, ledger):
    """Somebody who sends workers to their death: takes (place, time), says what became of it."""
    url = rookery.inst.db.url.render_as_string(hide_password=False)
    folder = rookery.inst.settings.data_dir
    command = [sys.executable, str(PROGRAM), url, str(folder), str(ledger)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        to: Any = process.stdin
        back: Any = process.stdout

        def send(place):
            to.write(f"{place} {rookery.clock().isoformat()}\n")
            to.flush()
            return back.readline().strip()

        try:
            yield send
        finally:
            to.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_every_place_a_message_goes_at_most_once_and_is_never_forgotten(
    rookery, tmp_path
):
    ledger = tmp_path / "ledger"
    rookery.network.file = ledger
    ended: Counter[tuple[str, int]] = Counter()
    with doomed(rookery, ledger) as send:
        for place in range(1, 500):
            who = f"u{place}"
            rookery.subscribe(who, name=f"Ann {place}", hear=False)
            rookery.house.work("webhook", "heard")
            came = send(place)
            if came != "killed":
                break
            rookery.clock.advance(timedelta(minutes=3))  # every lease is over
            rookery.hear()
            rookery.work()
            (row,) = [row for row in rookery.rows() if row["who"] == f"7:{who}"]
            taken = sum(line[0] == f"7:{who}" for line in rookery.network.taken)
            ended[row["state"], taken] += 1
    assert (came, place > 30) == ("ended 0", True)
    assert set(ended) == {("sent", 1), ("unknown", 0), ("unknown", 1)}
    assert len(rookery.entries()) == place
    before = rookery.network.taken
    for _ in range(3):
        rookery.clock.advance(timedelta(hours=7))
        rookery.work()
    assert rookery.network.taken == before
