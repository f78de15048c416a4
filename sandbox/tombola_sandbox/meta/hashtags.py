"""Instagram's hashtags: 30 different ones in seven days, a day of what is recent, no authors.

Source: Meta, "Hashtag Search", "Recent Media", "Top Media", "Recently Searched Hashtags"; read
2026-11.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta import errors
from tombola_sandbox.meta.ids import scoped
from tombola_sandbox.meta.models import Account, Json, Media, Search
from tombola_sandbox.meta.paging import by_cursor, limit_of
from tombola_sandbox.meta.rights import need_hashtag_feature, need_instagram
from tombola_sandbox.meta.view import FACEBOOK_GRAPH, Ask, View, check

MOST_TAGS: Final = 30
QUOTA_WINDOW: Final = timedelta(days=7)
RECENT: Final = timedelta(hours=24)
MOST_MEDIA: Final = 50
MOST_SEARCHES: Final = 30
NAME: Final = re.compile(r"\w*[^\W\d_]\w*")

REPEAT_EVERY: Final = 3
"""At the border of every third page something comes twice; believed, the frequency is ours."""

SENSITIVE: Final = frozenset({"sensitivetag"})
"""Hashtags about which a generic error is all there is; a stand-in for those of the network."""


def _user(view: View) -> Account:
    """Find the account in whose name one searches.

    Raises:
        GraphError: it is missing, or another's, or something lacks.
    """
    if (wanted := view.args.get("user_id")) is None:
        raise errors.lacks("user_id")
    account = view.world.get(Account, wanted)
    if account is None:
        raise errors.no_object(wanted)
    need_instagram(view, account, "instagram_basic")
    need_hashtag_feature(view)
    return account


def used(view: View, account: Account) -> list[Search]:
    """Give the searches that count at present, newest first."""
    floor = view.now - QUOTA_WINDOW
    every = (view.world.one(Search, i) for i in view.world.under("searches", account.id))
    return sorted((s for s in every if s.at > floor), key=lambda s: s.at, reverse=True)


def _spend(view: View, account: Account, tag: str) -> None:
    """Count a hashtag against the thirty; one that counts already costs nothing.

    Raises:
        GraphError: it is the 31st (18).
    """
    counting = used(view, account)
    if any(search.hashtag == tag for search in counting):
        return
    if len(counting) >= MOST_TAGS:
        raise errors.too_many_hashtags()
    at: datetime = view.now
    search_id = f"{account.id}/{tag}/{at.isoformat()}"
    view.world.put(Search(id=search_id, account=account.id, hashtag=tag, at=at))


def search(view: View) -> Json:
    """``/ig_hashtag_search``: the id of a hashtag, the same for everybody, for ever."""
    account = _user(view)
    if (wanted := view.args.get("q")) is None:
        raise errors.lacks("q")
    if not NAME.fullmatch(wanted):
        raise errors.parameter(f"Param q must be a hashtag without its sign and emojis: {wanted!r}")
    tag = wanted.casefold()
    if tag in SENSITIVE:
        raise errors.sensitive()
    own_id = scoped("hashtag", "", tag)
    if own_id not in view.world.hashtag_names:
        raise errors.no_hashtag(f"#{wanted}")
    _spend(view, account, tag)
    return {"data": [{"id": own_id}]}


def recent_media(view: View, tag: str, ask: Ask) -> Json:
    """List public media of the last 24 hours, nearly in the order of time."""
    floor = view.now - RECENT
    return _walk(view, tag, ask, "recent_media", lambda m: m.at > floor, _nearly_by_time)


def top_media(view: View, tag: str, ask: Ask) -> Json:
    """List the most popular public media of all times."""
    return _walk(view, tag, ask, "top_media", lambda _: True, _by_likes)


def _walk(
    view: View,
    tag: str,
    ask: Ask,
    edge: str,
    wanted: Callable[[Media], bool],
    order: Callable[[list[Media]], list[Media]],
) -> Json:
    account = _user(view)
    if ask.fields is not None:
        check("IGHashtagMedia", ask.fields)
    count = limit_of(ask.args, default=25, most=10**9)
    if count > MOST_MEDIA:
        raise errors.parameter(f"Param limit must be at most {MOST_MEDIA}")
    walks = view.world.walks
    if (mark := ask.args.get("after")) is None:
        _spend(view, account, tag)
        found = [m for m in view.world.with_hashtag(tag) if wanted(m) and is_public(view, m)]
        mark = walks.begin(f"{tag} {edge}", _with_repeats([m.id for m in order(found)], count))
    part, more = walks.step(mark, count)
    every = (view.world.one(Media, media_id) for media_id in part)
    data = [view.show("IGHashtagMedia", m, ask.fields) for m in every if is_public(view, m)]
    body: Json = {"data": data}
    if part:
        body["paging"] = {"cursors": {"after": mark}}
        if more:
            body["paging"]["next"] = view.link(ask, limit=str(count), after=mark)
    return body


def is_public(view: View, media: Media) -> bool:
    """Whether hashtags show something: no stories, ads, private accounts."""
    account = view.world.one(Account, media.account)
    return not media.deleted and not account.private and media.product in {"FEED", "REELS"}


def _nearly_by_time(found: list[Media]) -> list[Media]:
    """Put the newest first, give or take some minutes."""
    return sorted(found, key=lambda m: (_shaken(m), m.id), reverse=True)


def _shaken(media: Media) -> float:
    return media.at.timestamp() + number_from(f"shaken {media.id}", 900) - 450


def _by_likes(found: list[Media]) -> list[Media]:
    return sorted(found, key=lambda m: (m.likes, m.id), reverse=True)


def _with_repeats(ids: Sequence[str], count: int) -> list[str]:
    """Let now and then the last of one page be the first of the next, too."""
    made: list[str] = []
    for one in ids:
        made.append(one)
        border, page = len(made) % count, len(made) // count
        if not border and page % REPEAT_EVERY == 1 and one != ids[-1]:
            made.append(one)
    return made


def recently_searched(view: View, account: Account, ask: Ask) -> Json:
    """List the hashtags that count against the thirty."""
    need_hashtag_feature(view)
    limit = limit_of(ask.args, most=10**9)
    if limit > MOST_SEARCHES:
        raise errors.parameter(f"Param limit must be at most {MOST_SEARCHES}")
    tags = {scoped("hashtag", "", one.hashtag): one.hashtag for one in used(view, account)}

    def show(own_id: str) -> Json:
        return view.show("IGHashtag", tags[own_id], ask.fields)

    return by_cursor(view, ask, list(tags), show, kind="IGHashtag", most=MOST_SEARCHES)


NAMED: Final[dict[tuple[str, str, str], Callable[[View], Json]]] = {
    ("GET", FACEBOOK_GRAPH, "ig_hashtag_search"): search,
}
EDGES: Final[dict[tuple[str, str, str], Callable[[View, Any, Ask], Json]]] = {
    ("GET", "IGHashtag", "recent_media"): recent_media,
    ("GET", "IGHashtag", "top_media"): top_media,
    ("GET", "IGUser", "recently_searched_hashtags"): recently_searched,
}
