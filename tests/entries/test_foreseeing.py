"""What a change of an interval would do, counted beforehand, is what it does: on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tombola.admission import listing
from tombola.admission.models import statement
from tombola.api import EntryDraft, Identity
from tombola.campaigns.rules import ActionForm
from tombola.desk.answers import lines
from tombola.entrants import service as entrants
from tombola.entries import editing, foreseeing
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.testing import house as houses

MINUTES = (1, 2, 61, 62, 15 * 60, 15 * 60 + 20, 40 * 60)


@pytest.fixture
def house(database, clock, tmp_path):
    return houses.build(database, clock, tmp_path / "data")


def enter(house, campaign, action, uid):
    inst, now = house.inst, house.inst.clock()
    with inst.db.write() as conn:
        who = entrants.resolve(conn, house.team.id, [Identity("x", uid)], now)["x", uid]
        drafts = [
            EntryDraft(
                action.id, who.id, who.entrant_id, f"{uid}-{n}", "import",
                occurred_at=now - timedelta(minutes=n),
            )
            for n in MINUTES
        ]  # fmt: skip
        record(conn, drafts, load_rules(conn, campaign.id), now)
    return who


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata"])
def test_the_count_is_what_comes_of_it(house, zone):
    inst, owner = house.inst, house.actor()
    made = house.campaign(starts_at=inst.clock() - timedelta(days=5))
    made = editing.update_campaign(inst, owner, made.uid, editing.form_of(made, zone=zone))
    action = house.action(made, interval="unlimited")
    for uid in ("1", "2"):
        enter(house, made, action, uid)
    for interval in ("hourly", "daily", "once", "unlimited", "once", "hourly"):
        form = ActionForm(
            type_key=action.type_key, title="Say it", config={"word": "moon"}, interval=interval
        )
        seen = foreseeing.change(inst, owner, made.uid, action.uid, form)
        editing.update_action(inst, owner, made.uid, action.uid, form)
        with inst.db.read() as conn:
            valid = select(func.count()).select_from(entry).where(entry.c.state == "valid")
            assert conn.execute(valid).scalar_one() == seen.count_then, interval
    removal = foreseeing.removal(inst, owner, made.uid, action.uid)
    assert (removal.entries, removal.people) == (14, 2)


def test_answers_are_read_a_page_at_a_time(house):
    made = house.campaign()
    who = enter(house, made, house.action(made, interval="unlimited"), "1")
    with house.inst.db.write() as conn:
        conn.execute(
            statement.insert().values(
                team_id=house.team.id, campaign_id=made.id, identity_id=who.id, country="FR",
                details=[], detailed=False, admitted=True, version=1, at=house.inst.clock(),
            )
        )  # fmt: skip
        assert [row.country for row in listing.page(conn, made.id)] == ["FR"]
        assert listing.page(conn, made.id, who.id) == []
    assert len(list(lines(house.inst, made))) == 2
