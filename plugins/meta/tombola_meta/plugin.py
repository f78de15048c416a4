"""What this plugin offers."""

from collections.abc import Iterable

from tombola.api import (
    Audience,
    Connector,
    HealthCheck,
    IdentityProvider,
    Settings,
    Views,
    Webhook,
)
from tombola.hookspecs import hookimpl
from tombola_meta.callbacks import Deauthorized, Deletion
from tombola_meta.connector import FacebookConnector
from tombola_meta.health import CHECKS
from tombola_meta.identity import FacebookAccount, InstagramAccount
from tombola_meta.people import InstagramName, PagePerson
from tombola_meta.settings import OperatorSettings
from tombola_meta.webhook import Events


@hookimpl
def register_connectors() -> Iterable[type[Connector]]:
    """Let teams connect pages and Instagram accounts."""
    return [FacebookConnector]


@hookimpl
def register_identity_providers() -> Iterable[type[IdentityProvider]]:
    """Offer two log-ins, and name the people whom imports meet without one."""
    return [FacebookAccount, InstagramAccount, PagePerson, InstagramName]


@hookimpl
def register_webhooks() -> Iterable[type[Webhook]]:
    """Receive what the app at Meta is told."""
    return [Events, Deauthorized, Deletion]


@hookimpl
def register_views() -> Iterable[Views]:
    """Show people what became of their wish to be deleted."""
    return [Views("tombola_meta.pages:public", Audience.PUBLIC)]


@hookimpl
def register_settings() -> Settings:
    """Ask the operator for the app at Meta."""
    return Settings(installation=OperatorSettings)


@hookimpl
def register_health_checks() -> Iterable[HealthCheck]:
    """Probe settings, app and webhooks."""
    return list(CHECKS)
