"""What this plugin offers."""

from collections.abc import Iterable
from typing import Any

from tombola.api import Feature, Importer
from tombola.hookspecs import hookimpl
from tombola_facebook_comments.importer import CommentsImporter


@hookimpl
def register_importers() -> Iterable[type[Importer[Any, Any]]]:
    """Offer the source."""
    return [CommentsImporter]


@hookimpl
def register_features() -> Iterable[Feature]:
    """Put the source into plans, from Business on."""
    return [Feature(CommentsImporter.key, CommentsImporter.title, plan="business")]
