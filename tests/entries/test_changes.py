"""Revoke, archive, restore, move dates, link and unlink: totals follow and undo is exact."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tombola.api import Identity
from tombola.campaigns.models import action, campaign
from tombola.entrants import service as entrants
from tombola.entries.changes import Act, decide_campaign, mark
from tombola.entries.linking import link, recognise, unlink
from tombola.entries.models import entry, entry_change, participation, total
from tombola.entries.rules import State
from tombola.entries.totals import recount
from tombola.teams.rules import Actor

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def act(ledger, kind="test", reason="because"):
    return Act(kind, Actor.system(ledger.team_id), reason, "", NOW)


def states(ledger):
    with ledger.db.read() as conn:
        return dict(conn.execute(select(entry.c.key, entry.c.state)).all())


def snapshot(ledger):
    with ledger.db.read() as conn:
        rows = conn.execute(
            select(entry.c.id, entry.c.state, entry.c.slot, entry.c.entrant_id).order_by(entry.c.id)
        ).all()
        worth = conn.execute(
            select(
                participation.c.entrant_id, participation.c.entries, participation.c.worth_counted
            )
            .where(participation.c.entries > 0)
            .order_by(participation.c.entrant_id)
        ).all()
        days = conn.execute(
            select(total.c.local_day, total.c.state, total.c.entries, total.c.worth)
            .where(total.c.entries > 0)
            .order_by(total.c.local_day, total.c.state)
        ).all()
        return rows, worth, days


def check(ledger):
    with ledger.db.read() as conn:
        assert recount(conn, ledger.campaign_id) == []


def test_a_revoked_holders_place_goes_to_the_earliest_that_was_refused(ledger):
    action = ledger.action("daily")
    who = ledger.person()
    first = ledger.record(ledger.draft(action, who, "first"))[0]
    ledger.record(ledger.draft(action, who, "third", NOW + timedelta(minutes=2)))
    ledger.record(ledger.draft(action, who, "second", NOW + timedelta(minutes=1)))
    with ledger.db.write() as conn:
        assert mark(conn, ledger.campaign_id, [first.entry_id], State.REVOKED, act(ledger)) == 1
    assert states(ledger) == {"first": "revoked", "second": "valid", "third": "spent"}
    check(ledger)
    with ledger.db.read() as conn:
        changes = conn.execute(select(entry_change.c.from_state, entry_change.c.to_state)).all()
        assert sorted(changes) == [("spent", "valid"), ("valid", "revoked")]


def test_archiving_takes_out_of_the_pool_and_restoring_puts_back(ledger):
    action = ledger.action("daily")
    who = ledger.person()
    outcomes = ledger.record(*[ledger.draft(action, who, key) for key in "ab"])
    before = snapshot(ledger)
    ids = [outcome.entry_id for outcome in outcomes]
    with ledger.db.write() as conn:
        mark(conn, ledger.campaign_id, ids, State.ARCHIVED, act(ledger))
    assert set(states(ledger).values()) == {"archived"}
    check(ledger)
    with ledger.db.write() as conn:
        mark(conn, ledger.campaign_id, ids, State.VALID, act(ledger))
    assert snapshot(ledger) == before
    check(ledger)


def test_an_archived_entry_keeps_its_place_through_a_link_and_its_undo(ledger):
    action = ledger.action("once")
    one, two = ledger.person("1"), ledger.person("2")
    first = ledger.record(ledger.draft(action, one, "first"))[0]
    ledger.record(ledger.draft(action, one, "second"))
    with ledger.db.write() as conn:
        mark(conn, ledger.campaign_id, [first.entry_id], State.ARCHIVED, act(ledger))
    before = snapshot(ledger)
    with ledger.db.write() as conn:
        number = link(conn, one, two.entrant_id, "admin", act(ledger, "link"))
    assert number is not None
    with ledger.db.write() as conn:
        unlink(conn, number, act(ledger, "unlink"))
    assert snapshot(ledger) == before


def test_an_archived_entry_keeps_its_place_when_the_interval_comes_and_goes(ledger):
    action_id = ledger.action("once")
    who = ledger.person()
    first = ledger.record(ledger.draft(action_id, who, "first"))[0]
    ledger.record(ledger.draft(action_id, who, "second"))
    with ledger.db.write() as conn:
        mark(conn, ledger.campaign_id, [first.entry_id], State.ARCHIVED, act(ledger))
    before = snapshot(ledger)
    for interval in ("unlimited", "once"):
        with ledger.db.write() as conn:
            conn.execute(action.update().values(interval=interval))
            decide_campaign(conn, ledger.campaign_id, act(ledger))
    assert snapshot(ledger) == before
    check(ledger)


def test_what_a_gate_refused_stays_refused(ledger):
    draft = ledger.draft(ledger.action(), ledger.person(), "a")
    outcome = ledger.record(draft, refused={"a": "over the quota"})[0]
    for state in (State.VALID, State.REVOKED, State.VALID, State.ARCHIVED):
        with ledger.db.write() as conn:
            assert mark(conn, ledger.campaign_id, [outcome.entry_id], state, act(ledger)) == 0
    assert states(ledger) == {"a": "refused"}


def test_an_entry_counts_for_whom_its_identity_counts_now(ledger):
    action_id = ledger.action()
    one, two = ledger.person("1"), ledger.person("2")
    read_before_the_link = ledger.draft(action_id, one, "late")
    with ledger.db.write() as conn:
        link(conn, one, two.entrant_id, "admin", act(ledger, "link"))
    ledger.record(read_before_the_link)
    with ledger.db.read() as conn:
        assert conn.execute(select(entry.c.entrant_id)).scalar_one() == two.entrant_id
    check(ledger)


def test_marking_twice_changes_nothing(ledger):
    outcome = ledger.record(ledger.draft(ledger.action(), ledger.person(), "a"))[0]
    for expected in (1, 0):
        with ledger.db.write() as conn:
            done = mark(conn, ledger.campaign_id, [outcome.entry_id], State.REVOKED, act(ledger))
            assert done == expected
    check(ledger)


def test_moving_the_dates_counts_what_now_lies_inside(ledger):
    action = ledger.action("unlimited", worth=3)
    who = ledger.person()
    ledger.record(
        *[ledger.draft(action, who, str(n), NOW - timedelta(days=n)) for n in (1, 9, 12, 15)]
    )
    assert sorted(states(ledger).values()) == ["outside", "outside", "valid", "valid"]

    def start(days):
        with ledger.db.write() as conn:
            conn.execute(campaign.update().values(starts_at=NOW - timedelta(days=days)))
            decide_campaign(conn, ledger.campaign_id, act(ledger))
        check(ledger)

    start(14)
    assert states(ledger) == {"1": "valid", "9": "valid", "12": "valid", "15": "outside"}
    start(2)
    assert states(ledger) == {"1": "valid", "9": "outside", "12": "outside", "15": "outside"}


def test_linking_joins_two_and_its_undo_restores_both_exactly(ledger):
    action = ledger.action("daily", worth=5)
    one, two = ledger.person("1"), ledger.person("2")
    ledger.record(ledger.draft(action, one, "one"), ledger.draft(action, two, "two"))
    ledger.record(ledger.draft(action, two, "yesterday", NOW - timedelta(days=1)))
    before = snapshot(ledger)
    with ledger.db.write() as conn:
        number = link(conn, two, one.entrant_id, "admin", act(ledger, "link"))
    assert states(ledger) == {"one": "valid", "two": "spent", "yesterday": "valid"}
    check(ledger)
    assert number is not None
    with ledger.db.write() as conn:
        unlink(conn, number, act(ledger, "unlink"))
    assert snapshot(ledger) == before
    check(ledger)


def test_a_log_in_after_the_import_takes_the_imported_entries_over(ledger):
    action = ledger.action()
    imported = ledger.person("42")
    ledger.record(ledger.draft(action, imported, "post"))
    with ledger.db.write() as conn:
        visitor = entrants.enter(conn, ledger.team_id, 1, "Ada", "ada@example.org", NOW)
        seen = Identity("net.x", "42", "ada")
        entrant_id = recognise(conn, ledger.team_id, visitor.entrant_id, seen, NOW, consented=True)
        assert entrant_id == visitor.entrant_id
    with ledger.db.read() as conn:
        assert conn.execute(select(entry.c.entrant_id)).scalar() == visitor.entrant_id
    check(ledger)


def test_without_consent_nothing_is_linked(ledger):
    imported = ledger.person("42")
    with ledger.db.write() as conn:
        visitor = entrants.enter(conn, ledger.team_id, 1, "Ada", None, NOW)
        seen = Identity("net.x", "42", "ada")
        recognise(conn, ledger.team_id, visitor.entrant_id, seen, NOW, consented=False)
        kept = entrants.find(conn, ledger.team_id, "net.x", "42")
        assert kept is not None
        assert kept.entrant_id == imported.entrant_id


def test_the_same_display_name_is_never_the_same_person(ledger):
    with ledger.db.write() as conn:
        people = entrants.resolve(
            conn,
            ledger.team_id,
            [Identity("net.x", "1", "ada", "Ada"), Identity("net.x", "2", "ada", "Ada")],
            NOW,
        )
    assert len({known.entrant_id for known in people.values()}) == 2


posts = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 60), st.integers(1, 2)), min_size=1, max_size=12
)


@pytest.mark.slow
@given(
    posts,
    st.lists(
        st.tuples(st.sampled_from(["revoke", "archive", "restore", "link"]), st.integers(0, 11)),
        max_size=6,
    ),
)
@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_totals_equal_a_recount_whatever_happens(sqlite_database, new_ledger, empty, raw, acts):
    empty(sqlite_database)
    ledger = new_ledger(sqlite_database)
    action = ledger.action("daily")
    drafts = [
        ledger.draft(
            action,
            ledger.person(str(who)),
            f"{day}-{hour}",
            NOW - timedelta(days=day, minutes=hour),
        )
        for day, hour, who in raw
    ]
    ids = [ledger.record(draft)[0].entry_id for draft in drafts]
    links: list[int] = []
    for verb, number in acts:
        with ledger.db.write() as conn:
            if verb == "link" and not links:
                known = entrants.find(conn, ledger.team_id, "net.x", "2")
                if known and ledger.person:
                    other = entrants.resolve(conn, ledger.team_id, [Identity("net.x", "1")], NOW)
                    to = other["net.x", "1"].entrant_id
                    made = link(conn, known, to, "admin", act(ledger, "link"))
                    assert made is not None
                    links.append(made)
            elif verb == "link":
                unlink(conn, links.pop(), act(ledger, "unlink"))
            else:
                state = {"revoke": State.REVOKED, "archive": State.ARCHIVED}.get(verb, State.VALID)
                chosen = ids[number % len(ids)]
                mark(conn, ledger.campaign_id, [chosen], state, act(ledger))
        check(ledger)
