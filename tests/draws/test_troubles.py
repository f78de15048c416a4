"""Beacons that are away, secrets that come too late, erased people, sources still at work."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Conflict, Identity, Item, NotFound
from tombola.campaigns import actions
from tombola.campaigns.rules import ActionForm
from tombola.draws import beacons, erasing, freeze, jobs, log, proofs, service
from tombola.draws.models import draw_log, pool, winner
from tombola.draws.types import State
from tombola.entries import service as entries
from tombola.entries.models import entry
from tombola.fairness.verify import verify
from tombola.importing import service as importing
from tombola.importing.models import recheck
from tombola.importing.service import SourceForm
from tombola.testing.network import FaultKind


def report_of(hall, made):
    with hall.inst.db.read() as conn:
        published = log.whole(conn)
    return verify(io.StringIO(hall.bundle(made)), log=published)


def test_beacon_that_is_away_is_waited_for(quick_hall):
    hall = quick_hall
    hall.crowd(5)
    made = hall.plan(grade="A")
    service.close(hall.inst, hall.actor, made.uid)
    hall.work()
    hall.network.faults.break_("/beacons/two/*", FaultKind.SERVER_ERROR)
    hall.clock.advance(timedelta(minutes=3))
    hall.work()
    found = hall.get(made)
    assert found.state == State.WAITING
    assert any(note.startswith("Waiting for the beacon.") for note in found.notes)
    hall.network.faults.mend()
    hall.clock.advance(timedelta(minutes=5))
    hall.work()
    found = hall.get(made)
    assert found.state == State.DRAWN
    assert not any("Waiting" in note for note in found.notes)
    assert report_of(hall, made).ok


def test_forged_round_is_not_believed(quick_hall, monkeypatch):
    hall = quick_hall
    hall.crowd(5)
    made = hall.plan()
    service.close(hall.inst, hall.actor, made.uid)
    hall.work()
    hall.clock.advance(timedelta(minutes=3))
    real = beacons.fetch
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "fetch", lambda inst, address, _: real(inst, address, 5))
        hall.work()
    assert hall.get(made).state == State.WAITING
    assert "has not signed" in hall.get(made).notes[-1]


def test_secret_that_would_come_late_stays_out(quick_hall, monkeypatch):
    """The machine was off between the commitment and the beacon's round."""
    hall = quick_hall
    hall.crowd(9)
    made = hall.plan()
    service.close(hall.inst, hall.actor, made.uid)
    publish = jobs.STEPS[State.FROZEN]

    def off(inst, held, row):
        hall.clock.advance(timedelta(minutes=2))
        return publish(inst, held, row)

    monkeypatch.setitem(jobs.STEPS, State.FROZEN, off)
    found = hall.run(made)
    assert found.state == State.DRAWN
    assert found.secret is None
    report = report_of(hall, made)
    assert report.ok
    assert report.head.result.fallback
    assert [record.body["kind"] for record in report.head.log] == ["commit", "result"]


def test_erased_person_leaves_the_proof_as_it_was(hall):
    hall.crowd(8)
    made = hall.drawn()
    before = hall.bundle(made)
    with hall.inst.db.read() as conn:
        rival, link = conn.execute(
            select(pool.c.entrant_id, pool.c.tag).where(
                pool.c.tag.not_in(select(winner.c.tag).where(winner.c.draw_id == made.id))
            )
        ).first()
        first = conn.execute(select(winner.c.entrant_id).where(winner.c.rank == 1)).scalar_one()
        (mine,) = proofs.inclusion(conn, rival, hall.campaign.id)
    with hall.inst.db.write() as conn:
        erasing.erase(conn, [rival, first])
        erasing.erase(conn, [rival, first])
    assert hall.bundle(made) == before
    assert report_of(hall, made).ok
    with hall.inst.db.read() as conn:
        assert proofs.inclusion(conn, rival, hall.campaign.id) == []
        kept = conn.execute(select(pool.c.salt).where(pool.c.tag == link)).scalar()
    assert kept is None
    with pytest.raises(NotFound):
        proofs.receipt(hall.inst, made.uid, mine.token)
    shown = hall.winners(made)[0]
    assert (shown.erased, shown.name, shown.entrant, shown.identities) == (True, "", None, [])


