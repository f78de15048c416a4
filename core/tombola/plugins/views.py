"""Pages of plugins, mounted below ``/p/<slug>/``; each view runs behind the usual boundary."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

import structlog
from flask import Blueprint, Flask, abort, g, make_response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from tombola.api import Audience, Ctx, PluginFailed, PluginUnavailable, Views
from tombola.plugins import containment
from tombola.plugins.registry import PATIENCE, Plugins
from tombola.plugins.states import Plugin, State
from tombola.plugins.validation import load_target
from tombola.plugins.world import Team
from tombola.web.routing import Access, classify

#: What is read of a file of megabytes, in small transactions, takes some seconds.
WITH_FILES = timedelta(seconds=60)

log = structlog.get_logger("tombola.plugins")


def mount(
    app: Flask,
    plugins: Plugins,
    accesses: dict[Audience, Access],
    team_of: Callable[[Audience], Team | None],
) -> None:
    """Mount every ready plugin's blueprints. One that cannot be mounted is BROKEN, alone.

    Args:
        app: before its rules are checked.
        plugins: the running plugins.
        accesses: what each audience may; an audience that is absent has no pages here.
        team_of: gives, in a request of an audience, the team for whose sake it runs.
    """
    for plugin in plugins.ready:
        for views in plugin.parts.views:
            try:
                _mount_one(app, plugins, plugin, views, accesses, team_of)
            except BaseException as error:
                if containment.is_user_interrupt(error):
                    raise
                plugin.stop(State.BROKEN, containment.summary(error), containment.full(error))
                log.error("plugin_pages_broken", plugin=plugin.slug, reason=plugin.reason)  # noqa: TRY400 - kept with the plugin
                break


def _mount_one(
    app: Flask,
    plugins: Plugins,
    plugin: Plugin,
    views: Views,
    accesses: dict[Audience, Access],
    team_of: Callable[[Audience], Team | None],
) -> None:
    blueprint = load_target(views.blueprint)
    if not isinstance(blueprint, Blueprint):
        raise TypeError(f"views {views.blueprint!r} is not a Flask blueprint")
    if views.audience not in accesses:
        raise ValueError(f"there are no pages of plugins for the audience {views.audience}")
    access = accesses[views.audience]
    prefix = "/team/<team>" if access.audience is Audience.TEAM else ""
    before = set(app.view_functions)
    name = f"plugin-{plugin.slug}-{blueprint.name}"
    app.register_blueprint(blueprint, url_prefix=f"{prefix}/p/{plugin.slug}", name=name)
    for endpoint in set(app.view_functions) - before:
        classify(app, endpoint, access)
        view = app.view_functions[endpoint]
        patience = WITH_FILES if access.largest_bytes else PATIENCE
        app.view_functions[endpoint] = _contained(
            plugins, plugin.slug, view, partial(team_of, views.audience), patience
        )


def _contained(
    plugins: Plugins,
    slug: str,
    view: Callable[..., Any],
    team: Callable[[], Team | None],
    patience: timedelta,
) -> Callable[..., ResponseReturnValue]:
    """Wrap a view: its ctx is ``flask.g.tombola``; what it raises becomes a fault and a 500."""

    @wraps(view)
    def page(**arguments: Any) -> ResponseReturnValue:
        arguments.pop("team", None)

        def work(ctx: Ctx) -> ResponseReturnValue:
            g.tombola = ctx
            return make_response(view(**arguments))

        place = f"page {view.__name__}"
        try:
            return plugins.call(
                slug, team(), place, work, deadline=patience, passes=(HTTPException,)
            )
        except PluginUnavailable:
            abort(404)
        except PluginFailed as error:
            abort(500, f"This page could not be shown ({error.correlation}).")

    return page
