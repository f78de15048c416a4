"""The source “hashtags in comments on our own posts”."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from tombola.api import (
    Accepted,
    Account,
    Complaint,
    Ctx,
    Estimate,
    Importer,
    Item,
    Kept,
    Lane,
    Limit,
    Page,
    Phrase,
    SourceGone,
    Suggestion,
    Text,
    View,
    Who,
    Window,
)
from tombola_instagram_import import mapping, posts, shared
from tombola_instagram_import.client import PAGE, TALK, Asked, Instagram
from tombola_instagram_import.config import CommentsConfig
from tombola_instagram_import.cursors import OVERLAP, CommentsCursor, Places
from tombola_instagram_import.tags import missing
from tombola_meta.accounts import CONNECTOR
from tombola_meta.graph import BATCH_MAX, Listed, place_after
from tombola_meta.limits import LIMITS
from tombola_meta.linking import INSTAGRAM_NAME
from tombola_meta.permalinks import shortcode
from tombola_meta.reading import Raw
from tombola_meta.reading import mapping as inside

#: Topic of ``tombola_meta`` for comments on the account's posts.
COMMENTS: Final = "meta.instagram.comments"

NO_PICTURES: Final = "Comments at Instagram have no pictures: switch “Photos only” off."
NOT_OURS: Final = "%(post)s is no post of this account, or is older than its newest 500."
MORE: Final = "Of each post the newest comments were read; there are more than that."


class CommentsImporter(Importer[CommentsConfig, CommentsCursor]):
    """Comments with hashtags below an account's own posts, by their authors' names.

    Instagram can be asked for nothing but all comments of a post. Those without the hashtags are
    read and forgotten at once.
    """

    key: ClassVar[str] = "instagram_import.comments"
    title: ClassVar[Text] = "Hashtags in comments on your Instagram posts"
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {
        "comment_to_win": (Suggestion("Comment with our hashtag on Instagram", interval="daily"),),
    }
    config_model: ClassVar[type[CommentsConfig]] = CommentsConfig
    cursor_model: ClassVar[type[CommentsCursor]] = CommentsCursor
    identity: ClassVar[str | None] = INSTAGRAM_NAME
    connection: ClassVar[str | None] = CONNECTOR
    hears: ClassVar[Sequence[str]] = (COMMENTS,)
    lanes: ClassVar[frozenset[Lane]] = frozenset({Lane.LIVE})
    #: Newest first below each post, but several posts are read side by side, and replies between.
    ordered: ClassVar[bool] = False
    limits: ClassVar[Sequence[Limit]] = LIMITS
    raw_ttl: ClassVar[timedelta] = shared.RAW_TTL
    recheck_size: ClassVar[int] = BATCH_MAX

    def check(self, ctx: Ctx, config: CommentsConfig) -> Iterable[Complaint]:
        """Complain about the account, about “photos only”, and about posts of others."""
        yield from shared.complaints_about(ctx, config.account)
        if config.photos_only:
            yield Complaint(NO_PICTURES, "photos_only")
        try:
            instagram = Instagram(ctx, config.account)
            strange = posts.unknown(ctx, instagram, config.posts)
            instagram.newest_posts(1)
        except shared.LASTING as error:
            yield Complaint(shared.said(error), "account")
            return
        except shared.PASSING as error:
            ctx.log.info("check_unanswered", why=str(error))
            return
        yield from (Complaint(Phrase(NOT_OURS, {"post": each}), "posts") for each in strange)

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer the connected Instagram accounts."""
        return shared.accounts_offered(ctx, field, query)

    def view(self, ctx: Ctx, config: CommentsConfig, who: Who | None) -> View:
        """Invite to comment."""
        wanted = config.hashtags if config.match == "all" else config.hashtags[:1]
        handle = shared.handle_of(ctx, config.account)
        if handle is None:
            return View()
        return View(
            label=Phrase(
                "Comment with %(tags)s on a post of @%(account)s",
                {"tags": " ".join(f"#{tag}" for tag in wanted), "account": handle},
            ),
            link=f"{shared.SITE}/{_place(config, handle)}/",
            link_label="Open Instagram",
            hint="Your comment appears here by itself, usually within an hour.",
        )

    def cost(self, config: CommentsConfig, cursor: CommentsCursor) -> Mapping[str, int]:
        """Count one call for each list that is read, and one to find the posts."""
        calls = 1 + posts.most(config) if cursor.is_fresh else len(cursor.places)
        return {limit.bucket: calls for limit in LIMITS}

    def open(self, ctx: Ctx, config: CommentsConfig, lane: Lane, window: Window) -> CommentsCursor:
        """Begin with the newest comments."""
        return CommentsCursor()

    def fetch(
        self, ctx: Ctx, config: CommentsConfig, cursor: CommentsCursor
    ) -> Page[CommentsCursor]:
        """Read one page of comments below each post, and of replies below busy comments.

        Raises:
            FetchError: one of its kinds.
        """
        instagram = Instagram(ctx, config.account)
        start = CommentsCursor(stop=cursor.stop)
        if cursor.is_fresh:
            cursor = _begun(ctx, instagram, config, cursor)
        if cursor.is_fresh:
            return Page((), None, start)
        found = dict(zip(cursor.places, _read(instagram, cursor.places), strict=True))
        rows = [row for path, page in found.items() for row in _rows(path, page, cursor)]
        items = [item for item in map(_item, rows) if item is not None]
        after = cursor.model_copy(
            update={
                "places": _places(found, cursor, config),
                "parents": cursor.parents | _parents(found, cursor),
                "newest": max([*_times(items), *filter(None, [cursor.newest])], default=None),
            }
        )
        limits = tuple(limit for page in found.values() for limit in page.limits)
        wanted = [each for each in items if _is_wanted(each, config, instagram.account)]
        if after.places:
            return Page(wanted, after, start, limits)
        return Page(wanted, None, after.ended(), limits)

    def hear(self, ctx: Ctx, config: CommentsConfig, event: Accepted) -> Sequence[Item]:
        """Read a comment of which Instagram tells; its webhook knows neither time nor address.

        Raises:
            FetchError: one of its kinds.
        """
        told = inside(event.payload.get("value"))
        comment_id = mapping.id_of(told.get("id"))
        if comment_id is None or _lacks(mapping.words(told, mapping.TEXT), config):
            return ()
        instagram = Instagram(ctx, config.account)
        raw = instagram.comment(comment_id)
        item = mapping.comment_from(raw) if raw is not None else None
        if raw is None or item is None or not _is_wanted(item, config, instagram.account):
            return ()
        if not config.replies and mapping.id_of(raw.get("parent_id")):
            return ()
        post = mapping.id_of(inside(raw.get("media")).get("id"))
        if config.posts and post not in posts.chosen(ctx, instagram, config.posts):
            return ()
        return [item]

    def recheck(self, ctx: Ctx, config: CommentsConfig, items: Sequence[Kept]) -> Sequence[Item]:
        """Read comments again, by their numbers; hidden ones count as gone.

        Raises:
            FetchError: one of its kinds.
        """
        found = Instagram(ctx, config.account).comments([each.external_id for each in items])
        return [item for item in map(mapping.comment_from, found) if item is not None]

    def recheck_cost(self, config: CommentsConfig, count: int) -> Mapping[str, int]:
        """Count one call for each comment, and one to know that the account may still look."""
        return {limit.bucket: count + 1 for limit in LIMITS}

    def estimate(self, ctx: Ctx, config: CommentsConfig, window: Window) -> Estimate:
        """Count what the newest page of comments of each post holds.

        Raises:
            FetchError: one of its kinds.
        """
        page = self.fetch(ctx, config, self.open(ctx, config, Lane.LIVE, window))
        items = [each for each in page.items if not each.deleted]
        newest = sorted(items, key=lambda each: each.occurred_at or ctx.now, reverse=True)
        return Estimate(
            len(items),
            cost=self.cost(config, CommentsCursor()),
            samples=newest[: shared.SAMPLES],
            notes=[MORE] if page.next is not None else [],
        )


