"""The source “mentions of your Instagram account”."""

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
    Lane,
    Limit,
    Page,
    Phrase,
    Text,
    View,
    Who,
    Window,
)
from tombola_instagram_import import claims, mapping, shared
from tombola_instagram_import.client import Instagram
from tombola_instagram_import.config import MentionsConfig
from tombola_instagram_import.cursors import MentionsCursor, place_of
from tombola_meta.accounts import CONNECTOR
from tombola_meta.limits import LIMITS
from tombola_meta.linking import INSTAGRAM_NAME
from tombola_meta.permalinks import instagram_claim_key
from tombola_meta.reading import Raw
from tombola_meta.reading import mapping as inside

#: Topic of ``tombola_meta`` for posts and comments that mention the account.
MENTIONS: Final = "meta.instagram.mentions"

NOTHING: Final = "Choose at least one place in which the account has to be mentioned."
TOLD: Final = (
    "Instagram tells of mentions in captions and comments when they happen, and never again: "
    "earlier ones cannot be imported. What is counted here are the posts in which the account is "
    "tagged."
)
MORE: Final = "The newest 50 posts were read; there are more."


class MentionsImporter(Importer[MentionsConfig, MentionsCursor]):
    """Posts and comments of others that mention the account, or tag it in their picture.

    Photo tags are polled; mentions in words come by webhook alone, since no list has them.
    """

    key: ClassVar[str] = "instagram_import.mentions"
    title: ClassVar[Text] = "Mentions of your Instagram account"
    config_model: ClassVar[type[MentionsConfig]] = MentionsConfig
    cursor_model: ClassVar[type[MentionsCursor]] = MentionsCursor
    identity: ClassVar[str | None] = INSTAGRAM_NAME
    connection: ClassVar[str | None] = CONNECTOR
    hears: ClassVar[Sequence[str]] = (MENTIONS,)
    lanes: ClassVar[frozenset[Lane]] = frozenset({Lane.LIVE})
    #: By the tag, which may be put on an older post.
    ordered: ClassVar[bool] = False
    limits: ClassVar[Sequence[Limit]] = LIMITS
    raw_ttl: ClassVar[timedelta] = shared.RAW_TTL
    claims: ClassVar[bool] = True

    def check(self, ctx: Ctx, config: MentionsConfig) -> Iterable[Complaint]:
        """Complain about the account, and about a source that takes nothing."""
        yield from shared.complaints_about(ctx, config.account)
        if not (config.captions or config.photo_tags or config.comments):
            yield Complaint(NOTHING, "captions")
        try:
            Instagram(ctx, config.account).tagged(None)
        except shared.LASTING as error:
            yield Complaint(shared.said(error), "account")
        except shared.PASSING as error:
            ctx.log.info("check_unanswered", why=str(error))

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer the connected Instagram accounts."""
        return shared.accounts_offered(ctx, field, query)

    def view(self, ctx: Ctx, config: MentionsConfig, who: Who | None) -> View:
        """Invite to mention."""
        handle = shared.handle_of(ctx, config.account)
        if handle is None:
            return View()
        label = "Post a photo that mentions @%(account)s on Instagram"
        if not config.photos_only:
            label = "Mention @%(account)s on Instagram"
        return View(
            label=Phrase(label, {"account": handle}),
            link=f"{shared.SITE}/{handle}/",
            link_label="Open Instagram",
            hint="Do so on a public account. It appears here by itself, usually within an hour.",
        )

    def cost(self, config: MentionsConfig, cursor: MentionsCursor) -> Mapping[str, int]:
        """A page is one call; without photo tags there is none."""
        return {limit.bucket: 1 for limit in LIMITS} if config.photo_tags else {}

    def open(self, ctx: Ctx, config: MentionsConfig, lane: Lane, window: Window) -> MentionsCursor:
        """Begin with the newest tag."""
        return MentionsCursor()

    def fetch(
        self, ctx: Ctx, config: MentionsConfig, cursor: MentionsCursor
    ) -> Page[MentionsCursor]:
        """Read one page of the posts in which the account is tagged.

        Raises:
            FetchError: one of its kinds.
        """
        start = MentionsCursor()
        if not config.photo_tags:
            return Page((), None, start)
        found = Instagram(ctx, config.account).tagged(cursor.place)
        place = place_of(found.next)
        following = None if place is None else MentionsCursor(place=place)
        return Page(mapping.posts_from(found.data), following, start, found.limits)

    def hear(self, ctx: Ctx, config: MentionsConfig, event: Accepted) -> Sequence[Item]:
        """Read what mentions the account; the webhook says no more than its number.

        Raises:
            FetchError: one of its kinds.
        """
        told = inside(event.payload.get("value"))
        if told.get("comment_id"):
            return _comment(ctx, config, told)
        media_id = mapping.id_of(told.get("media_id"))
        if media_id is None or not config.captions:
            return ()
        raw = Instagram(ctx, config.account).mentioning_post(media_id)
        return mapping.posts_from([raw] if raw is not None else [])

    def estimate(self, ctx: Ctx, config: MentionsConfig, window: Window) -> Estimate:
        """Count the newest posts in which the account is tagged.

        Raises:
            FetchError: one of its kinds.
        """
        page = self.fetch(ctx, config, MentionsCursor())
        more = page.next is not None
        notes: list[Text] = [MORE] if more else []
        return Estimate(
            len(page.items),
            cost=self.cost(config, MentionsCursor()),
            samples=page.items[: shared.SAMPLES],
            notes=[*notes, TOLD] if config.captions or config.comments else notes,
        )

    def claim_key(self, text: str) -> str | None:
        """Read the address of a post, for those whose author Instagram does not name."""
        return instagram_claim_key(text)

    def evidence(self, ctx: Ctx, config: MentionsConfig, claim: ClaimView) -> Evidence:
        """Look whether the post is among those of the account that the claimant names."""
        return claims.evidence(ctx, config.account, claim)


def _comment(ctx: Ctx, config: MentionsConfig, told: Raw) -> Sequence[Item]:
    comment_id = mapping.id_of(told.get("comment_id"))
    if comment_id is None or not config.comments:
        return ()
    raw = Instagram(ctx, config.account).mentioning_comment(comment_id)
    item = mapping.comment_from(raw, {"id": told.get("media_id")}) if raw is not None else None
    return [] if item is None else [item]
