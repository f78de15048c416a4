"""What is well and what is not: database, Redis, reconciler, queue, plugins. Reads only."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from tombola.api import Busy, PluginFailed, PluginUnavailable
from tombola.installation import Installation
from tombola.plugins import quarantine
from tombola.plugins.states import Plugin
from tombola.queue import tasks
from tombola.queue.bell import connect
from tombola.queue.reconciler import BEAT, last_beat
from tombola.queue.tasks import Duty

#: A reconciler that was not heard of for so long is taken for dead.
SILENCE = 6 * BEAT
#: Seconds that Redis may take to answer.
PATIENCE = 0.5


class PluginState(BaseModel):
    """A plugin in a few words."""

    model_config = ConfigDict(frozen=True)

    slug: str
    state: str
    reason: str = ""
    public_reason: str = ""
    complaints: list[str] = []


class Health(BaseModel):
    """The state of an installation at one moment.

    ``redis`` is None where no Redis is set up. ``waiting`` counts due duties by kind. ``rests`` are
    those of plugins that are installed.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    database: bool
    redis: bool | None
    reconciler_at: datetime | None
    waiting: dict[str, int]
    stuck: list[Duty]
    plugins: list[PluginState]
    rests: list[quarantine.Rest]

    @property
    def reconciler(self) -> bool:
        """Whether a reconciler has given a sign of life lately."""
        return self.reconciler_at is not None and self.at - self.reconciler_at < SILENCE

    @property
    def status(self) -> str:
        """``ok``, ``degraded`` where something needs a person, ``down`` where nothing works."""
        if not self.database:
            return "down"
        return "degraded" if self.because else "ok"

    @property
    def because(self) -> list[str]:
        """What is not well: ``database``, ``redis``, ``reconciler``, ``plugins``, ``resting``."""
        ready = all(one.state == "ready" and not one.complaints for one in self.plugins)
        wrong = {
            "database": not self.database,
            "redis": self.redis is False,
            "reconciler": not self.reconciler,
            "plugins": not ready,
            "resting": bool(self.rests),
        }
        return [word for word, is_wrong in wrong.items() if is_wrong]


def look(inst: Installation, *, ask_plugins: bool = False) -> Health:
    """See how things are. ``ask_plugins`` runs their own health checks, which may take seconds."""
    now = inst.clock()
    try:
        with inst.db.read() as conn:
            conn.execute(text("SELECT 1"))
            queue = _queue(conn, now)
    except (SQLAlchemyError, Busy):
        queue = None
    plugins = [
        _plugin(inst, one, ask=ask_plugins and queue is not None) for one in inst.plugins.all
    ]
    return Health(
        at=now,
        database=queue is not None,
        redis=_redis(inst.settings.redis_url),
        reconciler_at=queue[0] if queue else None,
        waiting=queue[1] if queue else {},
        stuck=queue[2] if queue else [],
        plugins=sorted(plugins, key=lambda one: one.slug),
        rests=[rest for rest in queue[3] if rest.plugin in inst.plugins.by_slug] if queue else [],
    )


def _queue(
    conn: Connection, now: datetime
) -> tuple[datetime | None, dict[str, int], list[Duty], list[quarantine.Rest]]:
    waiting = tasks.due_kinds(conn, now)
    return last_beat(conn), waiting, tasks.stuck(conn, limit=20), quarantine.rests(conn)


def _redis(url: str) -> bool | None:
    if not url:
        return None
    try:
        with connect(url, patience=PATIENCE) as line:
            return bool(line.ping())
    except RedisError:
        return False


def _plugin(inst: Installation, plugin: Plugin, *, ask: bool) -> PluginState:
    complaints = list(_complaints(inst, plugin)) if ask and plugin.ready else []
    return PluginState(
        slug=plugin.slug,
        state=plugin.state.value,
        reason=plugin.reason,
        public_reason=plugin.public_reason,
        complaints=complaints,
    )


def _complaints(inst: Installation, plugin: Plugin) -> Iterator[str]:
    for check in plugin.parts.health_checks:
        try:
            said = inst.plugins.call(
                plugin.slug, None, "health", check.run, deadline=timedelta(seconds=5)
            )
        except (PluginFailed, PluginUnavailable) as error:
            said = str(error)
        if said:
            yield f"{check.key}: {said}"
