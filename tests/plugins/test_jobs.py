"""Plugins' jobs as duties of the queue."""

from datetime import timedelta

import pytest
from pydantic import BaseModel

from tombola.api import Job, PluginFailed, Scope
from tombola.plugins import jobs, switches
from tombola.plugins.ctx import JOB_KIND
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Parked
from tombola.testing.plugins import make_plugin


class Note(BaseModel):
    text: str = "nothing"


class Site:
    def __init__(self, plugins):
        self.plugins = plugins


@pytest.fixture
def done():
    return []


@pytest.fixture
def site(build, done):
    def note(ctx, payload):
        done.append((ctx.team_id, payload.text))

    def fail(ctx, payload):
        raise ValueError("no")

    offered = [
        Job("demo.note", Note, note, formerly=("demo.memo",)),
        Job("demo.fail", Note, fail),
        Job("demo.daily", Note, note, every=timedelta(days=1)),
        Job("demo.hourly", Note, note, every=timedelta(hours=1), per=Scope.TEAM),
    ]
    return Site(build(make_plugin("demo", register_jobs=lambda: offered)))


def claims(site):
    world = site.plugins.world
    found = tasks.claim(
        world.db, JOB_KIND, limit=9, lease=timedelta(minutes=1), now=world.clock(), owner="t"
    )
    return {claim.key: claim for claim in found}


def put(site, key, team_id=None, **payload):
    world = site.plugins.world
    with world.db.write() as conn:
        tasks.put(conn, JOB_KIND, key, world.clock(), team_id=team_id, payload=payload)
    return claims(site)[key]


def test_a_job_is_run_for_its_team_with_its_payload(site, team, done):
    held = put(site, f"demo.note:{team.team_id}:abc", team.team_id, text="hello")
    assert isinstance(jobs.run(site, held), Done)
    assert done == [(team.team_uid, "hello")]


def test_a_job_under_a_former_name_is_run(site, done):
    jobs.run(site, put(site, "demo.memo:0:abc", text="old"))
    assert done == [(None, "old")]


@pytest.mark.parametrize("payload", [{"text": 7}, {"text": []}])
def test_a_payload_that_does_not_fit_fails_like_the_job_itself(site, payload):
    with pytest.raises(PluginFailed):
        jobs.run(site, put(site, "demo.note:0:abc", **payload))


def test_a_job_that_raises_fails(site):
    with pytest.raises(PluginFailed, match="ValueError: no"):
        jobs.run(site, put(site, "demo.fail:0:abc"))


def test_a_job_of_a_plugin_that_is_gone_is_parked(site, build):
    held = put(site, "demo.note:0:abc")
    with pytest.raises(Parked, match="not installed"):
        jobs.run(Site(build()), held)


def test_a_job_of_a_plugin_that_is_switched_off_is_parked(site, inst, done):
    held = put(site, "demo.note:0:abc")
    with inst.db.write() as conn:
        switches.turn(conn, switches.Scope.INSTALLATION, "", "demo", on=False)
    with pytest.raises(Parked, match="switched this plugin off"):
        jobs.run(site, held)
    assert done == []


def test_periodic_jobs_have_one_duty_for_the_installation_or_each_team(site, team, clock, done):
    jobs.go_round(site)
    jobs.go_round(site)
    found = claims(site)
    assert sorted(found) == ["demo.daily:0:every", f"demo.hourly:{team.team_id}:every"]
    again = jobs.run(site, found[f"demo.hourly:{team.team_id}:every"])
    assert again == Again(clock() + timedelta(hours=1))
    assert done == [(team.team_uid, "nothing")]
