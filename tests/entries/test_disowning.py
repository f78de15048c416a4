from datetime import UTC, datetime

from sqlalchemy import select

from tombola.api import Identity
from tombola.entrants import service as entrants
from tombola.entrants.models import identity
from tombola.entries.disowning import disown
from tombola.entries.linking import recognise
from tombola.entries.models import entry
from tombola.entries.totals import recount

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SEEN = Identity("net.x", "42", "ada", "Ada")


def log_in(ledger):
    """Ada enters as a visitor and proves her account; gives her entrant."""
    with ledger.db.write() as conn:
        visitor = entrants.enter(conn, ledger.team_id, 1, "Visitor", None, NOW)
        return recognise(conn, ledger.team_id, visitor.entrant_id, SEEN, NOW, consented=True)


def forget(ledger):
    with ledger.db.write() as conn:
        return disown(conn, SEEN.provider, SEEN.uid, NOW)


def known(ledger):
    with ledger.db.read() as conn:
        return conn.execute(select(identity).where(identity.c.kind == "net.x")).mappings().all()


def test_account_is_cut_loose_and_its_entries_stay_without_a_name(ledger):
    action = ledger.action()
    imported = ledger.person("42")
    ledger.record(ledger.draft(action, imported, "post"))
    person = log_in(ledger)
    assert person != imported.entrant_id
    assert forget(ledger) == 1
    (row,) = known(ledger)
    assert row["value"] == f"forgotten:{row['uid']}"
    gone = ("handle", "name", "proven_at", "consented_at")
    assert [row[each] for each in gone] == [None] * 4
    with ledger.db.read() as conn:
        (owner,) = conn.execute(select(entry.c.entrant_id)).scalars()
        assert recount(conn, ledger.campaign_id) == []
    assert owner == imported.entrant_id


def test_whoever_comes_again_is_somebody_new(ledger):
    first = ledger.person("42")
    forget(ledger)
    assert ledger.person("42").id != first.id


def test_forgetting_twice_and_strangers_change_nothing(ledger):
    ledger.person("7")
    before = known(ledger)
    assert forget(ledger) == 0
    ledger.person("42")
    assert [forget(ledger), forget(ledger)] == [1, 0]
    assert known(ledger)[0] == before[0]


def test_name_that_came_from_the_account_goes_with_it(ledger):
    with ledger.db.write() as conn:
        entrants.resolve(conn, ledger.team_id, [SEEN], NOW)
    (row,) = known(ledger)
    forget(ledger)
    with ledger.db.read() as conn:
        assert entrants.get(conn, ledger.team_id, row["entrant_id"]).name is None
