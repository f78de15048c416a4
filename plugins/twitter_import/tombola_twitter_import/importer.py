"""The source “hashtag on X”: opens lanes, fetches pages, says what a pull costs."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final
from urllib.parse import urlencode

from tombola.api import (
    Complaint,
    CredentialExpired,
    Ctx,
    CursorLost,
    Estimate,
    Importer,
    Item,
    Kept,
    Lane,
    Limit,
    OutOfCredit,
    Page,
    Phrase,
    Scope,
    Suggestion,
    Text,
    View,
    Who,
    Window,
)
from tombola_twitter_import import again, errors, mapping, spending
from tombola_twitter_import.apps import ReadingApp, reading_app
from tombola_twitter_import.client import LOOKUP, SEARCH, Answer, Reader
from tombola_twitter_import.config import HashtagConfig, OperatorSettings
from tombola_twitter_import.cursor import REACH, HashtagCursor
from tombola_twitter_import.query import QUERY_MAX, query
from tombola_twitter_import.reckoning import Look, places, reckon

#: Posts on a page of recent search. Source: OpenAPI 2.167, ``max_results``, read 2026-11-21.
PAGE: Final = 100
SMALLEST_PAGE: Final = 10

NO_APP: Final = (
    "There is no app on X to read with. The operator or the team enters a bearer token in the "
    "settings of this plugin"
)

TOO_LONG: Final = (
    "The search would have %(length)s characters, X takes %(most)s: use fewer or shorter hashtags"
)

NOT_FURTHER: Final = "X's search looks back seven days. Older posts cannot be imported."

NOT_ENOUGH: Final = (
    "Of this month's budget of USD %(budget)s, USD %(left)s are left: reading will stop there and "
    "go on next month."
)


class HashtagImporter(Importer[HashtagConfig, HashtagCursor]):
    """Posts with hashtags, by X's recent search.

    Raw posts are kept for as long as a search could show them again: X names no period, but wants
    stored posts to follow those on X (Developer Policy, "Be a good partner to X": deleted and
    changed content; read 2026-11-21).
    """

    key: ClassVar[str] = "twitter_import.hashtag"
    title: ClassVar[Text] = "Hashtag on X (Twitter)"
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {
        "photo_contest": (Suggestion("Post a photo with our hashtag on X", interval="unlimited"),),
    }
    config_model: ClassVar[type[HashtagConfig]] = HashtagConfig
    cursor_model: ClassVar[type[HashtagCursor]] = HashtagCursor
    identity: ClassVar[str | None] = mapping.PROVIDER
    lanes: ClassVar[frozenset[Lane]] = frozenset({Lane.LIVE, Lane.HISTORY})
    reach: ClassVar[timedelta | None] = REACH
    ordered: ClassVar[bool] = True
    #: Source: X, "Rate limits", recent search and posts lookup, per app; read 2026-11-21.
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit(SEARCH, 450, errors.RATE_WINDOW, Scope.APP),
        Limit(LOOKUP, 3500, errors.RATE_WINDOW, Scope.APP),
    )
    raw_ttl: ClassVar[timedelta] = REACH
    recheck_size: ClassVar[int] = again.MOST

    def recheck_cost(self, config: HashtagConfig, count: int) -> Mapping[str, int]:
        """One lookup, and another one for posts that were edited."""
        return {LOOKUP: 2}

    def recheck(self, ctx: Ctx, config: HashtagConfig, items: Sequence[Kept]) -> Sequence[Item]:
        """Look posts up by their ids."""
        return again.look(ctx, _app(ctx), config, items)

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
        site = ctx.settings(OperatorSettings).site_url
        return View(
            label=Phrase(label, tags),
            link=f"{site}/intent/post?{urlencode({'hashtags': ','.join(wanted)})}",
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
        if cursor.is_empty(ctx.now):
            return Page((), cursor.following(), cursor.checkpoint())
        try:
            answer, bounds = _read(ctx, config, cursor, PAGE)
        except errors.SinceIdLost:
            cursor = cursor.without_token(since_id=None)
            answer, bounds = _read(ctx, config, cursor, PAGE)
        except CursorLost:
            if cursor.token is None:
                raise
            cursor = cursor.without_token(since_id=cursor.since_id)
            answer, bounds = _read(ctx, config, cursor, PAGE)
        page = answer.page
        here = cursor.turned(mapping.ids(page), mapping.next_token(page), bounds)
        return Page(_items(page), here.following(), here.checkpoint(), answer.limits)

    def estimate(self, ctx: Ctx, config: HashtagConfig, window: Window) -> Estimate:
        """Read one page of the smallest size, and three more from further back where there is more.

        Raises:
            FetchError: one of its kinds.
        """
        cursor = self.open(ctx, config, Lane.HISTORY, window)
        if cursor.is_empty(ctx.now):
            return Estimate(0, exact=True, notes=[NOT_FURTHER])
        seen = _look_around(ctx, config, cursor)
        more = seen.looks[0].more
        count = _counted(seen, cursor, ctx.now) if more else len(seen.samples)
        authors = math.ceil((count or 0) * seen.users / seen.posts) if seen.posts else 0
        price = None if count is None else spending.price(ctx, count, authors)
        return Estimate(
            count=count,
            exact=not more,
            cost={SEARCH: max(1, math.ceil((count or 0) / PAGE))},
            price=price,
            currency="USD",
            samples=seen.samples,
            notes=[
                *_notes(ctx, window, seen.posts, seen.users, more=more),
                *_budget_notes(ctx, price),
            ],
        )


@dataclass(slots=True)
class _Seen:
    """What a preview has read: its looks, the newest posts, and how many objects it paid for."""

    looks: list[Look] = field(default_factory=list)
    samples: list[Item] = field(default_factory=list)
    posts: int = 0
    users: int = 0


def _look_around(ctx: Ctx, config: HashtagConfig, cursor: HashtagCursor) -> _Seen:
    """Read the newest posts and, where there are more, a few from further back."""
    seen = _Seen()
    for at in places(*cursor.stretch(ctx.now)):
        place = cursor.model_copy(update={"until": at}) if seen.looks else cursor
        try:
            page = _read(ctx, config, place, SMALLEST_PAGE)[0].page
        except OutOfCredit:
            if not seen.looks:
                raise
            break
        items = _items(page)
        posts, users = mapping.reads(page)
        seen.posts += posts
        seen.users += users
        times = [item.occurred_at for item in items if item.occurred_at is not None]
        more = mapping.next_token(page) is not None
        seen.samples = seen.samples or items
        seen.looks.append(Look(at, times, more))
        if not more or not times:
            break
    return seen


def _counted(seen: _Seen, cursor: HashtagCursor, now: datetime) -> int | None:
    """Reckon from the looks; None where the newest posts could not be read."""
    if not seen.looks[0].times:
        return None
    return max(len(seen.samples) + 1, reckon(seen.looks, cursor.stretch(now)[0]))


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
    bounds = cursor.parameters(ctx.now)
    params = {"query": query(config), "max_results": str(size), **bounds}
    if cursor.token is not None:
        params["next_token"] = cursor.token
    answer = Reader(ctx, app).search(params)
    posts, users = mapping.reads(answer.page)
    spending.note(ctx, app, posts=posts, users=users)
    return answer, bounds


def _items(page: Mapping[str, object]) -> list[Item]:
    try:
        return mapping.items_from(page)
    except ValueError as error:
        raise errors.garbled() from error


def _notes(ctx: Ctx, window: Window, posts: int, users: int, *, more: bool) -> Iterator[Text]:
    values = {"posts": str(posts), "price": f"{spending.price(ctx, posts, users):.2f}"}
    yield Phrase("This preview has read %(posts)s posts for at most USD %(price)s.", values)
    if more:
        yield "There are more posts than that; the number is reckoned from a few of them."
    if window.since < ctx.now - REACH:
        yield NOT_FURTHER


def _budget_notes(ctx: Ctx, price: Decimal | None) -> Iterator[Text]:
    app = _app(ctx)
    if app.budget is None:
        return
    left = max(app.budget - spending.spent(ctx, app), Decimal(0))
    if price is None or price > left:
        values = {"left": f"{left:.2f}", "budget": f"{app.budget:.2f}"}
        yield Phrase(NOT_ENOUGH, values)
