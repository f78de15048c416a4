"""Reads the lists of several hashtags side by side, at a place that Instagram moves by itself."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from tombola.api import Ctx, CursorLost, FetchError, Item, LimitSeen, SourceGone
from tombola_instagram_import import mapping
from tombola_instagram_import.client import Asked, Edge, Instagram
from tombola_instagram_import.config import HashtagConfig
from tombola_instagram_import.cursors import HashtagCursor, Places
from tombola_instagram_import.tags import missing
from tombola_meta.graph import Listed

#: How long a walk is remembered: longer than any of them takes. Ours.
WALK: Final = timedelta(days=1)

MOVED: Final = "Instagram's list has moved on since it was last read; it is read from its beginning"


@dataclass(frozen=True, slots=True)
class Round:
    """One page of each list.

    Attributes:
        items: each once, in the order of their coming.
        places: where the lists go on that do, by hashtag number.
        limits: what Meta said of its limits.
    """

    items: Sequence[Item]
    places: Places
    limits: Sequence[LimitSeen]


def begin(ctx: Ctx, config: HashtagConfig, cursor: HashtagCursor, edge: Edge) -> HashtagCursor:
    """Say which lists there are. Raises FetchError."""
    numbers = Instagram(ctx, config.account).numbers_of(config.hashtags)
    unknown = [tag for tag in config.hashtags if tag not in numbers]
    if unknown:
        ctx.log.info("hashtags_unknown", count=len(unknown), edge=edge.value)
    places: Places = {number: {} for number in numbers.values()}
    return cursor.model_copy(update={"places": places, "walk": secrets.token_hex(8)})


def step(
    ctx: Ctx, config: HashtagConfig, cursor: HashtagCursor, edge: Edge
) -> tuple[Round, HashtagCursor]:
    """Read one page of each list at ``cursor``, and give the place behind it.

    Raises:
        CursorLost: somebody has asked from here before, so that Instagram stands elsewhere.
        FetchError: another of its kinds.
    """
    if cursor.page:
        _note(ctx, cursor)
    try:
        found = read(Instagram(ctx, config.account), config, cursor.places, edge)
    except SourceGone as error:
        if cursor.page:
            raise CursorLost(MOVED) from error
        raise
    after = cursor.model_copy(update={"places": found.places, "page": cursor.page + 1})
    if not cursor.page:
        ctx.kv.put(_key(after), after.page, ttl=WALK)
    return found, after


def read(
    instagram: Instagram, config: HashtagConfig, places: Mapping[str, Mapping[str, str]], edge: Edge
) -> Round:
    """Read one page of each list; one that Instagram no longer shows ends. Raises FetchError."""
    if not places:
        return Round((), {}, ())
    lists: list[Asked] = [instagram.hits(number, edge, place) for number, place in places.items()]
    answers = dict(zip(places, instagram.read(lists), strict=True))
    whole = {number: each for number, each in answers.items() if isinstance(each, Listed)}
    for error in answers.values():
        if isinstance(error, FetchError) and not (isinstance(error, SourceGone) and whole):
            raise error
    return Round(
        _items(instagram, config, whole),
        {number: dict(each.next) for number, each in whole.items() if each.next is not None},
        tuple(limit for each in whole.values() for limit in each.limits),
    )


def _items(
    instagram: Instagram, config: HashtagConfig, whole: Mapping[str, Listed]
) -> Sequence[Item]:
    """Give the posts of all lists, those that lack a hashtag as unfit.

    A list says more than a text: a hashtag may stand in the author's first comment, unseen here.
    """
    tags = {number: tag for tag in config.hashtags if (number := instagram.known_number(tag))}
    found: dict[str, Item] = {}
    by: dict[str, set[str]] = {}
    for number, page in whole.items():
        for item in mapping.posts_from(page.data):
            found.setdefault(item.external_id, item)
            by.setdefault(item.external_id, set()).add(tags.get(number, ""))
    if config.match == "any":
        return tuple(found.values())
    return tuple(_judged(item, config, by[item.external_id]) for item in found.values())


def _judged(item: Item, config: HashtagConfig, listed_by: set[str]) -> Item:
    """Say which hashtag a post lacks where all are wanted."""
    lacks = missing((tag for tag in config.hashtags if tag not in listed_by), item.text)
    return replace(item, unfit=f"without #{lacks[0]}") if lacks else item


def _note(ctx: Ctx, cursor: HashtagCursor) -> None:
    """Note that the next page is asked for now; refuse when it was asked for before.

    A worker may have died with an answer in hand, or the answer was lost on its way: Instagram has
    moved on, and what it showed then would be left out.

    Raises:
        CursorLost: it was, or nobody remembers.
    """
    if ctx.kv.get(_key(cursor)) != cursor.page:
        raise CursorLost(MOVED)
    ctx.kv.put(_key(cursor), cursor.page + 1, ttl=WALK)


def _key(cursor: HashtagCursor) -> str:
    return f"walk:{cursor.walk}"