def _place(config: CommentsConfig, handle: str) -> str:
    """Say where to comment: the first of the chosen posts, or the account."""
    code = shortcode(config.posts[0]) if config.posts else None
    return f"p/{code}" if code else handle


def _begun(
    ctx: Ctx, instagram: Instagram, config: CommentsConfig, cursor: CommentsCursor
) -> CommentsCursor:
    """Say which posts' comments are read: the chosen ones, or the newest."""
    found = posts.chosen(ctx, instagram, config.posts) if config.posts else posts.newest(instagram)
    places: Places = {f"{number}/comments": {} for number in found}
    return cursor.model_copy(update={"posts": dict(found), "places": places})


def _read(instagram: Instagram, places: Places) -> list[Listed]:
    """Read the lists; one whose post or comment is gone by now is empty."""
    params = {"fields": TALK, "limit": str(PAGE)}
    fields = {True: params, False: {**params, "fields": TALK.partition(",replies")[0]}}
    asked = [
        Asked(path, fields[path.endswith("/comments")], place) for path, place in places.items()
    ]
    answers = instagram.read(asked)
    gone = [each for each in answers if isinstance(each, SourceGone)]
    if len(gone) == len(answers):
        raise gone[0]
    for each in answers:
        if isinstance(each, Exception) and not isinstance(each, SourceGone):
            raise each
    return [each if isinstance(each, Listed) else Listed((), None) for each in answers]


