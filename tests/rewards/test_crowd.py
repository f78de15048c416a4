"""Sixty-four clients in eight processes press at once, on both databases."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tombola.rewards.service import show

PROGRAM = Path(__file__).with_name("claimers.py")
PROCESSES, CLIENTS = 8, 64


def press(booth, prize, entrants):
    """What came of each press, all presses at once."""
    shares = [entrants[n::PROCESSES] for n in range(PROCESSES)]
    told = {
        "database": booth.inst.db.url.render_as_string(hide_password=False),
        "folder": str(booth.inst.settings.data_dir), "key": booth.campaign.key, "prize": prize.uid,
    }  # fmt: skip
    running = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), json.dumps(told | {"entrants": share})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for share in shares
    ]  # fmt: skip
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    came = [each.communicate(timeout=60)[0] for each in running]
    assert [each.returncode for each in running] == [0] * PROCESSES
    return Counter(one for text in came for one in json.loads(text))


@pytest.mark.slow
def test_of_sixty_four_people_as_many_get_a_code_as_there_are_and_no_code_goes_twice(booth):
    prize = booth.coded(*(f"CODE-{n:02}" for n in range(40)), stock=30)
    people = [booth.person(str(n)) for n in range(CLIENTS)]
    came = press(booth, prize, [who.entrant_id for who in people])
    assert came == {"claimed": 30, "sold out": 34}
    given = [
        code
        for who in people
        for code in show(booth.inst, list(booth.claims(who).values())).values()
    ]
    assert len(given) == len(set(given)) == 30


@pytest.mark.slow
def test_one_person_who_presses_sixty_four_times_at_once_has_it_once(booth):
    prize, anna = booth.coded(*(f"CODE-{n}" for n in range(9))), booth.person()
    came = press(booth, prize, [anna.entrant_id] * CLIENTS)
    assert came == {"claimed": 1, "known": 63}
    assert booth.left(prize) == 8
