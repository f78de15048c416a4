"""Mandatory actions, actions required and intervals: what somebody may do next, and who can win.

Twenty-four cases: each interval in each of six situations, through the real ledger.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tombola.api import EntryDraft, Identity
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action, campaign
from tombola.campaigns.requirements import progress as required
from tombola.campaigns.rules import CampaignForm, Interval
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.draws import pool
from tombola.draws.types import DrawForm, DrawPrize
from tombola.entrants import service as entrants
from tombola.entries import service as entries
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.plans.service import ensure_first_plans
from tombola.teams.rules import Actor, Role
from tombola.teams.service import NewTeam, create_team
from tombola.widget.directory import Place
from tombola.widget.rules import Standing
from tombola.widget.standing import progress

OPERATOR = Actor(0, "", None, "Olga", Role.VIEWER, operator=True)
PERIOD = {Interval.HOURLY: timedelta(hours=1)}
#: What has been done: the mandatory action, the one that is looked at, and another one; "then time"
#: lets the interval pass.
SITUATIONS = {
    "nothing": (),
    "mandatory": ("must",),
    "both": ("must", "one"),
    "both, then time": ("must", "one", "time"),
    "all three": ("must", "one", "other"),
    "imported alone": ("one",),
}
OPEN, DONE, LOCKED = Standing.OPEN, Standing.DONE, Standing.LOCKED
HOUR, DAY = Standing.NEXT_HOUR, Standing.TOMORROW
#: Interval → what the looked-at action shows, in the order of the situations.
SHOWS = {
    Interval.ONCE: (LOCKED, OPEN, DONE, DONE, DONE, DONE),
    Interval.HOURLY: (LOCKED, OPEN, HOUR, OPEN, HOUR, HOUR),
    Interval.DAILY: (LOCKED, OPEN, DAY, OPEN, DAY, DAY),
    Interval.UNLIMITED: (LOCKED, OPEN, OPEN, OPEN, OPEN, LOCKED),
}
#: Whether they can win where two different actions are asked for, in the order of the situations.
CAN_WIN = (False, False, True, True, True, False)
CASES = [
    (interval, situation, shows, can_win)
    for interval, shown in SHOWS.items()
    for situation, shows, can_win in zip(SITUATIONS, shown, CAN_WIN, strict=True)
]


class Fair:
    """A competition that asks for two different actions, with three of them and one person."""

    def __init__(self, inst, clock, interval=Interval.ONCE):
        self.inst, self.clock = inst, clock
        self.interval = interval
        with inst.db.write() as conn:
            ensure_first_plans(conn)
        team = create_team(inst, OPERATOR, NewTeam(name="Shop", slug="shop", plan="business"))
        self.actor = Actor.system(team.id, team.uid)
        now = clock()
        form = CampaignForm(
            title="Win", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=9),
            actions_required=2,
        )  # fmt: skip
        self.campaign = campaigns.create(inst, self.actor, form)
        self.actions = {
            "must": self._action(Interval.ONCE, mandatory=True),
            "one": self._action(interval),
            "other": self._action(Interval.ONCE),
        }
        with inst.db.write() as conn:
            seen = Identity("net.x", "anna")
            self.anna = entrants.resolve(conn, team.id, [seen], now)["net.x", "anna"]

    def _action(self, interval, *, mandatory=False):
        with self.inst.db.write() as conn:
            return insert_one(
                conn, action, uid=new_uid(self.clock()), team_id=self.actor.team_id,
                campaign_id=self.campaign.id, type_key="t.a", title="A", description="",
                config={}, config_version=1, interval=interval.value, worth=1, position=1,
                mandatory=mandatory, created_at=self.clock(),
            )  # fmt: skip

    def does(self, *what):
        for each in what:
            if each == "time":
                self.clock.advance(PERIOD.get(self.interval, timedelta(days=1)))
                continue
            number = self.actions[each]
            key = new_uid(self.clock())
            draft = EntryDraft(number, self.anna.id, self.anna.entrant_id, key, "test")
            with self.inst.db.write() as conn:
                record(conn, [draft], load_rules(conn, self.campaign.id), self.clock())

    def place(self):
        """The campaign as the widget knows it, with all actions able to run."""
        with self.inst.db.read() as conn:
            found = campaigns.get(self.inst, self.actor, self.campaign.uid)
            actions = {each.id: each for each in campaigns.actions_of(conn, found.id)}
            view = campaigns.view(conn, found)
        return Place(found, view, self.actor, actions, {}, {})

    def shows(self):
        with self.inst.db.read() as conn:
            found = progress(conn, self.place(), self.anna.entrant_id, self.clock())
        return found.standings[self.actions["one"]], found.required

    def can_win(self):
        form = DrawForm(title="Draw", prizes=[DrawPrize(uid=None, title="Lamp", winners=1)])
        with self.inst.db.read() as conn:
            asked = pool.ask(conn, campaigns.get(self.inst, self.actor, self.campaign.uid), form)
            everybody = [each for part in pool.read(conn, asked) for each in part]
        return any(each.reason is None for each in everybody)


@pytest.mark.parametrize(("interval", "situation", "shows", "can_win"), CASES)
def test_state_table_of_mandatory_required_and_intervals(
    sqlite_inst, clock, interval, situation, shows, can_win
):
    fair = Fair(sqlite_inst, clock, interval)
    fair.does(*SITUATIONS[situation])
    standing, way = fair.shows()
    assert (standing, fair.can_win()) == (shows, can_win)
    assert (way.left == 0) == can_win


def test_there_are_twenty_four_cases():
    assert len(CASES) == 24


def test_what_was_taken_back_is_not_done_and_what_was_archived_is(inst, clock):
    fair = Fair(inst, clock)
    fair.does("must", "one", "other")
    with inst.db.read() as conn:
        uids = list(conn.execute(select(entry.c.uid).order_by(entry.c.id)).scalars())
    entries.archive(inst, fair.actor, fair.campaign.uid, uids[:2], "drawn already")
    assert fair.shows()[1].have == 2
    assert fair.can_win()
    entries.revoke(inst, fair.actor, fair.campaign.uid, uids[1:2], "a bot")
    assert fair.can_win()
    entries.revoke(inst, fair.actor, fair.campaign.uid, uids[:1], "a bot")
    assert (fair.shows()[1].have, fair.can_win()) == (1, False)


def test_nothing_asked_for_lets_everybody_win(inst, clock):
    fair = Fair(inst, clock)
    with inst.db.write() as conn:
        conn.execute(update(campaign).values(actions_required=0))
    fair.does("other")
    assert fair.can_win()
    assert fair.shows()[1].total == 0


@pytest.mark.parametrize(
    ("done", "needs", "mandatory", "left"),
    [
        ("", 0, "", 0), ("", 1, "", 1), ("ab", 3, "", 1), ("abc", 3, "", 0), ("abcd", 3, "", 0),
        ("", 0, "xy", 2), ("x", 0, "xy", 1), ("xab", 3, "xy", 1), ("abc", 3, "x", 1),
        ("abcx", 3, "x", 0), ("ab", 3, "xy", 2),
    ],
)  # fmt: skip
def test_what_is_left_is_the_least_that_has_to_be_done(done, needs, mandatory, left):
    way = required(set(map(ord, done)), needs, set(map(ord, mandatory)))
    assert way.left == left
    assert way.have + way.left == way.total
