"""A competition from its first entry to its last winner, by the API alone."""

from datetime import timedelta
from io import StringIO

import pytest

from tombola.draws.store import DRAW
from tombola.fairness.verify import verify

FORM = {"title": "Win", "starts_at": "2026-05-01T00:00:00Z", "ends_at": "2026-07-01T00:00:00Z"}


@pytest.fixture
def path(program):
    return f"/campaigns/{program.post('/campaigns', FORM)['key']}"


@pytest.fixture
def filled(program, path):
    say = {"type_key": "sample.word", "title": "Say", "config": {"word": "moon"}}
    action = program.post(f"{path}/actions", say)["id"]
    gifts = [
        {"key": f"k{n}", "email": f"p{n}@example.org", "worth": n + 1, "name": f"P{n}"}
        for n in range(20)
    ]
    program.post(f"{path}/entries", {"action": action, "entries": gifts})
    prize = program.post(f"{path}/prizes", {"title": "Lamp", "winners": 2})
    named = {"uid": prize["id"], "title": "Lamp", "winners": 2}
    return {"title": "First", "prizes": [named], "backups": 3, "grade": "D"}


def test_draw_from_pool_to_proof(program, path, filled, house):
    seen = program.post(f"{path}/draws/preview", filled)
    assert (seen["people"], seen["weight"]) == (20, 210)
    made = program.post(f"{path}/draws", filled)
    assert (made["state"], made["number"]) == ("planned", None)
    own = f"{path}/draws/{made['id']}"
    assert program.refused("GET", f"{own}/bundle")[:2] == (409, "conflict")
    assert program.ask("POST", f"{own}/close").status_code == 202
    for _ in range(20):
        house.work("import", DRAW)
        house.inst.clock.advance(timedelta(seconds=31))
    drawn = program.get(own)
    assert (drawn["state"], drawn["people"], drawn["total"]) == ("drawn", 20, 210)
    winners = program.get(f"{own}/winners")["items"]
    assert [one["place"] for one in winners] == ["winner"] * 2 + ["backup"] * 3
    assert len({one["entrant"] for one in winners}) == 5
    first = winners[0]
    after = program.post(f"{own}/winners/{first['id']}/pass-over", {"reason": "gave up"})["items"]
    assert (after[0]["place"], after[0]["reason"]) == ("passed", "gave up")
    assert after[2]["prize"] == "Lamp"
    assert program.post(f"{own}/publish")["state"] == "published"
    report = verify(StringIO(program.ask("GET", f"{own}/bundle").text))
    assert report.ok, report.checks
    assert report.winners == [one["tag"] for one in winners]
    assert program.post(f"{own}/void", {"reason": "a mistake"})["state"] == "voided"
    assert [one["state"] for one in program.get(f"{path}/draws")["items"]] == ["voided"]


def test_plan_is_changed_until_it_is_closed(program, path, filled):
    own = f"{path}/draws/{program.post(f'{path}/draws', filled)['id']}"
    changed = program.ask("PUT", own, {**filled, "backups": 1})
    assert (changed.status_code, changed.json["form"]["backups"]) == (200, 1)
    program.post(f"{own}/close")
    assert program.refused("PUT", own, filled)[:2] == (409, "conflict")


def test_draw_of_another_campaign_is_not_there(program, path, filled):
    made = program.post(f"{path}/draws", filled)["id"]
    other = f"/campaigns/{program.post('/campaigns', FORM)['key']}"
    assert program.refused("GET", f"{other}/draws/{made}")[:2] == (404, "not-found")
    assert program.refused("POST", f"{other}/draws/{made}/close")[:2] == (404, "not-found")
