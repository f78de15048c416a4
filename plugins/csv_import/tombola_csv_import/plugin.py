"""What this plugin offers."""

from collections.abc import Iterable
from typing import Any

from tombola.api import Audience, Feature, IdentityProvider, Importer, Storage, Views
from tombola.hookspecs import hookimpl
from tombola_csv_import.identity import FileName
from tombola_csv_import.importer import FileImporter


@hookimpl
def register_importers() -> Iterable[type[Importer[Any, Any]]]:
    """Offer the source."""
    return [FileImporter]


@hookimpl
def register_identity_providers() -> Iterable[type[IdentityProvider]]:
    """Name people whom only a file names."""
    return [FileName]


@hookimpl
def register_features() -> Iterable[Feature]:
    """Put the source into plans, from Business on."""
    return [Feature(FileImporter.key, FileImporter.title, plan="business")]


@hookimpl
def register_storage() -> Storage:
    """Files, their lines, and what is wrong with them."""
    return Storage("tombola_csv_import.tables:metadata", "tombola_csv_import.migrations")


@hookimpl
def register_views() -> Iterable[Views]:
    """Pages on which files are sent and described."""
    return [Views("tombola_csv_import.pages:files", Audience.EDITORS)]
