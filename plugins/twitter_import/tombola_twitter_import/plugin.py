"""What this plugin offers."""

from collections.abc import Iterable
from typing import Any

from tombola.api import Feature, IdentityProvider, Importer, Settings
from tombola.hookspecs import hookimpl
from tombola_twitter_import.config import OperatorSettings, TeamSettings
from tombola_twitter_import.identity import XAccount
from tombola_twitter_import.importer import HashtagImporter


@hookimpl
def register_importers() -> Iterable[type[Importer[Any, Any]]]:
    """Offer the source."""
    return [HashtagImporter]


@hookimpl
def register_identity_providers() -> Iterable[type[IdentityProvider]]:
    """Offer the log-in."""
    return [XAccount]


@hookimpl
def register_features() -> Iterable[Feature]:
    """Put the source into plans, from Business on."""
    return [Feature(HashtagImporter.key, HashtagImporter.title, plan="business")]


@hookimpl
def register_settings() -> Settings:
    """Ask the operator for an app on X; let a team bring its own."""
    return Settings(installation=OperatorSettings, team=TeamSettings)
