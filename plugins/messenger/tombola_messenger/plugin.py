"""What this plugin offers."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tombola.api import (
    ActionType,
    Audience,
    Channel,
    Ctx,
    Feature,
    HealthCheck,
    Job,
    Scope,
    Settings,
    Storage,
    Views,
)
from tombola.hookspecs import hookimpl
from tombola_messenger import handing, health, links, ready, reviews
from tombola_messenger.actions import Subscribe
from tombola_messenger.channel import PageMessages
from tombola_messenger.settings import InstallationSettings, TeamSettings


@hookimpl
def register_action_types() -> Iterable[type[ActionType[Any]]]:
    """Offer the action."""
    return [Subscribe]


@hookimpl
def register_channels() -> Iterable[type[Channel]]:
    """Write to people, and hear from them."""
    return [PageMessages]


@hookimpl
def register_features() -> Iterable[Feature]:
    """Put the action into plans, from Business on."""
    return [Feature(Subscribe.key, Subscribe.title, plan="business")]


@hookimpl
def register_settings() -> Settings:
    """Ask what Meta has granted, and for the team's bot."""
    return Settings(installation=InstallationSettings, team=TeamSettings)


@hookimpl
def register_storage() -> Storage:
    """Links, and how templates stand."""
    return Storage("tombola_messenger.tables:metadata", "tombola_messenger.migrations")


@hookimpl
def register_jobs() -> Iterable[Job[Any]]:
    """Do what waits for Meta, and forget old links."""
    return [
        Job(ready.PREPARE, ready.PreparePage, ready.prepare_later),
        Job(handing.HAND_OVER, handing.HandOver, handing.hand_over),
        Job(
            reviews.LOOK_AGAIN,
            reviews.LookAgain,
            reviews.look_again,
            every=timedelta(hours=1),
            per=Scope.TEAM,
        ),
        Job(links.SWEEP, links.Sweep, links.sweep, every=timedelta(days=1)),
    ]


@hookimpl
def register_views() -> Iterable[Views]:
    """Show the team how its templates stand."""
    return [Views("tombola_messenger.pages:pages", Audience.EDITORS)]


@hookimpl
def register_health_checks() -> Iterable[HealthCheck]:
    """Tell of pages that may not write."""
    return list(health.CHECKS)


@hookimpl
def on_entrant_erased(ctx: Ctx, entrant_id: str) -> None:
    """Forget an entrant's links."""
    links.forget_entrant(ctx, entrant_id)
