"""A campaign or a team is deleted: undone for a week, then gone for good, its proofs not."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tombola.api import Conflict, Forbidden, Invalid, NotFound
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import campaign
from tombola.entrants.models import entrant
from tombola.entries.models import entry
from tombola.privacy import deleting, reach
from tombola.privacy.models import deletion
from tombola.tables import metadata
from tombola.teams import service as teams
from tombola.teams.models import audit, team

WEEK = timedelta(days=7)


def work(town):
    town.house.work("deletion", "erase", "picture_drop", "entries_files_sweep")


def count(town, table):
    with town.inst.db.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_numbers_are_said_before(town):
    found = deleting.loss_of_campaign(town.inst, town.house.actor(), town.campaign.uid)
    assert (found.campaigns, found.entries, found.people, found.pictures) == (1, 3, 2, 1)
    for role in ("editor", "viewer"):
        with pytest.raises(Forbidden):
            deleting.delete_campaign(town.inst, town.house.actor(role), town.campaign.uid)


def test_a_campaign_is_closed_at_once_and_comes_back_within_a_week(town, clock):
    made = deleting.delete_campaign(town.inst, town.house.actor(), town.campaign.uid)
    with town.inst.db.read() as conn, pytest.raises(NotFound):
        campaigns.by_key(conn, town.key)
    clock.advance(WEEK - timedelta(seconds=1))
    work(town)
    assert count(town, entry) == 3
    assert [one.title for one in deleting.waiting_campaigns(town.inst, town.house.actor())] == [
        "Win a lamp"
    ]
    assert deleting.undo_campaign(town.inst, town.house.actor(), made.uid) == town.key
    clock.advance(WEEK)
    work(town)
    assert count(town, entry) == 3
    with pytest.raises(NotFound):
        deleting.undo_campaign(town.inst, town.house.actor(), made.uid)


def test_after_the_week_nothing_of_it_is_left_and_other_campaigns_stay(town, clock):
    other = town.house.campaign("Another")
    town.house.action(other, word="sun")
    made = deleting.delete_campaign(town.inst, town.house.actor(), town.campaign.uid)
    clock.advance(WEEK)
    with pytest.raises(Conflict):
        deleting.undo_campaign(town.inst, town.house.actor(), made.uid)
    work(town)
    assert town.places() == []
    left = {place for place in town.places("Win a lamp") if "sqlite" not in place}
    assert left <= {"audit.detail"}
    with town.inst.db.read() as conn:
        for table, condition in reach.doomed(reach.of_campaign(town.campaign.id)):
            left = conn.execute(select(func.count()).select_from(table).where(condition))
            assert left.scalar_one() == 0, table.name
        assert campaigns.by_key(conn, other.key).title == "Another"
        assert len(campaigns.actions_of(conn, other.id)) == 1
        row = conn.execute(select(deletion)).one()
        said = conn.execute(select(audit).where(audit.c.act == "campaign.deleted")).one()
    assert row.finished_at is not None
    assert row.counts["entry"] == 3
    assert said.detail["rows"]["entry"] == 3


def test_people_of_other_campaigns_stay_and_those_of_this_one_alone_go(town, clock):
    from tombola.api import EntryDraft  # noqa: PLC0415
    from tombola.entrants.models import identity  # noqa: PLC0415
    from tombola.entries.record import load_rules, record  # noqa: PLC0415

    other = town.house.campaign("Another")
    action = town.house.action(other, word="sun")
    with town.inst.db.write() as conn:
        known = conn.execute(select(identity).where(identity.c.value == "other-id")).one()
        draft = EntryDraft(action.id, known.id, known.entrant_id, "k", "test")
        record(conn, [draft], load_rules(conn, other.id), clock())
    deleting.delete_campaign(town.inst, town.house.actor(), town.campaign.uid)
    clock.advance(WEEK)
    work(town)
    with town.inst.db.read() as conn:
        rows = dict(conn.execute(select(entrant.c.name, entrant.c.erased_at)).all())
    assert rows["other Name"] is None
    assert town.places() == []


def test_a_team_is_deleted_by_its_name_and_brought_back_by_an_owner(town, clock):
    house = town.house
    with pytest.raises(Invalid):
        deleting.delete_team(town.inst, house.actor(), "lamp")
    made = deleting.delete_team(town.inst, house.actor(), "Lamps")
    owner, editor = house.members["owner"], house.members["editor"]
    with pytest.raises(NotFound):
        house.actor()
    assert teams.teams_of(town.inst, owner.id) == []
    assert deleting.waiting_teams(town.inst, editor) == []
    assert [one.uid for one in deleting.waiting_teams(town.inst, owner)] == [made.uid]
    with pytest.raises(NotFound):
        deleting.undo_team(town.inst, editor, made.uid)
    assert deleting.undo_team(town.inst, owner, made.uid) == "lamps"
    with town.inst.db.read() as conn:
        assert campaigns.by_key(conn, town.key).title == "Win a lamp"
    clock.advance(WEEK)
    work(town)
    assert count(town, entry) == 3


def test_after_the_week_a_team_is_gone_and_the_other_is_as_it_was(town, clock):
    house = town.house
    with town.inst.db.read() as conn:
        acts = conn.execute(select(func.count()).select_from(audit)).scalar_one()
    deleting.delete_team(town.inst, house.actor(), "Lamps")
    clock.advance(WEEK)
    work(town)
    clock.advance(timedelta(minutes=1))
    work(town)
    assert town.places() == []
    assert town.places("other-id") == []
    with town.inst.db.read() as conn:
        row = conn.execute(select(deletion)).one()
        assert row.finished_at is not None
        for table in metadata.sorted_tables:
            if "team_id" in table.c and table not in reach.KEPT:
                left = select(func.count()).select_from(table)
                mine = left.where(table.c.team_id == house.team.id)
                assert conn.execute(mine).scalar_one() == 0, table.name
        names = set(conn.execute(select(team.c.name)).scalars())
        assert conn.execute(select(func.count()).select_from(audit)).scalar_one() > acts
        titles = set(conn.execute(select(campaign.c.title)).scalars())
    assert names == {"", "Rivals"}
    assert titles == {""}
    theirs = teams.actor_in(town.inst, house.members["stranger"], house.other.slug)[0]
    assert theirs.team_id == house.other.id
