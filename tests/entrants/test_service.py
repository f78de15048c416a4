"""Identities and entrants: found again by the network's id, and by nothing else."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from tombola.api import Identity, NotFound
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.entrants import service
from tombola.entrants.models import entrant, identity
from tombola.plans.models import plan
from tombola.teams.models import team

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def teams(database):
    with database.write() as conn:
        conn.execute(plan.insert().values(key="test", title="Test", position=9))
        return [
            insert_one(conn, team, uid=new_uid(NOW), slug=s, name=s, plan="test", created_at=NOW)
            for s in ("one", "two")
        ]


def test_who_is_known_is_found_and_who_is_new_is_made(database, teams):
    ada, bob = Identity("x", "1", "ada"), Identity("x", "2", "bob")
    with database.write() as conn:
        first = service.resolve(conn, teams[0], [ada, ada], NOW)
    with database.write() as conn:
        second = service.resolve(conn, teams[0], [bob, ada], NOW)
    assert second["x", "1"].id == first["x", "1"].id
    assert second["x", "2"].entrant_id != second["x", "1"].entrant_id
    with database.read() as conn:
        assert conn.execute(select(func.count()).select_from(entrant)).scalar() == 2


def test_a_new_handle_is_kept_and_never_makes_another_person(database, teams):
    with database.write() as conn:
        before = service.resolve(conn, teams[0], [Identity("x", "1", "ada", "Ada")], NOW)
    with database.write() as conn:
        service.resolve(conn, teams[0], [Identity("x", "1", "countess", None)], NOW)
        after = service.find(conn, teams[0], "x", "1")
    assert after is not None
    assert after.id == before["x", "1"].id
    assert (after.handle, after.name) == ("countess", "Ada")


def test_teams_know_nothing_of_each_others_people(database, teams):
    seen = Identity("x", "1")
    with database.write() as conn:
        one = service.resolve(conn, teams[0], [seen], NOW)["x", "1"]
        two = service.resolve(conn, teams[1], [seen], NOW)["x", "1"]
    assert one.entrant_id != two.entrant_id
    with database.read() as conn, pytest.raises(NotFound):
        service.get(conn, teams[1], one.entrant_id)


def test_an_unclaimed_item_is_an_entrant_of_its_own(database, teams):
    with database.write() as conn:
        known = service.resolve(conn, teams[0], [Identity(service.ITEM, "post-1")], NOW)
        assert service.get(conn, teams[0], known["item", "post-1"].entrant_id).kind == "item"


def test_writers_that_meet_the_same_people_at_once_make_each_once(database, teams):
    authors = [Identity("x", str(n)) for n in range(30)]
    start = threading.Barrier(4)
    failures = []

    def work():
        start.wait()
        try:
            with database.write() as conn:
                service.resolve(conn, teams[0], authors, NOW)
        except Exception as error:  # noqa: BLE001 # told below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as conn:
        assert conn.execute(select(func.count()).select_from(identity)).scalar() == 30
        assert conn.execute(select(func.count()).select_from(entrant)).scalar() == 30


def test_the_same_address_typed_twice_proves_nothing(database, teams):
    with database.write() as conn:
        one = service.enter(conn, teams[0], 1, "Ada", "ada@example.org", NOW)
        two = service.enter(conn, teams[0], 2, "Not Ada", "ada@example.org", NOW)
        again = service.enter(conn, teams[0], 1, "Ada", "ada@example.org", NOW)
    assert one.entrant_id != two.entrant_id
    assert again.id == one.id
    assert one.proven_at is None
