"""The source “comments under a post”: opens lanes, fetches pages, hears, looks again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Final

from tombola.api import (
    Accepted,
    Account,
    ClaimView,
    Complaint,
    Ctx,
    Estimate,
    Evidence,
    FetchError,
    Importer,
    Item,
    Kept,
    Lane,
    Limit,
    Page,
    PermissionLost,
    Retry,
    SourceGone,
    Suggestion,
    Text,
    Throttled,
    View,
    Who,
    Window,
)
from tombola_facebook_comments import choosing, client, mapping
from tombola_facebook_comments.config import CommentsConfig
from tombola_facebook_comments.cursor import CommentsCursor
from tombola_facebook_comments.mapping import Under
from tombola_facebook_comments.posts import complaint, post_meant
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.graph import BATCH_MAX, Listed
from tombola_meta.limits import ACCOUNT, LIMITS
from tombola_meta.linking import PAGE_PERSON
from tombola_meta.permalinks import comment_of
from tombola_meta.reading import Raw

#: Topic of ``tombola_meta`` for what happens on a page.
FEED: Final = "meta.page.feed"

#: Pictures that are shown in a preview. Ours.
SAMPLES: Final = 8

#: Pages, newest first, in which evidence for a claim is looked for. Ours.
LOOKS: Final = 3

NEW: Final = "add"
REMOVED: Final = "remove"
#: After these the comment is read again: such an event does not hold all of it.
CHANGED: Final = frozenset({"edited", "hide", "unhide"})

NOT_SHOWN: Final = (
    "Facebook does not show this post to the page: it is not public, was deleted, or belongs to a "
    "profile or a group"
)
NOT_AGAIN: Final = "Facebook lets nobody look again at comments under other pages' posts"
NO_AUTHORS: Final = (
    "This is another page's post: Facebook does not say who wrote its comments. Each is an entry "
    "that its author can claim with the comment's address."
)
ALL_KINDS: Final = (
    "Facebook counts all comments under the post, those without a photo and older ones among them."
)
CODE_FOUND: Final = "The comment holds the code that only the claimant was given."
CODE_MISSING: Final = "The comment does not hold the claimant's code. Look at it and decide."
NOT_FOUND: Final = "The comment was not found under the post. Look at it and decide."


class CommentsImporter(Importer[CommentsConfig, CommentsCursor]):
    """Comments under one post: of a connected page, or another page's public one."""

    key: ClassVar[str] = "facebook_comments.comments"
    title: ClassVar[Text] = "Comments under a Facebook post"
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {
        "comment_to_win": (Suggestion("Comment below our post on Facebook", interval="daily"),),
    }
    config_model: ClassVar[type[CommentsConfig]] = CommentsConfig
    cursor_model: ClassVar[type[CommentsCursor]] = CommentsCursor
    identity: ClassVar[str | None] = PAGE_PERSON
    connection: ClassVar[str | None] = CONNECTOR
    hears: ClassVar[Sequence[str]] = (FEED,)
    lanes: ClassVar[frozenset[Lane]] = frozenset({Lane.LIVE, Lane.HISTORY})
    ordered: ClassVar[bool] = False
    limits: ClassVar[Sequence[Limit]] = LIMITS
    raw_ttl: ClassVar[timedelta] = timedelta(days=1)
    recheck_size: ClassVar[int] = BATCH_MAX
    claims: ClassVar[bool] = True

    def check(self, ctx: Ctx, config: CommentsConfig) -> Iterable[Complaint]:
        """Complain about an account that is no page, and about a post that cannot be read.

        Asks Facebook for the post.
        """
        accounts = {each.uid: each for each in ctx.accounts(CONNECTOR)}
        page = accounts.get(config.account)
        if page is not None and page.kind != PAGE_KIND:
            yield Complaint("Choose a page, not an Instagram account.", "account")
            return
        wrong = complaint(config.post)
        if wrong is not None:
            yield Complaint(wrong, "post")
        elif page is not None:
            yield from _unread(ctx, page, config.post)

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer the connected pages, and their latest posts."""
        if field == "account":
            return choosing.pages(ctx)
        return choosing.posts(ctx, query) if field == "post" else ()

    def view(self, ctx: Ctx, config: CommentsConfig, who: Who | None) -> View:
        """Invite to comment, where the comment has to be."""
        meant = post_meant(config.post)
        if meant is None:
            return View()
        return View(
            label="Comment on our post on Facebook with a photo"
            if config.photos_only
            else "Comment on our post on Facebook",
            link=f"https://www.facebook.com/{meant.owner or config.account}/posts/{meant.number}",
            link_label="Open the post",
            hint="Your comment appears here by itself, usually within an hour.",
        )

    def cost(self, config: CommentsConfig, cursor: CommentsCursor) -> Mapping[str, int]:
        """A page is one call, and one more for each photo that came small."""
        return {limit.bucket: 1 + client.PAGE for limit in LIMITS}

    def recheck_cost(self, config: CommentsConfig, count: int) -> Mapping[str, int]:
        """Calls of a batch are counted singly."""
        return {ACCOUNT: count}

    def open(self, ctx: Ctx, config: CommentsConfig, lane: Lane, window: Window) -> CommentsCursor:
        """Start a lane, at its oldest comment."""
        until = window.until if lane is Lane.HISTORY else None
        return CommentsCursor(lane=lane, since=window.since, until=until)

    def fetch(
        self, ctx: Ctx, config: CommentsConfig, cursor: CommentsCursor
    ) -> Page[CommentsCursor]:
        """Read one page, the oldest comment first.

        Where Facebook does not know its place any more, the list is read again from a little
        before the latest comment that came.

        Raises:
            FetchError: one of its kinds.
        """
        page = client.page_of(ctx, config.account)
        post = cursor.post or client.post_id(ctx, page, config.post)
        here = cursor.model_copy(update={"post": post})
        try:
            found = _read(ctx, page, config, here)
        except SourceGone:
            if here.place is None:
                raise
            here = here.without_place()
            found = _read(ctx, page, config, here)
        items = _enlarged(ctx, page, post, found.data)
        here = here.turned(mapping.times(found.data), found.next)
        return Page(items, here.following(), here.checkpoint(), found.limits)

    def estimate(self, ctx: Ctx, config: CommentsConfig, window: Window) -> Estimate:
        """Read the newest page, with Facebook's own count beside it.

        Raises:
            FetchError: one of its kinds.
        """
        page = client.page_of(ctx, config.account)
        post = client.post_id(ctx, page, config.post)
        found = _newest(ctx, page, config, post, None, summary="true")
        items = mapping.items_from(found.data, _under(page, post))
        inside = [item for item in items if _is_within(item, window)]
        told = found.summary.get("total_count")
        exact = found.next is None
        count = len(inside) if exact else max(told if isinstance(told, int) else 0, len(items) + 1)
        notes: list[Text] = [] if client.is_own(page, post) else [NO_AUTHORS]
        return Estimate(
            count,
            exact=exact,
            cost={ACCOUNT: count // client.PAGE + 1},
            samples=inside[:SAMPLES],
            notes=notes if exact else [*notes, ALL_KINDS],
        )

    def hear(self, ctx: Ctx, config: CommentsConfig, event: Accepted) -> Sequence[Item]:
        """Take a comment from the event itself, or read it again where it has changed.

        Raises:
            FetchError: one of its kinds.
        """
        value = mapping.event_value(event.payload)
        about, meant = mapping.told(value), post_meant(config.post)
        if about is None or meant is None or about.post.rpartition("_")[2] != meant.number:
            return ()
        if about.parent is not None and config.replies == "toplevel":
            return ()
        under = Under(f"{config.account}_{meant.number}", config.account)
        if about.verb == REMOVED:
            return [Item(about.comment, event.occurred_at, "comment", deleted=True)]
        if about.verb == NEW:
            item = mapping.item_from(mapping.comment_told(value, about, under), under)
        elif about.verb in CHANGED:
            read = client.comment(ctx, client.page_of(ctx, config.account), about.comment)
            item = mapping.item_from({**read, "id": about.comment}, under) if read else None
        else:
            return ()
        return () if item is None else [item]

    def recheck(self, ctx: Ctx, config: CommentsConfig, items: Sequence[Kept]) -> Sequence[Item]:
        """Read comments again, by their ids; what Facebook no longer shows is gone.

        Raises:
            FetchError: one of its kinds; SourceGone where comments have no ids to ask for.
        """
        page = client.page_of(ctx, config.account)
        post = client.post_id(ctx, page, config.post)
        ids = [each.external_id for each in items]
        if not client.is_own(page, post) or not all(map(mapping.ID.fullmatch, ids)):
            raise SourceGone(NOT_AGAIN)
        return mapping.items_from(client.comments_again(ctx, page, ids), _under(page, post))

    def claim_key(self, text: str) -> str | None:
        """Read the address of a comment at Facebook."""
        number = comment_of(text)
        return f"fb:{number}" if number else None

    def evidence(self, ctx: Ctx, config: CommentsConfig, claim: ClaimView) -> Evidence:
        """Look for the claimant's code in the comment, among the newest under the post.

        Raises:
            FetchError: one of its kinds.
        """
        page = client.page_of(ctx, config.account)
        post = client.post_id(ctx, page, config.post)
        place: Mapping[str, str] | None = None
        for _ in range(LOOKS):
            found = _newest(ctx, page, config, post, place)
            for item in mapping.items_from(found.data, _under(page, post)):
                if f"fb:{item.external_id.rpartition('_')[2]}" == claim.claim_key:
                    proven = claim.code.casefold() in item.text.casefold()
                    return Evidence(proven, CODE_FOUND if proven else CODE_MISSING)
            place = found.next
            if place is None:
                break
        return Evidence(note=NOT_FOUND)


def _under(page: Account, post: str) -> Under:
    return Under(post, page.uid if client.is_own(page, post) else None)


def _read(ctx: Ctx, page: Account, config: CommentsConfig, here: CommentsCursor) -> Listed:
    asked = {
        "filter": config.replies,
        "order": "chronological",
        "since": str(int(here.since.timestamp())),
    }
    return client.comments(ctx, page, here.post or "", asked, here.place)


def _newest(
    ctx: Ctx,
    page: Account,
    config: CommentsConfig,
    post: str,
    place: Mapping[str, str] | None,
    **more: str,
) -> Listed:
    asked = {"filter": config.replies, "order": "reverse_chronological", **more}
    return client.comments(ctx, page, post, asked, place)


def _enlarged(ctx: Ctx, page: Account, post: str, comments: Sequence[Raw]) -> list[Item]:
    """Give the comments, on own posts with full-size photos."""
    items = mapping.items_from(comments, _under(page, post))
    if not client.is_own(page, post):
        return items
    small = mapping.small_photos(items)[:BATCH_MAX]
    return mapping.with_large_photos(items, client.photos(ctx, page, small) if small else {})


def _unread(ctx: Ctx, page: Account, written: str) -> Iterable[Complaint]:
    try:
        post = client.post_id(ctx, page, written)
        client.read_post(ctx, page, post)
    except (SourceGone, PermissionLost) as error:
        yield Complaint(f"{NOT_SHOWN}. ({error})", "post")
    except (Retry, Throttled) as error:
        # No fault of the post's: the source will ask again by itself.
        ctx.log.info("check_unanswered", why=str(error))
    except FetchError as error:
        yield Complaint(str(error), "account")


def _is_within(item: Item, window: Window) -> bool:
    at = item.occurred_at
    return at is None or (at >= window.since and (window.until is None or at < window.until))
