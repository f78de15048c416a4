"""A confirmed address finds its entrant again, and takes nobody else's over."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from tombola.api import Identity
from tombola.db.rows import insert_one
from tombola.entrants import service as entrants
from tombola.entrants.codes import Proven
from tombola.entrants.models import link
from tombola.entries.addresses import is_proven, recognise_address
from tombola.entries.changes import Act
from tombola.entries.linking import recognise, unlink
from tombola.entries.models import entry
from tombola.teams.rules import Actor
from tombola.widget.models import visitor

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADA = Proven("ada@tea.example", "Ada")


class People:
    """Browsers of one team and who they are."""

    def __init__(self, ledger):
        self.ledger, self.team = ledger, ledger.team_id
        self.action = ledger.action()

    def browser(self, name):
        with self.ledger.db.write() as conn:
            return insert_one(
                conn, visitor, team_id=self.team, token_hash=name, created_at=NOW, seen_at=NOW
            )

    def enters(self, visitor_id, name, email):
        with self.ledger.db.write() as conn:
            return entrants.enter(conn, self.team, visitor_id, name, email, NOW).entrant_id

    def confirms(self, entrant_id, proven=ADA):
        with self.ledger.db.write() as conn:
            return recognise_address(conn, self.team, entrant_id, proven, NOW)

    def logs_in(self, entrant_id, uid):
        with self.ledger.db.write() as conn:
            seen = Identity("net.x", uid)
            return recognise(conn, self.team, entrant_id, seen, NOW, consented=True)

    def earns(self, entrant_id, key):
        with self.ledger.db.read() as conn:
            who = entrants.identities_of(conn, self.team, entrant_id)[0]
        self.ledger.record(self.ledger.draft(self.action, who, key))

    def entries(self, entrant_id):
        with self.ledger.db.read() as conn:
            return conn.execute(
                select(func.count()).select_from(entry).where(entry.c.entrant_id == entrant_id)
            ).scalar_one()

    def get(self, entrant_id):
        with self.ledger.db.read() as conn:
            return entrants.get(conn, self.team, entrant_id)

    def proven(self, entrant_id):
        with self.ledger.db.read() as conn:
            return is_proven(conn, self.team, entrant_id)


@pytest.fixture
def people(ledger):
    return People(ledger)


def test_the_first_confirmation_keeps_the_browsers_entrant(people):
    first = people.enters(people.browser("a"), "Ada", "ada@tea.example")
    people.earns(first, "1")
    assert not people.proven(first)
    assert people.confirms(first) == first
    assert people.proven(first)
    assert people.entries(first) == 1


def test_the_same_address_on_another_device_is_the_same_entrant_with_all_entries(people):
    first = people.enters(people.browser("a"), "Ada", "ada@tea.example")
    people.earns(first, "1")
    people.confirms(first)
    second = people.enters(people.browser("b"), "Ada on the phone", "ada@tea.example")
    people.earns(second, "2")
    assert second != first
    assert people.confirms(second, Proven("ada@tea.example", "Somebody")) == first
    assert people.entries(first) == 2
    assert people.entries(second) == 0
    assert people.get(first).name == "Ada"
    assert people.confirms(None) == first


def test_joining_is_linked_and_can_be_undone(people):
    first = people.enters(people.browser("a"), "Ada", "ada@tea.example")
    people.confirms(first)
    second = people.enters(people.browser("b"), "Bob", "bob@tea.example")
    people.earns(second, "2")
    people.confirms(second)
    with people.ledger.db.write() as conn:
        [number] = conn.execute(select(link.c.id)).scalars().all()
        unlink(conn, number, Act("unlink", Actor.system(people.team), "", "", NOW))
    assert people.entries(second) == 1


def test_an_unconfirmed_address_matches_nobody(people):
    stranger = people.enters(people.browser("x"), "Ada", "ada@tea.example")
    people.earns(stranger, "1")
    owner = people.enters(people.browser("a"), "Ada", "ada@tea.example")
    assert owner != stranger
    assert people.confirms(owner) == owner
    assert people.entries(owner) == 0
    assert people.entries(stranger) == 1
    assert not people.proven(stranger)


def test_who_typed_the_address_first_gets_nothing_when_its_owner_comes(people):
    stranger = people.enters(people.browser("x"), "Mallory", "ada@tea.example")
    owner = people.confirms(None)
    assert owner != stranger
    people.earns(owner, "1")
    assert people.entries(stranger) == 0
    assert (people.get(owner).name, people.get(owner).email) == ("Ada", "ada@tea.example")


def test_a_log_in_and_an_address_become_one_person(people):
    with_x = people.logs_in(None, "7")
    people.earns(with_x, "1")
    by_mail = people.enters(people.browser("a"), "Ada", "ada@tea.example")
    people.confirms(by_mail)
    assert people.confirms(with_x) == by_mail
    assert people.entries(by_mail) == 1
    assert people.logs_in(None, "7") == by_mail


def test_a_browser_of_somebody_with_another_address_changes_over(people):
    bob = people.confirms(None, Proven("bob@tea.example", "Bob"))
    people.earns(bob, "1")
    ada = people.confirms(bob)
    assert ada != bob
    assert people.entries(bob) == 1
    assert people.confirms(None, Proven("bob@tea.example", None)) == bob


def test_confirming_again_changes_nothing(people):
    first = people.confirms(None)
    assert people.confirms(first) == first
    assert people.confirms(None, Proven("ada@tea.example", "Other")) == first
    assert people.get(first).name == "Ada"


def test_teams_do_not_share_people(people, new_ledger):
    first = people.confirms(None)
    with people.ledger.db.read() as conn:
        assert entrants.find(conn, people.team + 1, "email", "ada@tea.example") is None
        mine = entrants.find(conn, people.team, "email", "ada@tea.example")
    assert mine is not None
    assert mine.entrant_id == first
