"""Messages out, to an identity on a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from tombola.api.actions import Rejected
from tombola.api.entries import Allowed
from tombola.api.identity import Identity
from tombola.api.keyed import Keyed
from tombola.api.text import Text

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx


class Purpose(StrEnum):
    """Why a message is sent; treat an unknown one as OTHER."""

    CONFIRMATION = "confirmation"
    CAMPAIGN_CHANGED = "campaign_changed"
    CAMPAIGN_ENDED = "campaign_ended"
    WINNER = "winner"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Message:
    """What is said. ``tag`` is a keyword for the team's own automation."""

    text: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class NotNow:
    """The network does not permit it. ``alternative`` says what would be permitted."""

    reason: Text
    alternative: Text | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The network took it, under this id."""

    external_id: str


class Channel(Keyed, ABC):
    """A way to send messages to identities of one provider.

    Attributes:
        identity: the provider's key.
        reply_window: how long after a person's last act anything may be said; None = always.
        connection: key of a connector whose accounts it uses (``ctx.account``).
    """

    identity: ClassVar[str]
    reply_window: ClassVar[timedelta | None] = None
    connection: ClassVar[str | None] = None

    @abstractmethod
    def assess(self, ctx: Ctx, to: Identity, purpose: Purpose, at: datetime) -> Allowed | NotNow:
        """Say whether the network's policy permits this message at that instant. No network."""

    @abstractmethod
    def send(self, ctx: Ctx, to: Identity, message: Message, dedupe: str) -> Sent | Rejected:
        """Send once; the core never repeats a send whose end it does not know."""
