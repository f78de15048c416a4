"""The source “hashtag on X”: opens lanes, fetches pages, says what a pull costs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import urlencode

from pydantic import AwareDatetime, Field

from tombola.api import (
    Complaint,
    CredentialExpired,
    Ctx,
    Cursor,
    CursorLost,
    Estimate,
    Importer,
    Item,
    Lane,
    Limit,
    Page,
    Phrase,
    Scope,
    Text,
    View,
    Who,
    Window,
)
from tombola_twitter_import import errors, mapping, spending
from tombola_twitter_import.apps import ReadingApp, reading_app
from tombola_twitter_import.client import SEARCH, Answer, Reader
from tombola_twitter_import.config import HashtagConfig
from tombola_twitter_import.query import QUERY_MAX, query

#: Posts on a page of recent search. Source: OpenAPI 2.167, ``max_results``, read 2026-11-21.
PAGE: Final = 100
SMALLEST_PAGE: Final = 10

#: How far back recent search looks. Source: X, "Search Posts", read 2026-11-21.
REACH: Final = timedelta(days=7)

#: Kept away from the edge of the reach, since the call arrives later than it was written. Ours.
EDGE: Final = timedelta(minutes=1)

#: How long ago the end of a search has to be. Source: X, "Search Posts", ``end_time``: at least
#: 30 seconds; read 2026-11-21. Two more for clocks that differ.
LAG: Final = timedelta(seconds=32)

NO_APP: Final = (
    "There is no app on X to read with. The operator or the team enters a bearer token in the "
    "settings of this plugin"
)

TOO_LONG: Final = (
    "The search would have %(length)s characters, X takes %(most)s: use fewer or shorter hashtags"
)

NOT_FURTHER: Final = "X's search looks back seven days. Older posts cannot be imported."


class HashtagCursor(Cursor):
    """A place in the search.

    Attributes:
        lane: whose place it is.
        since: posts from then on.
        until: posts before then; None = up to now.
        since_id: the newest post that an earlier run has read; where known, it stands before
            ``since``.
        newest_id: the newest post of this run, which becomes ``since_id`` when it ends.
        oldest_id: the oldest post of this run.
        token: of the next page; None = first page.
        bounds: parameters that belong to the token, to be sent again as they were.
    """

    lane: Lane
    since: AwareDatetime
    until: AwareDatetime | None = None
    since_id: str | None = None
    newest_id: str | None = None
    oldest_id: str | None = None
    token: str | None = None
    bounds: dict[str, str] = Field(default_factory=dict)


class HashtagImporter(Importer[HashtagConfig, HashtagCursor]):
    """Posts with hashtags, by X's recent search.

    Raw posts are kept for as long as a search could show them again: X names no period, but wants
    stored posts to follow those on X (Developer Policy, "Be a good partner to X": deleted and
    changed content; read 2026-11-21).
    """

    key: ClassVar[str] = "twitter_import.hashtag"
    title: ClassVar[Text] = "Hashtag on X (Twitter)"
    config_model: ClassVar[type[HashtagConfig]] = HashtagConfig
    cursor_model: ClassVar[type[HashtagCursor]] = HashtagCursor
    identity: ClassVar[str | None] = mapping.PROVIDER
    lanes: ClassVar[frozenset[Lane]] = frozenset({Lane.LIVE, Lane.HISTORY})
    reach: ClassVar[timedelta | None] = REACH
    ordered: ClassVar[bool] = True
    #: Source: X, "Rate limits", recent search, per app; read 2026-11-21.
    limits: ClassVar[tuple[Limit, ...]] = (Limit(SEARCH, 450, errors.RATE_WINDOW, Scope.APP),)
    raw_ttl: ClassVar[timedelta] = REACH

    def check(self, ctx: Ctx, config: HashtagConfig) -> Iterable[Complaint]:
        """Complain about a query that is too long, and about a missing app. No network."""
        if (length := len(query(config))) > QUERY_MAX:
            values = {"length": str(length), "most": str(QUERY_MAX)}
            yield Complaint(Phrase(TOO_LONG, values), "hashtags")
        if reading_app(ctx) is None:
            yield Complaint(NO_APP)

    def view(self, ctx: Ctx, config: HashtagConfig, who: Who | None) -> View:
        """Invite to post. Source of the link: X, "Post button", web intents, read 2026-11-21."""
        wanted = config.hashtags if config.match == "all" else config.hashtags[:1]
        tags = {"tags": " ".join(f"#{tag}" for tag in wanted)}
        label = (
            "Post a photo with %(tags)s on X" if config.photos_only else "Post with %(tags)s on X"
        )
        return View(
            label=Phrase(label, tags),
            link=f"https://x.com/intent/post?{urlencode({'hashtags': ','.join(wanted)})}",
            link_label="Write a post",
            hint="Your post appears here by itself, usually within an hour.",
        )

    def cost(self, config: HashtagConfig, cursor: HashtagCursor) -> Mapping[str, int]:
        """A page is one call."""
        return {SEARCH: 1}

    def open(self, ctx: Ctx, config: HashtagConfig, lane: Lane, window: Window) -> HashtagCursor:
        """Start a lane: HISTORY reads the window, LIVE everything since its beginning."""
        until = window.until if lane is Lane.HISTORY else None
        return HashtagCursor(lane=lane, since=window.since, until=until)

    def fetch(self, ctx: Ctx, config: HashtagConfig, cursor: HashtagCursor) -> Page[HashtagCursor]:
        """Read one page, newest first.

        Where X refuses the place, because its memory has moved on or a token is not what it was,
        it is asked once more without: from the oldest post that was read, down to the edge of its
        memory. Nothing is read twice and nothing is left out that X still has.

        Raises:
            FetchError: one of its kinds.
        """
        if _is_empty(cursor, ctx.now):
            return Page((), None, _ended(cursor))
        try:
            answer, bounds = _read(ctx, config, cursor, PAGE)
        except errors.SinceIdLost:
            cursor = cursor.model_copy(update={"since_id": None, "token": None})
            answer, bounds = _read(ctx, config, cursor, PAGE)
        except CursorLost:
            if cursor.token is None:
                raise
            cursor = cursor.model_copy(update={"token": None})
            answer, bounds = _read(ctx, config, cursor, PAGE)
        return _page(answer, cursor, bounds)

    def estimate(self, ctx: Ctx, config: HashtagConfig, window: Window) -> Estimate:
        """Read one page of the smallest size; reckon with its density where there is more.

        Raises:
            FetchError: one of its kinds.
        """
        cursor = self.open(ctx, config, Lane.HISTORY, window)
        if _is_empty(cursor, ctx.now):
            return Estimate(0, exact=True, notes=[NOT_FURTHER])
        page = _read(ctx, config, cursor, SMALLEST_PAGE)[0].page
        items = _items(page)
        posts, users = mapping.reads(page)
        more = mapping.next_token(page) is not None
        count = _extrapolated(items, cursor, ctx.now) if more else len(items)
        authors = math.ceil(count * users / posts) if posts else 0
        return Estimate(
            count=count,
            exact=not more,
            cost={SEARCH: max(1, math.ceil(count / PAGE))},
            price=spending.price(ctx, count, authors),
            currency="USD",
            samples=items,
            notes=_notes(ctx, window, page, more=more),
        )


def _app(ctx: Ctx) -> ReadingApp:
    app = reading_app(ctx)
    if app is None:
        raise CredentialExpired(NO_APP)
    return app


def _read(
    ctx: Ctx, config: HashtagConfig, cursor: HashtagCursor, most: int
) -> tuple[Answer, dict[str, str]]:
    """Read a page, and give the bounds that belong to its token."""
    app = _app(ctx)
    size = spending.affordable(ctx, app, wanted=most, least=SMALLEST_PAGE)
    bounds = _bounds(cursor, ctx.now)
    params = {"query": query(config), "max_results": str(size), **bounds}
    if cursor.token is not None:
        params["next_token"] = cursor.token
    answer = Reader(ctx, app).search(params)
    posts, users = mapping.reads(answer.page)
    spending.note(ctx, app, posts=posts, users=users)
    return answer, bounds


def _bounds(cursor: HashtagCursor, now: datetime) -> dict[str, str]:
    """Say where to read: of each pair X takes one, and without a start it begins at its edge.

    Source: OpenAPI 2.167, ``since_id``/``start_time`` and ``until_id``/``end_time``.
    """
    if cursor.token is not None:
        return cursor.bounds
    bounds = {}
    if cursor.since_id is not None:
        bounds["since_id"] = cursor.since_id
    elif cursor.since > now - REACH + EDGE:
        bounds["start_time"] = _stamp(cursor.since)
    if cursor.oldest_id is not None:
        bounds["until_id"] = cursor.oldest_id
    elif cursor.until is not None and cursor.until <= now - LAG:
        bounds["end_time"] = _stamp(cursor.until)
    return bounds


def _since(cursor: HashtagCursor, now: datetime) -> datetime:
    return max(cursor.since, now - REACH)


def _until(cursor: HashtagCursor, now: datetime) -> datetime:
    return min(cursor.until or now, now - LAG)


def _is_empty(cursor: HashtagCursor, now: datetime) -> bool:
    """Tell a stretch of time that nothing can be in, so that X is not asked in vain."""
    return cursor.since_id is None and _since(cursor, now) >= _until(cursor, now)


def _stamp(at: datetime) -> str:
    """Write an instant as X takes it: whole seconds, which for a start means a little earlier."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _page(answer: Answer, cursor: HashtagCursor, bounds: dict[str, str]) -> Page[HashtagCursor]:
    page = answer.page
    items = _items(page)
    ids = sorted(mapping.ids(page), key=int)
    token = mapping.next_token(page)
    here = cursor.model_copy(
        update={
            "newest_id": cursor.newest_id or (ids[-1] if ids else None),
            "oldest_id": ids[0] if ids else cursor.oldest_id,
            "token": token,
            "bounds": bounds,
        }
    )
    if token is None:
        return Page(items, None, _ended(here), answer.limits)
    return Page(items, here, here, answer.limits)


