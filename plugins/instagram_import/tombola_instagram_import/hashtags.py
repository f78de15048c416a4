"""The source “hashtag on Instagram”."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from tombola.api import (
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
    Scope,
    Suggestion,
    Text,
    View,
    Who,
    Window,
)
from tombola_instagram_import import claims, shared, walking
from tombola_instagram_import.client import HASHTAGS_MAX, Edge, Instagram
from tombola_instagram_import.config import HashtagConfig
from tombola_instagram_import.cursors import HashtagCursor, Places
from tombola_instagram_import.tags import folded
from tombola_meta.accounts import CONNECTOR
from tombola_meta.identity import INSTAGRAM
from tombola_meta.limits import HASHTAGS, LIMITS
from tombola_meta.permalinks import instagram_claim_key

#: How far back the newest posts reach. Source: “IG Hashtag, Recent Media”, 24 hours; 2026-11-21.
REACH: Final = timedelta(hours=24)

#: Pages of each hashtag that a preview reads at most. Ours.
LOOKS: Final = 2

FULL: Final = (
    "Instagram lets this account ask for 30 different hashtags in seven days. %(used)s are used, "
    "also by other programs; %(more)s more do not fit."
)
NOTES: Final[Sequence[Text]] = (
    "Instagram shows the posts of the last 24 hours only; what is missed is lost for good.",
    "Instagram does not say who wrote these posts: each is an entry that its author can claim.",
    "Posts of private accounts and stories are never shown.",
)
IN_COMMENTS: Final = (
    "Where all hashtags are needed, one that stands in a comment below the post cannot be seen, "
    "and the post may be left out."
)
MORE: Final = "There are more posts than were read; the number is reckoned from the newest ones."
POPULAR: Final = "Of the popular posts the first 50 of each hashtag are counted; there may be more."
UNKNOWN: Final = "Instagram knows no posts with #%(tag)s, or does not show them."


class HashtagImporter(Importer[HashtagConfig, HashtagCursor]):
    """Public posts with hashtags, as long as Instagram shows them, without their authors.

    LIVE reads the newest ones, HISTORY once the popular ones, where the team wants them. Nothing
    can be looked at again: posts are found by their hashtag alone, and no longer after a day.
    """

    key: ClassVar[str] = "instagram_import.hashtag"
    title: ClassVar[Text] = "Hashtag on Instagram"
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {
        "photo_contest": (
            Suggestion("Post a photo with our hashtag on Instagram", interval="unlimited"),
        ),
    }
    config_model: ClassVar[type[HashtagConfig]] = HashtagConfig
    cursor_model: ClassVar[type[HashtagCursor]] = HashtagCursor
    identity: ClassVar[str | None] = INSTAGRAM
    connection: ClassVar[str | None] = CONNECTOR
    lanes: ClassVar[frozenset[Lane]] = frozenset(Lane)
    reach: ClassVar[timedelta | None] = REACH
    #: Source: as ``REACH``: “not always chronological”.
    ordered: ClassVar[bool] = False
    #: Source: “Hashtag Search”, limitations, 30 unique hashtags in a rolling week; 2026-11-21.
    limits: ClassVar[Sequence[Limit]] = (
        *LIMITS,
        Limit(HASHTAGS, HASHTAGS_MAX, timedelta(days=7), Scope.CREDENTIAL, distinct=True),
    )
    raw_ttl: ClassVar[timedelta] = shared.RAW_TTL
    claims: ClassVar[bool] = True

    def check(self, ctx: Ctx, config: HashtagConfig) -> Iterable[Complaint]:
        """Complain about the account, and about hashtags for which Instagram has no room.

        Reads which hashtags were asked for lately: other programs may use the account, too.
        """
        yield from shared.complaints_about(ctx, config.account)
        try:
            instagram = Instagram(ctx, config.account)
            used = instagram.searched_lately()
        except shared.LASTING as error:
            yield Complaint(shared.said(error), "account")
            return
        except shared.PASSING as error:
            ctx.log.info("check_unanswered", why=str(error))
            return
        numbers = [instagram.known_number(tag) for tag in config.hashtags]
        more = sum(1 for number in numbers if number is None or number not in used)
        if more and len(used) + more > HASHTAGS_MAX:
            yield Complaint(Phrase(FULL, {"used": str(len(used)), "more": str(more)}), "hashtags")

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer the connected Instagram accounts."""
        return shared.accounts_offered(ctx, field, query)

    def view(self, ctx: Ctx, config: HashtagConfig, who: Who | None) -> View:
        """Invite to post, and to claim: Instagram does not say who it was."""
        wanted = config.hashtags if config.match == "all" else config.hashtags[:1]
        label = (
            "Post a photo with %(tags)s on Instagram"
            if config.photos_only
            else "Post with %(tags)s on Instagram"
        )
        return View(
            label=Phrase(label, {"tags": " ".join(f"#{tag}" for tag in wanted)}),
            link=f"{shared.SITE}/",
            link_label="Open Instagram",
            hint="Put it into the caption, on a public account. Instagram does not tell us who "
            "posted: come back and claim your post by its address.",
        )

    def uses(self, config: HashtagConfig) -> Mapping[str, Sequence[str]]:
        """Name the hashtags, of which an account has 30 different ones in seven days."""
        return {HASHTAGS: [folded(tag) for tag in config.hashtags]}

    def cost(self, config: HashtagConfig, cursor: HashtagCursor) -> Mapping[str, int]:
        """Count one call for each hashtag that is still being read; batched calls count singly."""
        if _is_idle(config, cursor):
            return {}
        calls = len(cursor.places) if cursor.page else len(config.hashtags)
        return {limit.bucket: calls for limit in LIMITS}

    def open(self, ctx: Ctx, config: HashtagConfig, lane: Lane, window: Window) -> HashtagCursor:
        """Begin at the top of the lists; Instagram cannot be asked for a time."""
        return HashtagCursor(lane=lane)

    def fetch(self, ctx: Ctx, config: HashtagConfig, cursor: HashtagCursor) -> Page[HashtagCursor]:
        """Read one page of each hashtag's list.

        Every LIVE run begins at the top: only so is a post found that Instagram shows late.

        Raises:
            FetchError: one of its kinds.
        """
        start = HashtagCursor(lane=cursor.lane)
        if _is_idle(config, cursor):
            return Page((), None, start)
        edge = Edge.TOP if cursor.lane is Lane.HISTORY else Edge.RECENT
        if not cursor.page:
            cursor = walking.begin(ctx, config, cursor, edge)
        found, after = walking.step(ctx, config, cursor, edge)
        following = after if after.places else None
        return Page(found.items, following, start, found.limits)

    def estimate(self, ctx: Ctx, config: HashtagConfig, window: Window) -> Estimate:
        """Count what one or two pages of each hashtag hold, and reckon with their pace.

        Raises:
            FetchError: one of its kinds.
        """
        instagram = Instagram(ctx, config.account)
        numbers = instagram.numbers_of(config.hashtags)
        places: Places = {number: {} for number in numbers.values()}
        seen: list[Item] = []
        rounds = 0
        while rounds < LOOKS and places:
            found = walking.read(instagram, config, places, Edge.RECENT)
            seen, places, rounds = [*seen, *found.items], found.places, rounds + 1
        popular: Sequence[Item] = ()
        if config.popular and numbers:
            top: Places = {number: {} for number in numbers.values()}
            popular = walking.read(instagram, config, top, Edge.TOP).items
        unique = {each.external_id: each for each in seen if not each.unfit}
        count = _reckoned(list(unique.values()), ctx.now) if places else len(unique)
        others = {e.external_id: e for e in popular if not e.unfit and e.external_id not in unique}
        unknown = [tag for tag in config.hashtags if tag not in numbers]
        samples = [*sorted(unique.values(), key=_newest_first), *others.values()]
        return Estimate(
            count + len(others),
            cost={limit.bucket: max(1, len(numbers)) for limit in LIMITS},
            samples=samples[: shared.SAMPLES],
            notes=[*_notes(config, unknown, more=bool(places))],
        )

    def claim_key(self, text: str) -> str | None:
        """Read the address of a post, in any of the forms that people copy."""
        return instagram_claim_key(text)

    def evidence(self, ctx: Ctx, config: HashtagConfig, claim: ClaimView) -> Evidence:
        """Look whether the post is among those of the account that the claimant names."""
        return claims.evidence(ctx, config.account, claim)


def _is_idle(config: HashtagConfig, cursor: HashtagCursor) -> bool:
    """Tell a lane that has nothing to read."""
    return cursor.lane is Lane.HISTORY and not config.popular


def _reckoned(seen: Sequence[Item], now: datetime) -> int:
    """Go on with the pace of what was seen, to the end of what Instagram shows."""
    times = [item.occurred_at for item in seen if item.occurred_at is not None]
    if not times:
        return len(seen)
    span = max(now - min(times), timedelta(minutes=1))
    return max(len(seen) + 1, round(len(seen) * (REACH / span)))


def _newest_first(item: Item) -> float:
    return -item.occurred_at.timestamp() if item.occurred_at is not None else 0.0


def _notes(config: HashtagConfig, unknown: Sequence[str], *, more: bool) -> Iterator[Text]:
    if more:
        yield MORE
    yield from (Phrase(UNKNOWN, {"tag": tag}) for tag in unknown)
    yield from NOTES
    if config.match == "all" and len(config.hashtags) > 1:
        yield IN_COMMENTS
    if config.popular:
        yield POPULAR
