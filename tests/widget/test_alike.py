"""The same value, or answer, of two people: shown on both entries and refused to nobody."""

import pytest
from sqlalchemy.event import listen, remove

from tombola.db.sets import members
from tombola.entries import listing
from tombola.entries.filters import Filter
from tombola.entries.models import entry
from tombola.widget import acts, entering
from tombola.widget.tokens import link_token
from tombola.widget.visitors import Visitor

pytestmark = pytest.mark.plugins("custom_tracking")


@pytest.fixture
def people(site):
    """Anna and Bea, each in a browser of their own."""
    for n, name in enumerate(("anna", "bea"), 1):
        site.enter(f"{name}@mail.example", browser=f"cookie-{n}")
        token = link_token(
            site.inst.vault, "y2sB7", site.visitor_of(f"cookie-{n}"), site.inst.clock()
        )
        site.push(visitor=f"visitor-{n}", token=token)
    return site


def lines(site, **wanted):
    return listing.page(site.inst, site.actor, site.campaign.uid, Filter(**wanted)).lines


def twins(site):
    """Whose entries tell the same, by uid."""
    return {line.uid: line.twin.uid for line in lines(site) if line.twin}


def test_value_of_two_people_is_shown_on_both_entries(people):
    people.action("Purchase", interval="unlimited")
    people.push(["Purchase", "1017"], visitor="visitor-1")
    assert twins(people) == {}
    people.push(["Purchase", "1018"], ["Purchase"], visitor="visitor-2")
    people.push(["Purchase"], visitor="visitor-1")
    assert twins(people) == {}
    people.push(["Purchase", "1017"], visitor="visitor-2")
    told = [line for line in lines(people) if line.twin]
    assert [line.details for line in told] == [{"Purchase": "1017"}] * 2
    assert {line.uid for line in told} == {line.twin.uid for line in told}
    assert {line.state for line in told} == {"valid"}
    same = lines(people, same=told[0].uid)
    assert [line.uid for line in same] == [line.uid for line in told]


def test_own_value_again_is_nobody_elses(people):
    people.action("Purchase", interval="daily")
    people.action("Purchase", interval="once")
    people.push(["Purchase", "1017"], visitor="visitor-1")
    assert len(people.entries()) == 2
    assert twins(people) == {}


def test_same_value_of_another_name_or_campaign_says_nothing(people):
    people.action("Purchase", interval="unlimited")
    people.action("Refund", interval="unlimited")
    people.push(["Purchase", "1017"], visitor="visitor-1")
    people.push(["Refund", "1017"], visitor="visitor-2")
    assert twins(people) == {}


def give(site, action, browser, answer):
    place = site.directory.get("y2sB7")
    met: Visitor = entering.visitor(site.inst, site.campaign.team_id, browser)
    model = acts.asked(site.inst, place, action)
    assert model is not None
    return acts.do(site.inst, place, met, action.uid, model(answer=answer))


def test_answer_of_two_people_is_shown_likewise(people):
    first, second = people.action(interval="unlimited"), people.action(interval="unlimited")
    give(people, first, "cookie-1", "AB 1017")
    give(people, second, "cookie-2", "AB 1017")
    assert twins(people) == {}
    give(people, first, "cookie-2", "ab  1017")
    assert len(twins(people)) == 2


def test_redacted_answers_are_compared_before_they_are_blotted_out(people):
    asks = people.action(interval="unlimited", redact_emails=True)
    give(people, asks, "cookie-1", "anna@mail.example")
    give(people, asks, "cookie-2", "bea@mail.example")
    assert twins(people) == {}
    give(people, asks, "cookie-2", "anna@mail.example")
    assert len(twins(people)) == 2
    assert "mail.example" not in str([line.details for line in lines(people)])


def test_twins_are_found_by_their_index(people):
    """However many entries tell the same: a step into the index for each line of the page."""
    people.action("Purchase", interval="unlimited")
    people.push(["Purchase", "1017"], visitor="visitor-1")
    people.push(["Purchase", "1017"], visitor="visitor-2")
    statements = []

    def note(_conn, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    listen(people.inst.db.engine, "before_cursor_execute", note)
    lines(people)
    remove(people.inst.db.engine, "before_cursor_execute", note)
    [(asked, parameters)] = [each for each in statements if "entry_1.alike" in each[0]]
    if people.inst.db.dialect == "sqlite":
        with people.inst.db.read() as conn:
            plan = str(conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", parameters).all())
        assert "ix_entry_campaign_alike_sort" in plan
        assert "SCAN entry" not in plan


def test_entry_kept_before_anything_was_compared_is_shown_as_it_is(people):
    people.action("VIP")
    people.push(["VIP", "x"], visitor="visitor-1")
    people.push(["VIP", "x"], visitor="visitor-2")
    with people.inst.db.write() as conn:
        numbers = [row["id"] for row in people.entries()][:1]
        conn.execute(
            entry.update().where(members(conn, entry.c.id, numbers)).values(alike=None, proof=None)
        )
    assert twins(people) == {}
    assert {line.proof for line in lines(people)} == {None, "browser"}
