"""What a channel has heard: facts that the core applies in one transaction, each event once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tombola.api.identity import Identity
from tombola.api.messages import Message, Purpose
from tombola.api.text import Text


@dataclass(frozen=True, slots=True)
class Interacted:
    """A person did something that the network counts; of two the later one stands.

    Attributes:
        kind: a word for what it was, such as ``message`` or ``postback``.
    """

    identity: Identity
    at: datetime
    kind: str = "message"


@dataclass(frozen=True, slots=True)
class OptedOut:
    """A person wants nothing more. It holds until an ``OptedIn`` that is later."""

    identity: Identity
    at: datetime
    why: Text = ""


@dataclass(frozen=True, slots=True)
class OptedIn:
    """A person who had opted out wants messages again; of the two the later one stands."""

    identity: Identity
    at: datetime


@dataclass(frozen=True, slots=True)
class Completes:
    """An entrant completed an action by what they did on the network.

    The core makes the identity theirs, proven and with their consent, records the entry, notes
    that they agree to messages about the campaign, and sends ``reply`` to them once. An action of
    another team, or one that is gone, is ignored; so is an entrant who is.

    Attributes:
        action_id: uid, as ``ctx.action_id`` was in ``start``.
        entrant_id: uid, as ``Who.entrant_id`` was.
        proof: as ``Completed.proof``.
        details: as ``Completed.details``.
        reply: the confirmation; None = none is wanted.
    """

    action_id: str
    entrant_id: str
    identity: Identity
    at: datetime
    proof: str
    details: Mapping[str, str] = field(default_factory=dict)
    reply: Message | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A person tapped an answer to ``Message.question``.

    Attributes:
        about: the message's purpose.
        campaign_id: the message's.
        yes: which of the two.
    """

    identity: Identity
    about: Purpose
    campaign_id: str
    yes: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """A person gave what permits one message more; it replaces what had the same name."""

    identity: Identity
    name: str
    value: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """Messages have reached the person.

    Attributes:
        external_ids: those of ``Sent``.
        through: everything that was sent to them up to this instant; aware UTC.
    """

    identity: Identity
    at: datetime
    external_ids: Sequence[str] = ()
    through: datetime | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The person has read messages; fields as in ``Delivered``."""

    identity: Identity
    at: datetime
    external_ids: Sequence[str] = ()
    through: datetime | None = None


Happening = Interacted | OptedOut | OptedIn | Completes | Answered | Granted | Delivered | Read
