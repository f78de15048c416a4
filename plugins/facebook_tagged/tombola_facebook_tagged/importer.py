"""The source “posts that tag our page”: opens lanes, fetches pages, hears, looks again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Final

from tombola.api import (
    Accepted,
    ClaimView,
    Complaint,
    Ctx,
    Estimate,
    Evidence,
    Importer,
    Item,
    Kept,
    Lane,
    Limit,
    Page,
    Phrase,
    Suggestion,
    Text,
    View,
    Who,
    Window,
)
from tombola_facebook_tagged import client, mapping
from tombola_facebook_tagged.config import TaggedConfig
from tombola_facebook_tagged.cursor import TaggedCursor
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.graph import BATCH_MAX
from tombola_meta.limits import ACCOUNT, LIMITS
from tombola_meta.permalinks import facebook_claim_key

#: Topic of ``tombola_meta`` for posts and comments that mention a page.
MENTION: Final = "meta.page.mention"

#: Pages that a preview reads at most. Ours.
LOOKS: Final = 3

#: Pictures that are shown in a preview. Ours.
SAMPLES: Final = 8

NO_AUTHORS: Final = (
    "Facebook does not say who wrote these posts: each is an entry that its author can claim with "
    "the post's address."
)
CODE_FOUND: Final = "The post holds the code that only the claimant was given."
CODE_MISSING: Final = "The post does not hold the claimant's code. Look at it and decide."
NOT_FOUND: Final = "The post is not among the latest that tag the page. Look at it and decide."
MORE: Final = "There are more posts than that; the number is reckoned from the newest ones."


class TaggedImporter(Importer[TaggedConfig, TaggedCursor]):
    """Public posts in which a connected page is tagged."""

    key: ClassVar[str] = "facebook_tagged.tagged"
    title: ClassVar[Text] = "Posts that tag your Facebook page"
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {
        "photo_contest": (Suggestion("Tag our page in a photo on Facebook", interval="unlimited"),),
    }
    config_model: ClassVar[type[TaggedConfig]] = TaggedConfig
    cursor_model: ClassVar[type[TaggedCursor]] = TaggedCursor
    connection: ClassVar[str | None] = CONNECTOR
    hears: ClassVar[Sequence[str]] = (MENTION,)
    lanes: ClassVar[frozenset[Lane]] = frozenset({Lane.LIVE, Lane.HISTORY})
    #: By the tag, which may come later than the post.
    ordered: ClassVar[bool] = False
    limits: ClassVar[Sequence[Limit]] = LIMITS
    raw_ttl: ClassVar[timedelta] = timedelta(days=1)
    recheck_size: ClassVar[int] = BATCH_MAX
    claims: ClassVar[bool] = True

    def check(self, ctx: Ctx, config: TaggedConfig) -> Iterable[Complaint]:
        """Complain about an account that is no page. No network."""
        kinds = {each.uid: each.kind for each in ctx.accounts(CONNECTOR)}
        if config.account and kinds.get(config.account, PAGE_KIND) != PAGE_KIND:
            yield Complaint("Choose a page, not an Instagram account.", "account")

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer the connected pages."""
        pages = (each for each in ctx.accounts(CONNECTOR) if each.kind == PAGE_KIND)
        return [(each.uid, each.title) for each in pages if field == "account"][:50]

    def view(self, ctx: Ctx, config: TaggedConfig, who: Who | None) -> View:
        """Invite to post, and to claim: Facebook does not say who it was."""
        title = next(
            (each.title for each in ctx.accounts(CONNECTOR) if each.uid == config.account), None
        )
        if title is None:
            return View()
        label = "Post a photo that tags %(page)s on Facebook"
        if not config.photos_only:
            label = "Tag %(page)s in a post on Facebook"
        return View(
            label=Phrase(label, {"page": title}),
            link=f"https://www.facebook.com/{config.account}",
            link_label="Open Facebook",
            hint="Make the post public; others cannot be seen here.",
        )

    def recheck_cost(self, config: TaggedConfig, count: int) -> Mapping[str, int]:
        """Calls of a batch are counted singly."""
        return {ACCOUNT: count}

    def open(self, ctx: Ctx, config: TaggedConfig, lane: Lane, window: Window) -> TaggedCursor:
        """Start a lane, at the latest tag."""
        return TaggedCursor(lane=lane, since=window.since)

    def fetch(self, ctx: Ctx, config: TaggedConfig, cursor: TaggedCursor) -> Page[TaggedCursor]:
        """Read one page, the latest tag first.

        Raises:
            FetchError: one of its kinds.
        """
        page = client.page_of(ctx, config.account)
        found = client.tagged(ctx, page, cursor.place)
        here = cursor.turned(mapping.tag_times(found.data), found.next)
        items = mapping.items_from(found.data)
        return Page(items, here.following(), here.checkpoint(), found.limits)

    def estimate(self, ctx: Ctx, config: TaggedConfig, window: Window) -> Estimate:
        """Read three pages at most.

        Raises:
            FetchError: one of its kinds.
        """
        cursor: TaggedCursor | None = self.open(ctx, config, Lane.HISTORY, window)
        items: list[Item] = []
        calls = 0
        while cursor is not None and calls < LOOKS:
            found = self.fetch(ctx, config, cursor)
            items += [item for item in found.items if _is_within(item, window)]
            cursor, calls = found.next, calls + 1
        notes: list[Text] = [NO_AUTHORS, *([MORE] if cursor else [])]
        count = _reckoned(items, window, ctx) if cursor else len(items)
        return Estimate(
            count,
            exact=cursor is None,
            cost={ACCOUNT: max(calls, count // client.PAGE + 1)},
            samples=items[:SAMPLES],
            notes=notes,
        )

    def hear(self, ctx: Ctx, config: TaggedConfig, event: Accepted) -> Sequence[Item]:
        """Read the post that a webhook tells of; its pictures do not come along.

        Raises:
            FetchError: one of its kinds.
        """
        told = mapping.told_post(mapping.event_value(event.payload))
        if told is None:
            return ()
        post_id, gone = told
        if gone:
            return [Item(post_id, event.occurred_at, "post", deleted=True)]
        post = client.post(ctx, client.page_of(ctx, config.account), post_id)
        item = None if post is None else mapping.item_from({**post, "id": post_id})
        return () if item is None else [item]

    def recheck(self, ctx: Ctx, config: TaggedConfig, items: Sequence[Kept]) -> Sequence[Item]:
        """Read posts again, by their ids; what Facebook no longer shows is gone.

        Raises:
            FetchError: one of its kinds.
        """
        page = client.page_of(ctx, config.account)
        return mapping.items_from(client.posts(ctx, page, [each.external_id for each in items]))

    def claim_key(self, text: str) -> str | None:
        """Read the address of a post at Facebook."""
        return facebook_claim_key(text)

    def evidence(self, ctx: Ctx, config: TaggedConfig, claim: ClaimView) -> Evidence:
        """Look for the claimant's code in the post, among the latest tags.

        Raises:
            FetchError: one of its kinds.
        """
        page = client.page_of(ctx, config.account)
        place: Mapping[str, str] | None = None
        for _ in range(LOOKS):
            found = client.tagged(ctx, page, place)
            for item in mapping.items_from(found.data):
                if item.claim_key == claim.claim_key:
                    code = claim.code.casefold()
                    proven = bool(code) and code in item.text.casefold()
                    return Evidence(proven, CODE_FOUND if proven else CODE_MISSING)
            place = found.next
            if place is None:
                break
        return Evidence(note=NOT_FOUND)


def _is_within(item: Item, window: Window) -> bool:
    at = item.occurred_at
    return at is None or (at >= window.since and (window.until is None or at < window.until))


def _reckoned(items: Sequence[Item], window: Window, ctx: Ctx) -> int:
    """Go on with the pace of what was seen, down to the beginning of the window."""
    times = [item.occurred_at for item in items if item.occurred_at is not None]
    if not times:
        return len(items)
    end = window.until or ctx.now
    seen = max(end - min(times), timedelta(minutes=1))
    return max(len(items) + 1, round(len(items) * ((end - window.since) / seen)))
