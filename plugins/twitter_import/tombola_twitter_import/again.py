"""Another look at posts that were imported: what is gone, and what an edit has changed.

A deleted, hidden or suspended post is named in ``errors``; one that is neither shown nor named
there means that the answer is not whole, and is never taken for gone. An edit gives a post a new
id, which stands in the history of every version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tombola.api import Ctx, Item, Kept
from tombola_twitter_import import errors, mapping, spending
from tombola_twitter_import.apps import ReadingApp
from tombola_twitter_import.client import Reader
from tombola_twitter_import.config import HashtagConfig

#: Posts in one lookup. Source: X, "Get Posts by IDs", ``ids``, read 2026-11-21.
MOST: Final = 100


def look(ctx: Ctx, app: ReadingApp, config: HashtagConfig, kept: Sequence[Kept]) -> list[Item]:
    """Read posts as they are now; those that are gone are left out.

    Raises:
        FetchError: one of its kinds.
    """
    wanted = [each.external_id for each in kept]
    pages = [_read(ctx, app, wanted)]
    edited = [last for last in map(mapping.last_id, mapping.posts(pages[0])) if last not in wanted]
    if edited:
        pages.append(_read(ctx, app, edited))
    try:
        found = mapping.items_from(mapping.together(pages))
    except ValueError as error:
        raise errors.garbled() from error
    return [_judged(item, config) for item in found if item.external_id in wanted]


def _read(ctx: Ctx, app: ReadingApp, wanted: Sequence[str]) -> Mapping[str, Any]:
    spending.affordable(ctx, app, wanted=len(wanted), least=len(wanted))
    page = Reader(ctx, app).lookup(wanted).page
    posts, users = mapping.reads(page)
    spending.note(ctx, app, posts=posts, users=users)
    shown = {str(post["id"]) for post in mapping.posts(page)}
    if set(wanted) - shown - set(mapping.missing(page)):
        raise errors.garbled()
    return page


def _judged(item: Item, config: HashtagConfig) -> Item:
    """Say where an edit has taken the hashtags away; the search found them there before."""
    tags = {tag.casefold() for tag in mapping.hashtags_in(item)}
    lost = [tag for tag in config.hashtags if tag.casefold() not in tags]
    lacks = len(lost) == len(config.hashtags) if config.match == "any" else bool(lost)
    return replace(item, unfit=f"without #{lost[0]}") if lacks else item
