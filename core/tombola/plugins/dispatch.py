"""The only file that runs plugin code after the start: alone, on time, behind a boundary."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tombola.api import Busy, Phrase, PluginFailed, PluginUnavailable, Text
from tombola.plugins import containment, quarantine, switches
from tombola.plugins.ctx import PluginCtx

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from tombola.api import Ctx
    from tombola.plugins.registry import Plugins
    from tombola.plugins.states import Plugin
    from tombola.plugins.world import About, Team

T = TypeVar("T")
log = structlog.get_logger("tombola.plugins")


def why_not(
    plugins: Plugins, key: str, team: Team | None, campaign_id: int | None = None
) -> Text | None:
    """Say why the owner of ``key`` cannot be called now; None when it can. Claims no trial."""
    return _door(plugins, plugins.owner(key), key, team, campaign_id)[0]


def is_off(plugins: Plugins, slug: str, team: Team | None) -> bool:
    """Tell whether somebody has switched a plugin off for the team."""
    with plugins.world.db.read() as conn:
        return not switches.is_on(conn, slug, team.team_id if team else 0)


def _door(
    plugins: Plugins,
    plugin: Plugin | None,
    key: str,
    team: Team | None,
    campaign_id: int | None = None,
) -> tuple[Text | None, bool]:
    """Give why a plugin may not be called (None: it may), and whether it has rested."""
    if plugin is None:
        slug = key.partition(".")[0]
        return Phrase("The plugin “%(slug)s” is not installed.", {"slug": slug}), False
    if not plugin.ready:
        return Phrase("The plugin “%(slug)s” is not working.", {"slug": plugin.slug}), False
    number = team.team_id if team else 0
    with plugins.world.db.read() as conn:
        off = switches.off_reason(conn, plugin.slug, number, campaign_id)
        rest = quarantine.resting(conn, plugin.slug, number)
    if off is None and rest is not None and plugins.world.clock() < rest.retry_at:
        off = Phrase(
            "The plugin “%(slug)s” failed too often and rests until %(until)s UTC.",
            {"slug": plugin.slug, "until": f"{rest.retry_at:%H:%M}"},
        )
    return off, rest is not None


def call(
    plugins: Plugins,
    key: str,
    team: Team | None,
    place: str,
    work: Callable[[Ctx], T],
    *,
    deadline: timedelta,
    passes: tuple[type[Exception], ...] = (),
    about: About | None = None,
) -> T:
    """Do what ``Plugins.call`` promises."""
    plugin = plugins.owner(key)
    reason, trial = _door(plugins, plugin, key, team)
    if plugin is None or reason is not None:
        raise PluginUnavailable(key, reason or "It is not installed.")
    number = team.team_id if team else 0
    if trial:
        _claim_trial(plugins, plugin, number)
    ctx = PluginCtx(plugins.world, plugin, team, place, plugins.settings_owner, about)
    try:
        answer = _timed(lambda: work(ctx), deadline, ctx)
    except BaseException as error:
        if containment.is_user_interrupt(error) or isinstance(error, passes):
            raise
        correlation = _record(plugins, plugin, number, place, error)
        raise PluginFailed(plugin.slug, correlation, containment.summary(error)) from error
    if trial:
        with plugins.world.db.write() as conn:
            quarantine.release(conn, plugin.slug, number)
    return answer


def hook(
    plugins: Plugins,
    slug: str,
    name: str,
    team: Team | None,
    given: Mapping[str, Any],
    *,
    deadline: timedelta,
    check: Callable[[Any], Any] | None = None,
) -> Any:
    """Call one plugin's implementations of a hook; give what the last one answered.

    ``check`` runs inside the boundary, so that a wrong answer is the plugin's fault too.
    """

    def work(ctx: Ctx) -> Any:
        answer = None
        for implementation in implementations(plugins.by_slug[slug], name):
            known = {"ctx": ctx, **given}
            names = (*implementation.argnames, *implementation.kwargnames)
            answer = implementation.function(**{arg: known[arg] for arg in names if arg in known})
        return check(answer) if check else answer

    return call(plugins, slug, team, name, work, deadline=deadline)


def implementations(plugin: Plugin, hook_name: str) -> list[Any]:
    """Give pluggy's implementations of a hook in one plugin."""
    if plugin.manager is None:
        return []
    return list(getattr(plugin.manager.hook, hook_name).get_hookimpls())


def _claim_trial(plugins: Plugins, plugin: Plugin, number: int) -> None:
    """Take the one trial after a rest, or leave it to the call that has it."""
    world = plugins.world
    with world.db.write() as conn:
        if not quarantine.claim_trial(conn, plugin.slug, number, world.clock()):
            raise PluginUnavailable(plugin.slug, "It rests; another call is trying it.")


def _timed(work: Callable[[], T], deadline: timedelta, ctx: PluginCtx) -> T:
    """Run ``work`` with a deadline; whatever comes of it, its ctx is dead afterwards."""
    try:
        return containment.timed(work, deadline)
    finally:
        ctx.end()


def _record(plugins: Plugins, plugin: Plugin, number: int, place: str, error: BaseException) -> str:
    """Log a fault and keep it; the log alone has the traceback."""
    correlation = uuid.uuid4().hex[:12]
    log.error(
        "plugin_failed",
        plugin=plugin.slug,
        version=plugin.version,
        team=number or None,
        place=place,
        correlation=correlation,
        error=containment.summary(error),
        traceback=containment.full(error),
    )
    now = plugins.world.clock()
    fault = quarantine.Fault(
        at=now,
        plugin=plugin.slug,
        version=plugin.version,
        team_id=number or None,
        place=place,
        error=containment.summary(error)[:1000],
        correlation=correlation,
    )
    try:
        with plugins.world.db.write() as conn:
            quarantine.record(conn, fault, now)
    except (SQLAlchemyError, Busy) as trouble:
        log.error("plugin_fault_not_kept", correlation=correlation, error=str(trouble))  # noqa: TRY400 - the database's own trouble is told elsewhere
    return correlation