def test_killed_freeze_leaves_nothing_behind(quick_hall, monkeypatch):
    hall = quick_hall
    hall.crowd(8)
    made = hall.plan()
    service.close(hall.inst, hall.actor, made.uid)

    def die(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(freeze, "_commit", die)
        hall.work()
    assert hall.get(made).state == State.CLOSING
    entries.archive(hall.inst, hall.actor, hall.campaign.uid, uids_of(hall, "person7"), "again")
    found = hall.run(made)
    assert (found.state, found.people) == (State.DRAWN, 7)
    assert report_of(hall, made).ok


def uids_of(hall, who):
    number = hall.enter(who, 0)
    with hall.inst.db.read() as conn:
        return list(conn.execute(select(entry.c.uid).where(entry.c.entrant_id == number)).scalars())


def test_changed_record_of_the_log_is_found(quick_hall):
    hall = quick_hall
    hall.crowd(5)
    made = hall.drawn()
    with hall.inst.db.write() as conn:
        conn.execute(
            draw_log.update()
            .where(draw_log.c.kind == "commit")
            .values(body=draw_log.c.body.concat(" "))
        )
        conn.execute(draw_log.update().where(draw_log.c.kind == "secret").values(prev="1" * 64))
    assert not report_of(hall, made).ok


def test_clock_that_is_set_back_does_not_break_the_log(quick_hall):
    hall = quick_hall
    hall.crowd(5)
    hall.drawn(grade="D")
    hall.clock.advance(timedelta(hours=-2))
    made = hall.drawn(grade="D", repeats=True)
    assert report_of(hall, made).ok


def test_two_draws_of_a_campaign_do_not_go_on_at_once(quick_hall):
    hall = quick_hall
    hall.crowd(5)
    first, second = hall.plan(), hall.plan()
    service.close(hall.inst, hall.actor, first.uid)
    with pytest.raises(Conflict, match="on its way"):
        service.close(hall.inst, hall.actor, second.uid)
    service.void(hall.inst, hall.actor, first.uid, "a mistake")
    hall.run(second)
    assert hall.get(second).number == 1
    assert [record.draw for record in log.records(hall.inst)] == [1, 1, 1]


def test_void_while_it_waits_ends_it(quick_hall):
    hall = quick_hall
    hall.crowd(5)
    made = hall.plan()
    service.close(hall.inst, hall.actor, made.uid)
    hall.work()
    service.void(hall.inst, hall.actor, made.uid, "the wrong campaign")
    hall.clock.advance(timedelta(minutes=5))
    hall.work()
    assert hall.get(made).state == State.VOIDED
    assert [record.kind for record in log.records(hall.inst)] == ["commit", "secret", "void"]


def feed(hall):
    form = ActionForm(type_key="sample.feed", title="Post", interval="unlimited")
    action = actions.add(hall.inst, hall.actor, hall.campaign.uid, form)
    source = SourceForm(config={"tags": ["tea"], "photos_only": False})
    importing.add(hall.inst, hall.actor, action.uid, source)
    hall.work("import")
    hall.clock.advance(timedelta(minutes=1))


def post(hall, name):
    author = Identity("net.x", name, handle=name)
    return Item(name, hall.clock(), "post", author, text="#tea")


def test_last_import_comes_before_the_freeze(quick_hall):
    hall = quick_hall
    feed(hall)
    hall.enter("ann")
    hall.house.feed.posts = [post(hall, "bea"), post(hall, "cid")]
    made = hall.plan()
    service.close(hall.inst, hall.actor, made.uid)
    hall.work("draw")
    assert hall.get(made).state == State.CLOSING
    assert hall.get(made).progress.step == "imports"
    hall.work("import")
    hall.clock.advance(timedelta(minutes=6))
    hall.work("draw")
    assert hall.get(made).people == 3
    assert report_of(hall, made).head.commitment.sources_read == "1"
    with hall.inst.db.read() as conn:
        assert conn.execute(select(recheck.c.id)).first() is None


def test_source_that_hangs_is_named_and_not_waited_for_for_ever(quick_hall):
    hall = quick_hall
    feed(hall)
    hall.enter("ann")
    made = hall.plan()
    service.close(hall.inst, hall.actor, made.uid)
    hall.work("draw")
    hall.clock.advance(timedelta(minutes=25))
    hall.work("draw")
    found = hall.get(made)
    assert found.people == 1
    assert any("too long" in note for note in found.notes)
    assert report_of(hall, made).head.commitment.sources_unread == "1"