def _rows(path: str, page: Listed, cursor: CommentsCursor) -> Iterator[tuple[Raw, Raw]]:
    """Give comments and replies, each with the post below which it stands."""
    above = path.partition("/")[0]
    number = cursor.parents.get(path, above)
    post = {"id": number, "permalink": cursor.posts.get(number)}
    for row in mapping.with_replies(page.data):
        yield ({"parent_id": above, **row} if path in cursor.parents else row), post


def _item(row: tuple[Raw, Raw]) -> Item | None:
    return mapping.comment_from(*row)


def _places(found: Mapping[str, Listed], cursor: CommentsCursor, config: CommentsConfig) -> Places:
    """Say where to go on: not where an earlier run has been, and not past it."""
    places: Places = {}
    for path, page in found.items():
        if page.next is not None and not _is_read(page, cursor.stop):
            places[path] = dict(page.next)
        if config.replies:
            places |= {name: place for name, place, _ in _more_replies(page)}
    return places


def _parents(found: Mapping[str, Listed], cursor: CommentsCursor) -> dict[str, str]:
    """Remember below which post replies stand that are read next."""
    return {
        name: cursor.parents.get(path, path.partition("/")[0])
        for path, page in found.items()
        for name, _, _ in _more_replies(page)
    }


def _more_replies(page: Listed) -> Iterator[tuple[str, dict[str, str], Raw]]:
    """Give the comments with more replies than came along, and where those go on."""
    for comment in page.data:
        number = mapping.id_of(comment.get("id"))
        place = place_after(inside(comment.get("replies")).get("paging"))
        if number is not None and place is not None:
            yield f"{number}/replies", dict(place), comment


def _is_read(page: Listed, stop: datetime | None) -> bool:
    """Tell whether a list, newest first, has come to what an earlier run has read."""
    times = _times(item for item in map(mapping.comment_from, page.data) if item is not None)
    return stop is not None and bool(times) and min(times) < stop - OVERLAP


def _times(items: Iterable[Item]) -> list[datetime]:
    return [item.occurred_at for item in items if item.occurred_at is not None]


def _is_wanted(item: Item, config: CommentsConfig, own: Account) -> bool:
    """Tell the comments that take part: with the hashtags, and not the account's own."""
    by = mapping.id_of(inside(item.raw.get("from")).get("id"))
    named = item.author is not None and item.author.uid == (own.handle or "").casefold()
    return by != own.uid and not named and not _lacks(item.text, config)


def _lacks(text: str, config: CommentsConfig) -> bool:
    lost = missing(config.hashtags, text)
    return bool(lost) if config.match == "all" else len(lost) == len(config.hashtags)
