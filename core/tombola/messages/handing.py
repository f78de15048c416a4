"""Calling a channel with one message, and what its answer or its trouble means."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from tombola.api import (
    Channel,
    CredentialExpired,
    Ctx,
    FetchError,
    HttpError,
    Message,
    NotNow,
    OutOfCredit,
    PermissionLost,
    Phrase,
    PluginFailed,
    PluginUnavailable,
    Recipient,
    Rejected,
    Retry,
    Sent,
    SourceGone,
    Text,
    Throttled,
    Unreachable,
)
from tombola.installation import Installation
from tombola.messages import rules
from tombola.plugins.world import Team
from tombola.queue.rules import wait_after
from tombola.web.i18n import marked

#: How long a channel may take with one message.
PATIENCE = timedelta(seconds=30)
_UNCLEAR = marked("Sending ended with an error, so that nobody knows whether it arrived: %(what)s")
_ANSWERS = (Sent, NotNow, Rejected, Unreachable)


class Came(StrEnum):
    """What came of handing a message over."""

    SENT = "sent"
    NOT_NOW = "not now"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    #: It has certainly not gone; again later.
    LATER = "later"
    #: It has certainly not gone; the account rests.
    REST = "rest"
    #: It has certainly not gone; the account has to be reconnected.
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Begun:
    """A message that is being handed over.

    Attributes:
        entrant_id: whom it counts for.
        tries: this one included.
    """

    message_id: int
    uid: str
    identity_id: int
    entrant_id: int
    channel: str
    account: str
    tries: int
    to: Recipient
    say: Message


@dataclass(frozen=True, slots=True)
class End:
    """What came of it.

    Attributes:
        after: when again, from now, for LATER, REST and NOT_NOW, and when the account's next goes
            after an UNKNOWN; None: as the core does it.
        away: the plugin could not be asked at all.
    """

    came: Came
    says: Text = ""
    alternative: Text | None = None
    external_id: str | None = None
    used: tuple[str, ...] = field(default=())
    after: timedelta | None = None
    away: Text | None = None


def hand_over(inst: Installation, team: Team, channel: Channel, begun: Begun) -> End:
    """Call the channel once. Whatever is not certain is UNKNOWN."""

    def send(ctx: Ctx) -> object:
        answer = channel.send(ctx, begun.to, begun.say, begun.uid)
        if not isinstance(answer, _ANSWERS):
            raise TypeError(f"send answered {answer!r}")
        return answer

    try:
        answer = inst.plugins.call(
            channel.key, team, "send", send, deadline=PATIENCE, passes=(FetchError, HttpError)
        )
    except FetchError as error:
        return _trouble(inst, begun, error)
    except HttpError as error:  # no fault of the plugin's; more of them would be no better
        return End(Came.UNKNOWN, str(error), after=rules.AFTER_UNKNOWN)
    except PluginUnavailable as away:  # the door was shut, so that nothing was called
        return End(Came.LATER, after=timedelta(), away=away.reason)
    except PluginFailed as failed:
        return End(Came.UNKNOWN, Phrase(_UNCLEAR, {"what": str(failed)}))
    return _answered(inst, begun, answer)


def _answered(inst: Installation, begun: Begun, answer: object) -> End:
    match answer:
        case Sent():
            return End(Came.SENT, external_id=answer.external_id, used=tuple(answer.used))
        case NotNow():
            after = None if answer.until is None else answer.until - inst.clock()
            return End(Came.NOT_NOW, answer.reason, answer.alternative, after=after)
        case Unreachable():
            return End(Came.UNREACHABLE, answer.reason)
        case Rejected() if answer.retryable and begun.tries < rules.MOST_TRIES:
            return End(Came.LATER, answer.message, after=rules.TRY_AGAIN)
        case Rejected():
            return End(Came.REJECTED, answer.message)
    raise TypeError(f"{answer!r} is no answer")


def _trouble(inst: Installation, begun: Begun, error: FetchError) -> End:
    """What a kind of trouble means, after which nothing has gone."""
    now, says = inst.clock(), str(error)
    match error:
        case Retry():
            wait = wait_after(begun.tries, begun.uid)
            return End(Came.LATER, says, after=max(error.after, wait))
        case Throttled():
            return End(Came.REST, says, after=error.until - now)
        case OutOfCredit():
            after = error.until - now if error.until is not None else rules.REST
            return End(Came.REST, says, after=after)
        case CredentialExpired() | PermissionLost():
            return End(Came.LOST, says)
        case SourceGone():
            return End(Came.UNREACHABLE, says)
    return End(Came.LATER, says, after=rules.TRY_AGAIN)
