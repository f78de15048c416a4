"""Pull sources: whose posts become entries without anybody touching the widget."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from tombola.api.actions import Complaint, Json, Suggestion, View
from tombola.api.config import Cursor, SourceConfig
from tombola.api.identity import Identity, Who
from tombola.api.keyed import Keyed
from tombola.api.text import Text

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx
    from tombola.api.webhooks import Accepted

S = TypeVar("S", bound=SourceConfig)
K = TypeVar("K", bound=Cursor)


class Lane(StrEnum):
    """LIVE reads what is new, HISTORY reads backwards; newest entries never wait."""

    LIVE = "live"
    HISTORY = "history"


class Scope(StrEnum):
    """What a limit or a job is counted by."""

    APP = "app"
    TEAM = "team"
    CREDENTIAL = "credential"
    SOURCE = "source"


class MediaKind(StrEnum):
    """Kinds of media; treat an unknown one as OTHER."""

    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the network, in units per period.

    Attributes:
        bucket: name, unique within the importer; ``cost`` counts in it.
        amount: units that fit into one period.
        per: length of the period.
        scope: what the units are counted by.
        distinct: counts different keys, not calls (30 hashtags in 7 days).
    """

    bucket: str
    amount: int
    per: timedelta
    scope: Scope = Scope.APP
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class LimitSeen:
    """What the network said about a bucket: units left, and the instant they are full again."""

    bucket: str
    remaining: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Stretch of time to read: from ``since`` (inclusive) to ``until`` (exclusive; None = now)."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or film of an item.

    Attributes:
        kind: what it is; only photos are kept by the core.
        url: where the thing itself (for films: a still picture) can be fetched.
        key: the network's id of it.
        alt: description for people who cannot see it.
    """

    kind: MediaKind
    url: str | None = None
    key: str | None = None
    width: int | None = None
    height: int | None = None
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A post, comment or the like, as read.

    Attributes:
        external_id: unique within the source; made by the plugin where the network gives none.
        occurred_at: the network's own time, aware UTC; None when it gives none.
        kind: ``post``, ``comment``…
        author: None when the network does not say.
        details: words for the Actions tab, by name.
        worth: None means the action's worth.
        parent_id: external id of what it answers.
        deleted: seen to be gone; the core marks it.
        unfit: why it does not fit its source, or not any more, in a few words for the team; the
            core leaves it out. "" = it fits, as far as the importer can tell.
        claim_key: normal form of the post's public address, by which its author may claim it where
            the network names none, e.g. ``ig:CAbc``; equal in every importer of that network.
        raw: the network's own JSON, kept no longer than the importer's ``raw_ttl``.
    """

    external_id: str
    occurred_at: datetime | None
    kind: str
    author: Identity | None = None
    text: str = ""
    media: Sequence[Media] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    worth: int | None = None
    permalink: str | None = None
    parent_id: str | None = None
    deleted: bool = False
    unfit: str = ""
    claim_key: str | None = None
    raw: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as it was stored, for another look at it.

    Attributes:
        external_id: as ``fetch`` gave it.
        permalink: likewise.
        parent_id: likewise.
        occurred_at: likewise; aware UTC.
    """

    external_id: str
    permalink: str | None = None
    parent_id: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Somebody's word that a post without an author is theirs.

    Attributes:
        claim_key: of the post, as ``Importer.claim_key`` read it.
        permalink: the post's address, as imported.
        handle: what they say they are called there, as typed; None when they said nothing. Proves
            nothing: anybody can type anybody's name.
        code: given to nobody else; in the post's text or the author's biography it is proof.
        who: the entrant, with what is proven of them.
    """

    claim_key: str
    permalink: str | None
    handle: str | None
    code: str
    who: Who


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the network has to say about a claim.

    Attributes:
        proven: the claimant is the author, beyond doubt; the claim is settled at once.
        note: what was found, for the moderator; "" when nothing was.
    """

    proven: bool = False
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[K]):
    """One answer of the network.

    Attributes:
        items: in the network's order; ids unique within the page.
        next: where to go on in this run; None ends it.
        checkpoint: what to store for the next run.
        limits: what the network said about its buckets.
    """

    items: Sequence[Item]
    next: K | None
    checkpoint: K
    limits: Sequence[LimitSeen] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pull would read and cost.

    Attributes:
        count: items; None when the network cannot say.
        exact: the count is no guess.
        cost: units by bucket.
        price: money the network would ask, with ``currency`` (ISO 4217).
        samples: some items to look at, newest first.
        notes: sentences the team should read before it says yes.
    """

    count: int | None
    exact: bool = False
    cost: Mapping[str, int] = field(default_factory=dict)
    price: Decimal | None = None
    currency: str | None = None
    samples: Sequence[Item] = ()
    notes: Sequence[Text] = ()


