"""Somebody who was in a draw is erased: winner or not, everything about it verifies as before."""

import io

import pytest
from sqlalchemy import select

from tombola.draws import log, proofs
from tombola.draws.models import pool
from tombola.entrants.models import entrant
from tombola.fairness.verify import inclusion_trouble, verify
from tombola.privacy import service as privacy


def erase(hall, number):
    with hall.inst.db.read() as conn:
        uid = conn.execute(select(entrant.c.uid).where(entrant.c.id == number)).scalar_one()
    privacy.erase(hall.inst, hall.actor, uid)
    hall.work("erase")
    return uid


def report(hall, made):
    with hall.inst.db.read() as conn:
        published = log.whole(conn)
    return verify(io.StringIO(hall.bundle(made)), log=published)


@pytest.mark.parametrize("place", ["winner", "rival"])
def test_bundle_and_everybody_elses_proof_hold_as_before(hall, place):
    hall.crowd(12)
    made = hall.drawn()
    before = hall.bundle(made)
    with hall.inst.db.read() as conn:
        people = list(conn.execute(select(pool.c.entrant_id)).scalars())
        uids = {row.id: row.uid for row in conn.execute(select(entrant.c.id, entrant.c.uid))}
    won = {one.entrant for one in hall.winners(made)}
    gone = next(number for number in people if (uids[number] in won) is (place == "winner"))
    erase(hall, gone)
    assert hall.bundle(made) == before
    assert report(hall, made).ok
    with hall.inst.db.read() as conn:
        left = list(conn.execute(select(pool.c.entrant_id)).scalars())
        assert left.count(None) == 1
        assert gone not in left
        for number in left:
            if number is not None:
                (mine,) = proofs.inclusion(conn, number, hall.campaign.id)
                assert inclusion_trouble(mine.document()) is None
    named = [one.name for one in hall.winners(made) if one.name.startswith("person")]
    assert len(named) == (5 if place == "winner" else 6)