def _ended(cursor: HashtagCursor) -> HashtagCursor:
    """Give the place of the next run, once this one has read to its end."""
    ids = [known for known in (cursor.since_id, cursor.newest_id) if known is not None]
    since_id = max(ids, key=int, default=None) if cursor.lane is Lane.LIVE else None
    return HashtagCursor(
        lane=cursor.lane, since=cursor.since, until=cursor.until, since_id=since_id
    )


def _items(page: Mapping[str, object]) -> list[Item]:
    try:
        return mapping.items_from(page)
    except ValueError as error:
        raise errors.garbled() from error


def _extrapolated(items: list[Item], cursor: HashtagCursor, now: datetime) -> int:
    """Reckon how many posts the whole stretch holds, if it goes on as in the newest few."""
    times = [item.occurred_at for item in items if item.occurred_at is not None]
    if not times:
        return len(items)
    until = _until(cursor, now)
    seen = max(until - min(times), timedelta(seconds=1))
    return max(len(items) + 1, round(len(items) * ((until - _since(cursor, now)) / seen)))


def _notes(ctx: Ctx, window: Window, page: Mapping[str, object], *, more: bool) -> Sequence[Text]:
    posts, users = mapping.reads(page)
    values = {"posts": str(posts), "price": f"{spending.price(ctx, posts, users):.2f}"}
    notes: list[Text] = [
        Phrase("This preview has read %(posts)s posts for at most USD %(price)s.", values)
    ]
    if more:
        notes.append("There are more posts than that; the number is reckoned from the newest ones.")
    if window.since < ctx.now - REACH:
        notes.append(NOT_FURTHER)
    return tuple(notes)
