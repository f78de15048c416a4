"""Webhooks in: the core owns address, inbox and replay; the plugin knows whom to trust."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tombola.api.actions import Json
from tombola.api.keyed import Keyed

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it came. Header names are lower case; ``body`` is untouched bytes."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the network's own form: to a handshake, or to a delivery that asks for one.

    Attributes:
        events: what the delivery brought; kept before the answer is given. () keeps nothing.
    """

    body: str = ""
    status: int = 200
    content_type: str = "text/plain"
    events: Sequence[Accepted] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """One verified event.

    Attributes:
        dedupe: the network's event id, or a hash of the event; seen twice is handled once.
        payload: kept until ``handle`` has succeeded, and every source that hears it was served.
        occurred_at: aware UTC, when the network says; of two events the later one wins.
        topic: what importers hear by, ``slug.words.with.dots``; "" = nobody hears it.
        account: uid of the connected account whose event it is; None = everybody's who listens.
        connector: key of the connector that ``account`` belongs to; goes with it.
    """

    dedupe: str
    payload: Mapping[str, Json] = field(default_factory=dict)
    occurred_at: datetime | None = None
    topic: str = ""
    account: str | None = None
    connector: str | None = None


class Webhook(Keyed, ABC):
    """A receiver at ``/webhooks/<slug>/<name>``."""

    @abstractmethod
    def receive(self, ctx: Ctx, request: Delivery) -> Reply | Sequence[Accepted]:
        """Verify and split. An empty sequence refuses the delivery. No network, no database."""

    @abstractmethod
    def handle(self, ctx: Ctx, event: Accepted) -> None:
        """Act on an event, in a worker, at least once; nothing to do where importers hear it."""
