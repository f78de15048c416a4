"""What this plugin offers."""

from collections.abc import Iterable
from typing import Any

from tombola.api import Feature, Importer
from tombola.hookspecs import hookimpl
from tombola_instagram_import.comments import CommentsImporter
from tombola_instagram_import.hashtags import HashtagImporter
from tombola_instagram_import.mentions import MentionsImporter

IMPORTERS: tuple[type[Importer[Any, Any]], ...] = (
    HashtagImporter,
    CommentsImporter,
    MentionsImporter,
)


@hookimpl
def register_importers() -> Iterable[type[Importer[Any, Any]]]:
    """Offer the sources."""
    return IMPORTERS


@hookimpl
def register_features() -> Iterable[Feature]:
    """Put the sources into plans, from Business on."""
    return [Feature(each.key, each.title, plan="business") for each in IMPORTERS]
