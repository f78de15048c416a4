"""A log-in proves by which other names its account is known; names change hands."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from tombola.api import Identity
from tombola.entrants import service as entrants
from tombola.entries.linking import recognise, recognise_also
from tombola.entries.models import entry

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
JANE = Identity("net.name", "jane", handle="Jane")


class Names:
    """People of one team: imports meet them by name, log-ins by number."""

    def __init__(self, ledger):
        self.ledger, self.team = ledger, ledger.team_id
        self.action = ledger.action()

    def meets(self, key, name=JANE):
        """An import brings what somebody with that name has posted."""
        with self.ledger.db.write() as conn:
            known = entrants.resolve(conn, self.team, [name], NOW)[name.provider, name.uid]
        self.ledger.record(self.ledger.draft(self.action, known, key))

    def logs_in(self, number, entrant_id=None, *, consented=True):
        """Somebody logs in with the account that is called Jane; gives who they are."""
        seen = Identity("net.id", number)
        with self.ledger.db.write() as conn:
            before = entrants.find(conn, self.team, "net.id", number)
            who = recognise(conn, self.team, entrant_id, seen, NOW, consented=consented)
            account = entrants.find(conn, self.team, "net.id", number)
            assert account is not None
            before_id = None if before is None else before.entrant_id
            recognise_also(conn, self.team, account, before_id, JANE, NOW)
        return who

    def new(self):
        """Somebody who is here already, by another network."""
        return self.ledger.person("other").entrant_id

    def entries(self):
        """How many entries count for whom."""
        with self.ledger.db.read() as conn:
            counted = select(entry.c.entrant_id, func.count()).group_by(entry.c.entrant_id)
            return dict(conn.execute(counted).all())

    def proven(self, entrant_id):
        with self.ledger.db.read() as conn:
            known = entrants.identities_of(conn, self.team, entrant_id)
        return sorted(each.kind for each in known if each.proven_at)


@pytest.fixture
def names(ledger):
    return Names(ledger)


def test_what_was_imported_before_the_log_in_counts_for_the_person(names):
    names.meets("a")
    who = names.logs_in("1")
    assert names.entries() == {who: 1}
    assert names.proven(who) == ["net.id", "net.name"]


def test_what_is_imported_after_the_log_in_counts_for_the_person(names):
    who = names.logs_in("1")
    names.meets("a")
    assert names.entries() == {who: 1}


def test_names_follow_an_account_that_is_linked_with_somebody(names):
    names.meets("a")
    names.logs_in("1")
    somebody = names.new()
    assert names.logs_in("1", somebody) == somebody
    assert names.entries() == {somebody: 1}


def test_names_stay_with_the_account_where_nobody_agreed_to_link_it(names):
    names.meets("a")
    somebody = names.new()
    assert names.logs_in("1", somebody, consented=False) == somebody
    ((owner, count),) = names.entries().items()
    assert owner != somebody
    assert (count, names.proven(owner)) == (1, ["net.id", "net.name"])


def test_name_that_changed_hands_stays_with_who_has_proven_it(names):
    names.meets("a")
    first = names.logs_in("1")
    second = names.logs_in("2")
    assert first != second
    assert names.entries() == {first: 1}
    assert names.proven(second) == ["net.id"]


def test_logging_in_again_changes_nothing(names):
    names.meets("a")
    who = names.logs_in("1")
    assert names.logs_in("1", who) == who
    assert names.entries() == {who: 1}
