"""Acts and polls below the pages, on both databases."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tombola.widget import acts, entering
from tombola.widget.acts import Came
from tombola.widget.poll import Poll
from tombola.widget.rules import Standing
from tombola.widget.standing import progress
from tombola.widget.tokens import cookie_hash

pytestmark = pytest.mark.plugins("custom_tracking")


def standing(site, action):
    """What an action shows to the entrant of the first browser, and the worth of all of theirs."""
    met = entering.known(site.inst, site.campaign.team_id, "cookie-1")
    place = site.directory.get("y2sB7")
    with site.inst.db.read() as conn:
        entrant_id = met.entrant_id if met else None
        found = progress(conn, place, entrant_id, site.inst.clock())
    return found.standings[action.id], found.worth


def answer(site, action, text):
    place = site.directory.get("y2sB7")
    met = entering.known(site.inst, site.campaign.team_id, "cookie-1")
    model = acts.asked(site.inst, place, action)
    assert model is not None
    return acts.do(site.inst, place, met, action.uid, model(answer=text)).came


@pytest.mark.parametrize(
    ("interval", "shows"),
    [
        ("once", Standing.DONE),
        ("hourly", Standing.NEXT_HOUR),
        ("daily", Standing.TOMORROW),
        ("unlimited", Standing.OPEN),
    ],
)
def test_answer_counts_and_the_action_shows_it(site, interval, shows):
    action = site.action(interval=interval)
    assert standing(site, action) == (Standing.OPEN, 0)
    site.enter()
    assert answer(site, action, "because") is Came.DONE
    assert standing(site, action) == (shows, 3)
    assert answer(site, action, "Because ") is Came.KNOWN
    assert standing(site, action) == (shows, 3)


def test_another_answer_counts_where_each_time_counts_and_else_is_spent(site):
    often, once = site.action(interval="unlimited"), site.action()
    site.enter()
    assert [answer(site, often, text) for text in "abc"] == [Came.DONE] * 3
    assert [answer(site, once, text) for text in "ab"] == [Came.DONE, Came.SPENT]
    assert standing(site, once)[1] == 12


@pytest.mark.parametrize(
    ("interval", "step"), [("hourly", timedelta(hours=1)), ("daily", timedelta(days=1))]
)
def test_action_comes_back_with_its_next_period(site, clock, interval, step):
    action = site.action(interval=interval)
    site.enter()
    answer(site, action, "because")
    clock.advance(step)
    assert standing(site, action) == (Standing.OPEN, 3)
    assert answer(site, action, "because") is Came.DONE


def test_daily_action_comes_back_at_midnight_of_the_campaigns_zone(site, clock):
    action = site.action(interval="daily")
    site.enter()
    clock.set(datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC))
    answer(site, action, "because")
    assert standing(site, action)[0] is Standing.TOMORROW
    clock.advance(timedelta(seconds=1))
    assert standing(site, action)[0] is Standing.OPEN


def test_required_action_opens_the_others_once_it_is_done(site):
    first, other = site.action(mandatory=True), site.action()
    site.enter()
    assert standing(site, first)[0] is Standing.OPEN
    assert standing(site, other)[0] is Standing.LOCKED
    assert answer(site, other, "because") is Came.LOCKED
    assert answer(site, first, "because") is Came.DONE
    assert standing(site, other)[0] is Standing.OPEN
    assert answer(site, other, "because") is Came.DONE


def test_required_action_that_is_away_locks_nothing(site):
    site.action("VIP", mandatory=True)
    other = site.action()
    site.enter()
    assert standing(site, other)[0] is Standing.LOCKED
    site.plan("pro")
    assert standing(site, other)[0] is Standing.OPEN


def test_nobody_is_asked_to_take_part_first(site):
    assert answer(site, site.action(), "because") is Came.ENTER


def test_plan_that_lacks_the_action_stops_it_and_keeps_what_is_done(site):
    done, fresh = site.action("A", completed_by="either", question="?"), site.action("B")
    site.enter()
    answer(site, done, "because")
    site.plan("pro")
    assert standing(site, done) == (Standing.DONE, 3)
    assert standing(site, fresh)[0] is Standing.AWAY


def test_poll_changes_its_tag_with_entries_hours_and_plans_and_only_then(site, clock):
    action = site.action("VIP", completed_by="either", question="?", interval="daily")
    site.enter()
    poll = Poll(site.inst, site.directory)

    def tag():
        headers = dict(poll.answer("y2sB7", "cookie-1", None).headers)
        return headers["ETag"]

    seen = [tag()]
    assert tag() == seen[0]
    assert poll.answer("y2sB7", "cookie-1", seen[0]).status == 304
    answer(site, action, "because")
    seen.append(tag())
    clock.advance(timedelta(hours=1))
    seen.append(tag())
    site.plan("pro")
    seen.append(tag())
    assert len(set(seen)) == 4


def test_poll_tells_each_browser_its_own(site):
    action = site.action()
    site.enter()
    site.enter(browser="cookie-2")
    answer(site, action, "because")
    poll = Poll(site.inst, site.directory)
    told = [
        json.loads(poll.answer("y2sB7", secret, None).body)
        for secret in ("cookie-1", "cookie-2", "cookie-3", None)
    ]
    assert [each["worth"] for each in told] == [3, 0, 0, 0]
    assert [each["known"] for each in told] == [True, True, False, False]


def test_poll_of_no_campaign_is_not_found(site):
    assert Poll(site.inst, site.directory).answer("zzzzz", None, None).status == 404


def test_database_keeps_no_secret_of_a_browser(site):
    site.enter(browser="cookie-1")
    hashed = cookie_hash(site.campaign.team_id, "cookie-1")
    assert "cookie-1" not in hashed
    assert entering.known(site.inst, site.campaign.team_id, hashed) is None
