"""An act on all that a filter finds: exact numbers, batches, and the same totals as a recount."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tombola.api import EntryDraft, Identity, Invalid
from tombola.entrants.service import resolve
from tombola.entries import bulk, jobs, listing
from tombola.entries.changes import mark
from tombola.entries.filters import Filter
from tombola.entries.models import bulk_act, entry, ledger_event
from tombola.entries.record import load_rules, record
from tombola.entries.rules import State
from tombola.entries.totals import recount
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House, Kinds
from tombola.teams.models import audit
from tombola.testing import house as houses

MINUTE = timedelta(minutes=1)


@pytest.fixture
def house(database, clock, tmp_path):
    return houses.build(database, clock, tmp_path / "data")


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 20)
    monkeypatch.setattr(bulk, "BATCH", 20)


class Full:
    """A campaign with entries of seven people."""

    def __init__(self, house, count=90):
        self.house, self.inst = house, house.inst
        self.campaign = house.campaign(starts_at=house.inst.clock() - timedelta(days=5))
        self.action = house.action(self.campaign, interval="unlimited")
        self.fill(count)

    def fill(self, count, name="k"):

        now = self.inst.clock()
        who = [Identity("net.x", str(number)) for number in range(7)]
        with self.inst.db.write() as conn:
            known = resolve(conn, self.campaign.team_id, who, now)
            people = [known["net.x", each.uid] for each in who]
            drafts = [
                EntryDraft(
                    self.action.id, people[n % 7].id, people[n % 7].entrant_id, f"{name}{n}",
                    "test", occurred_at=now - MINUTE * n,
                )
                for n in range(count)
            ]  # fmt: skip
            record(conn, drafts, load_rules(conn, self.campaign.id), now)

    def act(self, kind, wanted=None, reason="why", **more):
        actor, uid = self.house.actor("editor"), self.campaign.uid
        return bulk.act_on_all(self.inst, actor, uid, wanted or Filter(), kind, reason, **more)

    def choice(self, wanted=None):
        return bulk.choice(
            self.inst, self.house.actor("editor"), self.campaign.uid, wanted or Filter()
        )

    def work(self):
        place = House(self.inst, Kinds(jobs.kinds()))
        reconciler.tick(place)
        return runner.run(place, place.kinds[bulk.BULK])

    def states(self):
        found = select(entry.c.state, func.count()).group_by(entry.c.state)
        with self.inst.db.read() as conn:
            assert recount(conn, self.campaign.id) == []
            return dict(conn.execute(found).all())

    def totals(self):
        found = listing.totals(self.inst, self.house.actor(), self.campaign.uid)
        return found.entries, found.worth, found.entrants

    def acts(self):
        with self.inst.db.read() as conn:
            return conn.execute(select(bulk_act).order_by(bulk_act.c.id)).all()


def test_few_are_changed_at_once(house):
    full = Full(house)
    done = full.act("archive")

    assert (done.state, done.total, done.changed) == ("finished", 90, 90)
    assert full.states() == {"archived": 90}
    assert full.work() == 0


def test_many_are_changed_by_a_duty_with_progress(house, small_batches):
    full = Full(house)
    begun = full.act("revoke", reason="a mistake")
    assert (begun.state, begun.total, begun.seen) == ("running", 90, 0)
    assert full.states() == {"valid": 90}
    full.work()

    [done] = full.acts()
    assert (done.state, done.seen, done.changed) == ("finished", 90, 90)
    assert full.states() == {"revoked": 90}
    with full.inst.db.read() as conn:
        reasons = set(conn.execute(select(entry.c.reason)).scalars())
        events = conn.execute(select(ledger_event).where(ledger_event.c.kind == "revoke")).all()
        told = conn.execute(select(audit.c.detail).where(audit.c.act == "entries.revoke")).all()
    assert reasons == {"a mistake"}
    assert len(events) > 1
    assert {event.subject for event in events} == {full.campaign.uid}
    assert [one.detail["entries"] for one in told] == [90], "one act in the audit log"


def test_restoring_all_gives_back_what_was_there(house, small_batches):
    full = Full(house)
    before = full.totals()
    full.act("archive")
    full.work()
    assert full.choice().restore == 90
    full.act("restore", reason="")
    full.work()

    assert full.totals() == before
    assert full.states() == {"valid": 90}


def test_filters_of_the_list_choose(house, clock, small_batches):
    full = Full(house)
    old = Filter(until=clock() - MINUTE * 44)  # the youngest 45 are 0 to 44 minutes old
    assert full.choice(old).archive == 45
    full.act("archive", old)
    full.work()

    assert full.states() == {"archived": 45, "valid": 45}
    again = full.choice(Filter(state=State.VALID))
    assert (again.revoke, again.archive, again.restore) == (45, 45, 0)


def test_what_came_after_the_question_is_left_out(house, small_batches):
    full = Full(house)
    asked = full.choice()
    full.fill(30, name="late")
    full.act("revoke", last_id=asked.last_id)
    full.fill(30, name="later")
    full.work()

    assert full.states() == {"revoked": 90, "valid": 60}


def test_duty_that_dies_in_the_middle_goes_on_where_it_stood(house, small_batches, monkeypatch):
    full = Full(house)
    full.act("revoke")
    whole = mark
    left = [2]

    def breaks(*given):
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("killed")
        return whole(*given)

    monkeypatch.setattr(bulk, "mark", breaks)
    full.work()
    assert 0 < full.states()["revoked"] < 90
    monkeypatch.undo()
    house.inst.clock.advance(timedelta(hours=1))
    full.work()

    assert full.states() == {"revoked": 90}


def test_reasons_and_roles_are_asked_for(house):
    full = Full(house, count=3)
    with pytest.raises(Invalid):
        full.act("revoke", reason=" ")
    with pytest.raises(Invalid):
        full.act("undo")
    viewer = house.client("viewer")
    path = f"/team/lamps/campaign/{full.campaign.key}/entries/all"
    assert viewer.get(path).status_code == 403
    assert house.client("stranger").get(path).status_code == 404
    assert full.states() == {"valid": 3}


def test_page_asks_with_numbers_and_does_it(house, small_batches):
    full = Full(house)
    client = house.client("editor")
    path = f"/team/lamps/campaign/{full.campaign.key}/entries/all?state=valid"
    page = client.get(path).text
    assert "Archive 90 entries" in page
    wrong = house.post(client, path, act="archive", reason="")
    assert wrong.status_code == 422
    assert "Say why" in wrong.text
    answer = house.post(client, path, act="archive", reason="all wrong")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/entries?state=valid")
    shown = client.get(f"/team/lamps/campaign/{full.campaign.key}/entries").text
    assert "0 of 90 entries" in shown
    full.work()
    done = client.get(f"/team/lamps/campaign/{full.campaign.key}/entries/acts").text
    assert "Done." in done
    assert full.states() == {"archived": 90}
