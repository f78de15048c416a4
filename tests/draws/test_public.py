"""What everybody sees of draws: the log, results, proofs, and the pages behind private links."""

import json

import pytest
from sqlalchemy import select

from tombola.api import EntryDraft
from tombola.draws import proofs, service, witnesses
from tombola.draws.announcing import Names
from tombola.draws.types import Place
from tombola.entrants.models import entrant, identity
from tombola.entries.record import load_rules, record
from tombola.fairness.hashing import witness_commitment


@pytest.fixture
def hall(quick_hall):
    return quick_hall


@pytest.fixture
def visitor(hall):
    return hall.house.client(None)


def test_log_without_draws_says_so(visitor):
    assert "No draws yet" in visitor.get("/draw").text
    assert visitor.get("/draw/1").status_code == 404
    assert visitor.get("/draw/witness/nobody").status_code == 404


def test_result_shows_names_only_when_published_and_as_short_as_asked(hall, visitor):
    for name in ("Anna Berg", "Bert Cole", "Cleo Dorn"):
        hall.enter(name)
    made = hall.drawn(prizes=[{"title": "Lamp", "winners": 2}], backups=1)
    before = visitor.get("/draw/1").text
    assert "not published them yet" in before
    names = [one.name for one in hall.winners(made)]
    assert not any(name in before for name in names)
    service.publish(hall.inst, hall.actor, made.uid, Names.FULL)
    page = visitor.get("/draw/1").text
    won = [one.name for one in hall.winners(made) if one.place is Place.WINNER]
    [backup] = [one.name for one in hall.winners(made) if one.place is Place.BACKUP]
    assert all(name in page for name in won)
    assert backup not in page
    service.publish(hall.inst, hall.actor, made.uid, Names.INITIALS)
    page = visitor.get("/draw/1").text
    assert not any(name in page for name in won)


def test_proof_is_the_bundle_of_the_verifier(hall, visitor):
    hall.crowd()
    made = hall.drawn()
    answer = visitor.get("/draw/1/proof.json")
    assert answer.headers["Content-Disposition"] == "attachment; filename=draw-1.json"
    assert answer.text == hall.bundle(made)


def test_void_draw_stays_listed_with_its_reason(hall, visitor):
    hall.crowd()
    made = hall.drawn()
    service.void(hall.inst, hall.actor, made.uid, "the prize is <broken>")
    log = visitor.get("/draw").text
    assert "Declared void" in log
    assert "the prize is &lt;broken&gt;" in log
    page = visitor.get("/draw/1").text
    assert "the prize is &lt;broken&gt;" in page


def test_receipt_is_for_its_holder_alone(hall, visitor):
    number = hall.enter("anna", 3)
    hall.crowd()
    hall.drawn()
    with hall.inst.db.read() as conn:
        [mine] = proofs.inclusion(conn, number, hall.campaign.id)
    address = f"/draw/1/receipt/{mine.token}"
    answer = visitor.get(address)
    assert "with 3 of" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert json.loads(visitor.get(f"{address}/proof.json").text) == mine.document()
    assert visitor.get("/draw/1/receipt/" + "A" * len(mine.token)).status_code == 404
    assert visitor.get("/draw/1/receipt/é").status_code == 404


def test_witness_commits_and_speaks_on_their_page(hall, visitor):
    hall.crowd()
    made = hall.plan(grade="C", witnesses=["Ada", "Ben"])
    found = witnesses.of_draw(hall.inst, hall.actor, made.uid)
    for one in found:
        path = f"/draw/witness/{one.token}"
        assert hall.house.post(visitor, path, commitment="zz").status_code == 422
        words = f"the words of {one.name}"
        answer = hall.house.post(visitor, path, commitment=witness_commitment(one.name, words))
        assert answer.status_code == 303
    service.close(hall.inst, hall.actor, made.uid)
    hall.work()
    for one in found:
        path = f"/draw/witness/{one.token}"
        wrong = hall.house.post(visitor, path, phrase="something else altogether")
        assert wrong.status_code == 422
        assert "not the phrase" in wrong.text
        hall.house.post(visitor, path, phrase=f"the words of {one.name}")
        assert "part of the draw" in visitor.get(path).text
    hall.work()
    assert hall.get(made).state == "drawn"


def test_campaigns_page_shows_published_winners_and_each_entrant_their_own_link(hall):
    reader = hall.house.client(None)
    key = hall.campaign.key
    sent = {"name": "Anna Berg", "email": "anna@mail.example"}
    own = {"Sec-Fetch-Site": "same-origin"}
    assert reader.post(f"/w/{key}/enter", data=sent, headers=own).status_code == 303
    hall.crowd()
    with hall.inst.db.read() as conn:
        number = conn.execute(
            select(entrant.c.id).where(entrant.c.email == "anna@mail.example")
        ).scalar_one()
        known = conn.execute(select(identity).where(identity.c.entrant_id == number)).first()
    draft = EntryDraft(hall.action(), known.id, number, "anna-1", "test", occurred_at=hall.clock())
    with hall.inst.db.write() as conn:
        record(conn, [draft], load_rules(conn, hall.campaign.id), hall.clock())
    made = hall.drawn()
    assert "winners-title" not in reader.get(f"/{key}").text
    service.publish(hall.inst, hall.actor, made.uid, Names.FULL)
    page = reader.get(f"/{key}").text
    won = [one.name for one in hall.winners(made) if one.place is Place.WINNER]
    assert all(name in page for name in won)
    assert "with 1 of" in page
    link = page.split("/receipt/")[1].split('"')[0]
    assert "with 1 of" in reader.get(f"/draw/1/receipt/{link}").text
    stranger = hall.house.client(None).get(f"/{key}").text
    assert "winners-title" in stranger
    assert "/receipt/" not in stranger
    service.void(hall.inst, hall.actor, made.uid, "broken")
    assert "winners-title" not in reader.get(f"/{key}").text
