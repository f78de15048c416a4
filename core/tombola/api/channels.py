"""Messages out, to an identity on a network, and what is heard from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from tombola.api.actions import Rejected
from tombola.api.entries import Allowed
from tombola.api.happenings import Happening
from tombola.api.identity import Identity
from tombola.api.keyed import Keyed
from tombola.api.messages import Message, Purpose, Recipient
from tombola.api.text import Text
from tombola.api.webhooks import Accepted

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx


@dataclass(frozen=True, slots=True)
class NotNow:
    """The network does not permit it.

    Attributes:
        reason: why, for the team; the same words for everybody whom the same rule holds off, since
            people are counted by it. No names, no times.
        alternative: what would be permitted, or what the person can do.
        until: aware UTC, from when it is permitted without anybody's doing; None = not by itself.
    """

    reason: Text
    alternative: Text | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The network took it, under this id. ``used``: names of grants that are spent now."""

    external_id: str
    used: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The network took nothing, and will take nothing more for this person (blocked, left)."""

    reason: Text


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """A rule of the network's, as the team reads it beside its planned messages.

    Attributes:
        title: a few words.
        says: what it permits or forbids.
        source: title of the network's page, its section, and when it was read.
        since: aware UTC; None = always.
        until: aware UTC, not included; None = still in force.
    """

    title: Text
    says: Text
    source: str
    since: datetime | None = None
    until: datetime | None = None


class Channel(Keyed, ABC):
    """A way to send messages to identities of one provider, and to hear from them.

    The core decides whether and when something is sent, writes that it is being sent before
    ``send`` is called, and never repeats a send whose end it does not know.

    Attributes:
        identity: key under which its people stand in ``Identity.provider``.
        connection: key of the connector whose accounts it speaks as; ``account_of`` then says
            which. None = it speaks as nobody in particular.
        hears: topics of webhook events (``Accepted.topic``) that ``hear`` understands.
        per_second: messages that one account may send in a second.
        text_max: characters of ``Message.text`` that the network takes.
        prepare: words of a link and a path among the plugin's own pages for ``Audience.EDITORS``,
            shown beside the network's rules; such as where templates wait for approval.
        reply_window: how long after a person's last act anything may be said; None = always.
            Shown to teams; ``assess`` decides.
    """

    identity: ClassVar[str]
    connection: ClassVar[str | None] = None
    hears: ClassVar[Sequence[str]] = ()
    per_second: ClassVar[float] = 10.0
    text_max: ClassVar[int] = 2_000
    prepare: ClassVar[tuple[Text, str] | None] = None
    reply_window: ClassVar[timedelta | None] = None

    def account_of(self, identity: Identity) -> str | None:
        """Name the connected account that this person can be written to from, by uid. Pure."""
        return None

    def hear(self, ctx: Ctx, event: Accepted) -> Sequence[Happening]:
        """Tell what an event of one of ``hears`` means; () when it means nothing here.

        Called in a worker for each team that has connected the event's account, at least once, in
        any order; may use the network. The core applies all happenings of one event together, in
        one transaction, and once.

        Raises:
            FetchError: Retry, Throttled or OutOfCredit; it is asked again then.
        """
        return ()

    def policy(self, ctx: Ctx, at: datetime) -> Sequence[PolicyRule]:
        """Give the network's rules that the team should know at that instant. No network."""
        return ()

    @abstractmethod
    def assess(self, ctx: Ctx, to: Recipient, purpose: Purpose, at: datetime) -> Allowed | NotNow:
        """Say whether the network's policy permits this message at that instant.

        No network and no write, since it is asked for everybody whenever a page is looked at. Opt-
        outs are the core's: nobody who opted out is asked about.

        Returns:
            ``Allowed(by=…)`` with the rule that permits it, or ``NotNow``.
        """

    @abstractmethod
    def send(
        self, ctx: Ctx, to: Recipient, message: Message, dedupe: str
    ) -> Sent | NotNow | Rejected | Unreachable:
        """Send once.

        Args:
            ctx: the plugin's world.
            to: the person, as ``assess`` was shown them a moment before.
            message: ready to be sent; its text has no placeholders any more.
            dedupe: the same for the same message, for networks that know such keys.

        Returns:
            ``Sent``; ``NotNow`` when the network's rules forbid it after all: the message waits;
            ``Rejected`` when the network does not take it: for good, or with ``retryable`` to be
            tried twice more; ``Unreachable`` when this person is not to be written to any more.

        Raises:
            FetchError: for trouble after which it was certainly not sent. Retry: try again after;
                Throttled: the whole account rests until then; OutOfCredit: it rests until then,
                or for an hour; CredentialExpired, PermissionLost: until it is reconnected;
                SourceGone: as ``Unreachable``.
            HttpError: no usable answer came. As anything else that is raised, it may have sent it:
                the message is ``unknown`` then, shown to the team, and never repeated by itself.
                It is no fault of the plugin's, and the account rests for a minute.
        """
