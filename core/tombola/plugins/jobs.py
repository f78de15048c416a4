"""Jobs of plugins, as duties of the queue: one-off ones from ``ctx.enqueue`` and periodic ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import column, select, table

from tombola.api import Job, PluginUnavailable, Scope, render
from tombola.plugins.ctx import JOB_KIND
from tombola.plugins.world import TeamRef
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Kind, Parked, Result

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tombola.plugins.registry import Plugins
    from tombola.queue.tasks import Claim

#: Longer than the longest job, since its lease is not renewed meanwhile.
LEASE = timedelta(minutes=6)
#: How often teams and plugins are looked through for periodic jobs that have no duty yet.
ROUND = timedelta(minutes=1)
ROUND_KIND = "plugin_round"
#: The last part of a periodic duty's key; one-off ones have a hash there.
PERIODIC = "every"

#: The few columns of a table that a room above owns.
_team = table("team", column("id"), column("uid"))


class Site(Protocol):
    """What of an installation is needed here."""

    @property
    def plugins(self) -> Plugins:
        """The plugins."""


def kinds() -> list[Kind]:
    """Give the two kinds of duty of this room."""
    return [
        Kind(JOB_KIND, run, lease=LEASE),
        Kind(ROUND_KIND, go_round, every=ROUND),
    ]


def run(site: Site, held: Claim) -> Result:
    """Do one job. A plugin that is away parks it; one that fails makes the queue try again."""
    plugins = site.plugins
    key, number, what = held.key.rsplit(":", 2)
    job = plugins.job(key)
    if job is None:
        raise Parked(render(plugins.why_not(key, None) or "Nobody offers this job any more."))
    with plugins.world.db.read() as conn:
        team = _named(conn, int(number))
    try:
        plugins.call(
            key,
            team,
            f"job {job.key}",
            lambda ctx: job.run(ctx, job.payload.model_validate(dict(held.payload))),
            deadline=job.timeout,
        )
    except PluginUnavailable as away:
        raise Parked(render(away.reason)) from away
    if what == PERIODIC and job.every is not None:
        return Again(plugins.world.clock() + job.every)
    return Done()


def go_round(site: Site, _held: Claim | None = None) -> Result:
    """See that every periodic job has its duty, for the installation or for each team."""
    world = site.plugins.world
    periodic = [job for job in _jobs(site.plugins) if job.every is not None]
    if periodic:
        now = world.clock()
        with world.db.write() as conn:
            teams = [row.id for row in conn.execute(select(_team.c.id))]
            for job in periodic:
                for number in teams if job.per is Scope.TEAM else [0]:
                    key = f"{job.key}:{number}:{PERIODIC}"
                    tasks.ensure(conn, JOB_KIND, key, now, max_attempts=job.attempts)
    return Done()


def _jobs(plugins: Plugins) -> list[Job[Any]]:
    return [job for plugin in plugins.ready for job in plugin.parts.jobs]


def _named(conn: Connection, number: int) -> TeamRef | None:
    found = conn.execute(select(_team.c.uid).where(_team.c.id == number)).scalar()
    return TeamRef(number, found) if found else None
