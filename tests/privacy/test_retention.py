"""What is kept for how long: people after the end, raw answers, logs."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tombola.api import Forbidden, NotFound
from tombola.importing.models import item
from tombola.people.models import contact_attempt
from tombola.privacy import retention
from tombola.privacy.retention import Rule
from tombola.queue import tasks
from tombola.teams import service as teams


def keep(town):
    """Let a day's duty be done, as a reconciler asks for it."""
    with town.inst.db.write() as conn:
        tasks.put(conn, retention.KEEP, retention.KEEP, town.inst.clock())
    town.house.work("retention", "erase", "picture_drop", "entries_files_sweep")


def test_nothing_goes_without_a_rule(town, clock):
    clock.advance(timedelta(days=900))
    keep(town)
    assert "entrant.email" in town.places()


def test_people_are_erased_so_many_days_after_the_end(town, clock):
    retention.set_rule(town.inst, town.house.actor(), Rule(people_days=30))
    clock.advance(timedelta(days=38))  # it ends after nine days
    keep(town)
    assert "entrant.email" in town.places()
    clock.advance(timedelta(days=2))
    keep(town)
    assert town.places() == []
    assert town.places("other-id") == []
    (newest, *_older) = retention.reports(town.inst, town.house.actor())
    # One of the two was two entrants before a log-in made them one.
    assert (newest.people, newest.finished_at) == (3, clock())


def test_a_campaigns_own_rule_comes_before_the_teams(town, clock):
    retention.set_rule(town.inst, town.house.actor(), Rule(people_days=1))
    retention.set_rule(town.inst, town.house.actor(), Rule(), town.campaign.id)
    clock.advance(timedelta(days=40))
    keep(town)
    assert "entrant.email" in town.places()
    retention.set_rule(town.inst, town.house.actor(), None, town.campaign.id)
    clock.advance(timedelta(days=1))
    keep(town)
    assert town.places() == []


def test_raw_answers_and_attempts_go_and_posts_stay(town, clock):
    retention.set_rule(town.inst, town.house.actor(), Rule(raw_days=3, log_days=5))
    clock.advance(timedelta(days=4))
    keep(town)
    with town.inst.db.read() as conn:
        assert conn.execute(select(func.count()).where(item.c.raw.is_not(None))).scalar() == 0
        assert conn.execute(select(func.count()).select_from(contact_attempt)).scalar() == 1
    clock.advance(timedelta(days=2))
    keep(town)
    with town.inst.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(contact_attempt)).scalar() == 0
        assert "a lamp by other" in set(conn.execute(select(item.c.text)).scalars())


def test_only_owners_of_the_team_set_rules(town):
    for role in ("editor", "viewer"):
        with pytest.raises(Forbidden):
            retention.set_rule(town.inst, town.house.actor(role), Rule(people_days=1))
    theirs = teams.actor_in(town.inst, town.house.members["stranger"], town.house.other.slug)[0]
    with pytest.raises(NotFound):
        retention.set_rule(town.inst, theirs, Rule(people_days=1), town.campaign.id)
