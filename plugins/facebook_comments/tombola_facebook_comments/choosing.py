"""What a team can choose from: its pages, and their latest posts."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from tombola.api import Account, Ctx, FetchError
from tombola_facebook_comments import client
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.reading import Raw, text, uid
from tombola_meta.times import time_from

#: Pages whose posts are offered, and what one form shows. Ours.
PAGES: Final = 5
MOST: Final = 50

#: Characters of a post that its line shows. Ours.
SHOWN: Final = 80

#: While somebody types, Facebook is asked once. Ours.
KEPT: Final = timedelta(minutes=2)


def pages(ctx: Ctx) -> list[tuple[str, str]]:
    """Give the connected pages, by title."""
    return [(each.uid, each.title) for each in _pages(ctx)][:MOST]


def posts(ctx: Ctx, query: str) -> list[tuple[str, str]]:
    """Give the latest posts of the connected pages, newest first, those that fit what was typed."""
    connected = _pages(ctx)[:PAGES]
    lines = sorted((line for page in connected for line in _lines(ctx, page)), reverse=True)
    several = len(connected) > 1
    found = [
        (post, f"{at[:10]} · {title + ' · ' if several else ''}{words}")
        for at, post, words, title in lines
    ]
    wanted = query.strip().casefold()
    return [each for each in found if wanted in f"{each[0]} {each[1]}".casefold()][:MOST]


def _pages(ctx: Ctx) -> Sequence[Account]:
    return [each for each in ctx.accounts(CONNECTOR) if each.kind == PAGE_KIND]


def _lines(ctx: Ctx, page: Account) -> Iterable[tuple[str, str, str, str]]:
    """Give when, which post, its words and the page's title; nothing where Facebook refuses."""
    key = f"posts:{page.uid}"
    kept = ctx.kv.get(key)
    if not isinstance(kept, list):
        try:
            kept = [_line(each) for each in client.latest_posts(ctx, page)]
        except FetchError as error:
            ctx.log.warning("posts_unread", kind=type(error).__name__, why=str(error))
            return []
        ctx.kv.put(key, kept, ttl=KEPT)
    lines = (each for each in kept if isinstance(each, list) and each[1])
    return [(str(at), str(post), str(words), page.title) for at, post, words in lines]


def _line(post: Raw) -> list[str]:
    at = time_from(post.get("created_time"))
    words = " ".join((text(post.get("message")) or "(no text)").split())
    shown = words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"
    return [at.isoformat() if at else "", uid(post.get("id")) or "", shown]