class Importer(Keyed, ABC, Generic[S, K]):
    """A pull source. Stateless: everything it needs comes with each call.

    Attributes:
        config_model: configuration of one source.
        config_version: raised whenever ``upgrade_config`` learns a step.
        cursor_model: its place.
        identity: provider key of the items' authors; log-ins there link imported entries.
        connection: key of the connector whose accounts it reads with; its configuration then has a
            field ``account``, a plain ``str``: the uid. None = public or app credentials.
        hears: topics of webhook events (``Accepted.topic``) that ``hear`` understands.
        lanes: HISTORY only if the network allows it.
        reach: how far back the network answers; None = no limit.
        ordered: True only if pages are strictly newest first.
        limits: declared limits, one for each bucket.
        raw_ttl: how long the core may keep ``Item.raw`` (terms of the network).
        media_hosts: host names (or ``.suffix``) that pictures may come from; empty = any public.
        recheck_size: items that one ``recheck`` takes, at most; 0 = this network does not let
            anybody look at a post again.
        claims: items without an author can be claimed by their public address; ``claim_key`` then
            reads it, and ``Item.claim_key`` carries it.
        prepare: words of a link and a path among the plugin's own pages for ``Audience.EDITORS``,
            where something is made ready for a source, such as a file. The form of a source leads
            there with ``zone`` (the campaign's) and ``back``; the page sends the browser ``back``
            with ``config.<field>`` in the query to fill the form in.
    """

    config_model: ClassVar[type[SourceConfig]]
    config_version: ClassVar[int] = 1
    cursor_model: ClassVar[type[Cursor]]
    identity: ClassVar[str | None] = None
    connection: ClassVar[str | None] = None
    hears: ClassVar[Sequence[str]] = ()
    lanes: ClassVar[frozenset[Lane]] = frozenset(Lane)
    reach: ClassVar[timedelta | None] = None
    ordered: ClassVar[bool] = False
    limits: ClassVar[Sequence[Limit]] = ()
    raw_ttl: ClassVar[timedelta] = timedelta(days=1)
    media_hosts: ClassVar[Sequence[str]] = ()
    recheck_size: ClassVar[int] = 0
    claims: ClassVar[bool] = False
    prepare: ClassVar[tuple[Text, str] | None] = None
    #: As of ``ActionType``.
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {}

    def upgrade_config(self, old: dict[str, Json], version: int) -> dict[str, Json]:
        """Turn configuration stored at ``version`` into today's. Pure."""
        return old

    def check(self, ctx: Ctx, config: S) -> Iterable[Complaint]:
        """Complain about a configuration that is about to be saved. May use the network."""
        return ()

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer values for a field, as (value, label), best first, at most fifty.

        For ``account`` it says which of the team's connected accounts this importer can read with.
        """
        return ()

    def features(self, config: S) -> Sequence[str]:
        """Name every feature that this configuration uses; the plan has to allow all of them."""
        return (self.key,)

    def view(self, ctx: Ctx, config: S, who: Who | None) -> View:
        """Say what the entrant sees in the widget, where the action stands beside others."""
        return View()

    def uses(self, config: S) -> Mapping[str, Sequence[str]]:
        """Name the keys that this configuration asks for, by bucket of a distinct limit. Pure.

        The core keeps the ledger: a key that would be one too many is refused when the source is
        saved, and a run rests until the oldest key has fallen out of its period.
        """
        return {}

    def recheck_cost(self, config: S, count: int) -> Mapping[str, int]:
        """Say how many units another look at ``count`` items will use, by bucket. Pure."""
        return {}

    def recheck(self, ctx: Ctx, config: S, items: Sequence[Kept]) -> Sequence[Item]:
        """Look at stored items again, at most ``recheck_size`` of them, in any order.

        What is missing from the answer is gone. Raises like ``fetch``; a network that hides whether
        a post is gone raises, and is never quiet about it.
        """
        raise NotImplementedError

    def cost(self, config: S, cursor: K) -> Mapping[str, int]:
        """Say how many units the page at ``cursor`` will use, by bucket. Pure."""
        return {limit.bucket: 1 for limit in self.limits}

    def estimate(self, ctx: Ctx, config: S, window: Window) -> Estimate:
        """Say what reading ``window`` means. Reads, and pays for, as little as it can."""
        return Estimate(count=None)

    @abstractmethod
    def open(self, ctx: Ctx, config: S, lane: Lane, window: Window) -> K:
        """Make the first cursor of a lane. No network."""

    @abstractmethod
    def fetch(self, ctx: Ctx, config: S, cursor: K) -> Page[K]:
        """Read one page, with at most one page's worth of calls. Repeatable.

        Raises:
            FetchError: one of its kinds, and nothing else; anything else counts as a bug here.
        """

    def hear(self, ctx: Ctx, config: S, event: Accepted) -> Sequence[Item]:
        """Turn an event of one of ``hears`` into items, at most 500; () when it brings none here.

        They go the way of fetched ones: an item that was fetched before or is fetched later is
        the same one by its ``external_id``, and ``Item.deleted`` marks it. Called for each source
        whose account the event names, at least once; may use the network. Raises like ``fetch``.
        """
        return ()

    def claim_key(self, text: str) -> str | None:
        """Read the address of a post that somebody pasted; None = no address of this network.

        Pure. Two addresses of one post give one key, and ``Item.claim_key`` of that post is it.
        """
        return None

    def evidence(self, ctx: Ctx, config: S, claim: ClaimView) -> Evidence:
        """Look for proof that the claimant wrote the post.

        May use the network; raises like ``fetch``. Asked once for each claim of a post that is
        stored, and again after a failure.
        """
        return Evidence()
