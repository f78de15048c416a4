"""Which of Messenger's ways leads to a person at an instant, and if none, why. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from tombola.api import NotNow, Phrase, Purpose, Text
from tombola_messenger.ways import (
    EVENT_TAG,
    ONE_TIME,
    REPLY,
    UTILITY,
    WAYS,
    Need,
    Way,
)


class Review(StrEnum):
    """How far a purpose's template has come on a page."""

    MISSING = "missing"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Has:
    """What installation, page and person bring beside the time.

    Attributes:
        review: of the template for the purpose in question.
        one_time: the operator has switched One-Time Notification on.
        token: this person has given a token that is not used.
    """

    review: Review = Review.MISSING
    one_time: bool = False
    token: bool = False


def judge(last_act_at: datetime | None, purpose: Purpose, has: Has, at: datetime) -> Way | NotNow:
    """Give the first way that the rules of that instant leave open, or say why there is none.

    Args:
        last_act_at: when the person did last what counts as contact; aware UTC.
        purpose: what is to be said.
        has: what there is.
        at: aware UTC.
    """
    for way in WAYS:
        if purpose in way.purposes and _is_open(way, last_act_at, has, at):
            return way
    return NotNow(_reason(purpose, at), _alternative(purpose, has))


def _is_open(way: Way, last_act_at: datetime | None, has: Has, at: datetime) -> bool:
    in_time = way.within is None or (last_act_at is not None and at - last_act_at < way.within)
    return way.is_alive(at) and in_time and _has(way.need, has)


def _has(need: Need, has: Has) -> bool:
    return {
        Need.NOTHING: True,
        Need.TEMPLATE: has.review is Review.APPROVED,
        Need.TOKEN: has.one_time and has.token,
        Need.NEVER: False,
    }[need]


OUTSIDE: Final = (
    "More than 24 hours have passed since they last did anything on Messenger; whatever they do "
    "there opens the window again."
)
TAG_ENDED: Final = (
    "More than 24 hours have passed since they last did anything on Messenger, and the tag "
    "CONFIRMED_EVENT_UPDATE, which was meant for this, has been refused by Messenger since "
    "2026-04-27."
)
NO_REWARD: Final = (
    "More than 24 hours have passed since they last did anything on Messenger. One-Time "
    "Notification is not for confirmations: Messenger forbids to reward people for opting in."
)


def _reason(purpose: Purpose, at: datetime) -> Text:
    if purpose in EVENT_TAG.purposes and not EVENT_TAG.is_alive(at):
        return TAG_ENDED
    return NO_REWARD if purpose is Purpose.CONFIRMATION else OUTSIDE


BY_REVIEW: Final = {
    Review.MISSING: "A utility message in words that Meta has approved: ask for the approval of "
    "“%(title)s” under “What the networks permit”. Or write an e-mail, where an address is known.",
    Review.PENDING: "A utility message, as soon as Meta has approved “%(title)s”; it is being "
    "looked at. Or write an e-mail, where an address is known.",
    Review.REJECTED: "Meta has rejected the words of “%(title)s”; see why under “What "
    "the networks permit”. Write an e-mail, where an address is known.",
}
#: The utility template for each purpose, by the name that teams read.
TITLES: Final = {
    Purpose.CONFIRMATION: "Entry confirmed",
    Purpose.CAMPAIGN_CHANGED: "Campaign changed",
    Purpose.CAMPAIGN_ENDED: "Campaign ended",
    Purpose.WINNER: "News about a prize",
}
WAIT: Final = (
    "Wait until they write to the page or follow one of its links, or write an e-mail, where an "
    "address is known."
)
BY_HAND: Final = (
    "A person of your team may answer in the page's inbox at Meta within seven days of their "
    "message. Or write an e-mail, where an address is known."
)


def _alternative(purpose: Purpose, has: Has) -> Text:
    if purpose in UTILITY.purposes and has.review in BY_REVIEW:
        return Phrase(BY_REVIEW[has.review], {"title": TITLES[purpose]})
    return BY_HAND if purpose is Purpose.OTHER else WAIT


#: How the ways are called beside planned messages.
ALLOWED_BY: Final = {
    REPLY.key: "Within 24 hours of what they last did on Messenger",
    EVENT_TAG.key: "Message tag CONFIRMED_EVENT_UPDATE, until 2026-04-27",
    UTILITY.key: "Utility message: the words that Meta has approved are sent, and not your own",
    ONE_TIME.key: "One-Time Notification, for which they have opted in",
}
