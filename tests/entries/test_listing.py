"""Who an entry is shown to be, where the network tells little."""

import pytest

from tombola.api import EntryDraft, Identity
from tombola.entrants import service as entrants
from tombola.entries import listing
from tombola.teams.rules import Actor, Role


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        (Identity("net.x", "77"), "77"),
        (Identity("net.x", "77", handle="jane"), "jane"),
        (Identity("net.x", "77", handle="jane", name="Jane"), "Jane"),
        (Identity(entrants.ITEM, "net.x 1"), ""),
        (Identity(entrants.VISITOR, "5"), ""),
    ],
)
def test_an_author_without_names_is_shown_by_number(ledger, inst, clock, identity, who):
    with ledger.db.write() as conn:
        known = entrants.resolve(conn, ledger.team_id, [identity], clock())
    person = known[identity.provider, identity.uid]
    action = ledger.action()
    ledger.record(EntryDraft(action, person.id, person.entrant_id, "k", "test"))
    viewer = Actor(ledger.team_id, "", None, "V", Role.VIEWER)
    (line,) = listing.page(inst, viewer, campaign_uid(ledger)).lines
    assert line.who == who
    assert line.claimed == (identity.provider != entrants.ITEM)


def campaign_uid(ledger) -> str:
    with ledger.db.read() as conn:
        found = conn.exec_driver_sql("SELECT uid FROM campaign")
        return str(found.scalar_one())
