"""What the set-up page reports."""

import pytest

from tombola.teams.rules import Actor
from tombola.widget.doctor import report
from tombola.widget.rules import Miss

pytestmark = pytest.mark.plugins("custom_tracking")


def told(site, actor=None):
    return report(site.inst, actor or site.actor, site.campaign)


def test_name_waits_until_its_first_event_has_come(site, clock):
    site.action("VIP")
    [tracked] = told(site).tracked
    assert [(name.name, name.latest) for name in tracked.names] == [("VIP", None)]
    site.push(["VIP", "gold"])
    latest = told(site).tracked[0].names[0].latest
    assert (latest.at, latest.origin, latest.value) == (clock(), "https://shop.example", "gold")


def test_actions_without_names_are_not_listed(site):
    site.action()
    assert told(site).tracked == ()


def test_near_miss_says_what_was_probably_meant_and_how_often_it_came(site):
    site.action("UserID")
    for _ in range(14):
        site.push(["userid", "4711"])
    site.push(["Newsletter"])
    site.push(["UserID", "x" * 10_241])
    misses = {(miss.name, miss.reason): (miss.times, miss.meant) for miss in told(site).misses}
    assert misses == {
        ("userid", Miss.UNKNOWN): (14, "UserID"),
        ("Newsletter", Miss.UNKNOWN): (1, None),
        ("UserID", Miss.VALUE_TOO_LONG): (1, None),
    }


def test_plan_without_tracking_is_said_with_its_reason(site):
    site.action("VIP")
    site.plan("pro")
    assert told(site).tracked[0].shut


def test_another_team_sees_nothing(site):
    site.action("VIP")
    site.push(["VIP"], ["vip"])
    stranger = Actor.system(site.actor.team_id + 1)
    assert told(site, stranger) == report(site.inst, stranger, site.campaign)
    assert told(site, stranger).tracked == ()
    assert told(site, stranger).misses == ()
