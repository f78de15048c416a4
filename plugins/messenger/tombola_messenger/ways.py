"""Messenger's rules as data: every way to write to a person, from when until when, and for what.

A way that has ended stays here with its day, so that what was right before is right in the archive,
and so that a refusal can name what it replaces. Days begin at midnight UTC: where the platform
counts in another zone, we stop some hours early and never late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from tombola.api import Purpose

#: Source: Messenger Platform, “Messaging Window”, read 2026-11-21.
WINDOW: Final = timedelta(hours=24)
#: Source: Messenger Platform, “Message Tags”, HUMAN_AGENT, read 2026-11-21.
HUMAN_WINDOW: Final = timedelta(days=7)

CAMPAIGN: Final = frozenset({Purpose.CAMPAIGN_CHANGED, Purpose.CAMPAIGN_ENDED, Purpose.WINNER})
EVERYTHING: Final = frozenset(Purpose)


class Need(StrEnum):
    """What a way needs beside the calendar and the clock."""

    NOTHING = "nothing"
    #: A template for this purpose that Meta has approved.
    TEMPLATE = "template"
    #: One-Time Notification, switched on by the operator, and this person's unused token.
    TOKEN = "token"  # noqa: S105 - a kind of need
    #: What we do not build: it is paid for, or has to be written by a human to one person.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write to a person.

    Attributes:
        key: kept with each message that goes this way.
        messaging_type: of the Send API.
        tag: of the Send API, where ``messaging_type`` is MESSAGE_TAG.
        begins: first instant at which it is allowed; None = before anything here.
        ends: first instant at which it is refused; None = alive when the source was read.
        within: how long after the person's last act; None = whenever.
        purposes: what may be said.
        need: what else there has to be.
        source: where the rule is written, and when it was read.
    """

    key: str
    messaging_type: str
    purposes: frozenset[Purpose]
    source: str
    tag: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    within: timedelta | None = None
    need: Need = Need.NOTHING

    def is_alive(self, at: datetime) -> bool:
        """Tell whether the platform has this way at that instant."""
        begun = self.begins is None or at >= self.begins
        return begun and (self.ends is None or at < self.ends)


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


_TAGS_ENDED: Final = _day(2026, 4, 27)
_TAGS: Final = (
    "Messenger Platform, “Message Tags”, deprecation of 2026-04-27: error 100 since; "
    "read 2026-11-21"
)

REPLY: Final = Way(
    "window",
    "RESPONSE",
    EVERYTHING,
    "Messenger Platform, “Messaging Window”: any content, read 2026-11-21",
    within=WINDOW,
)
EVENT_TAG: Final = Way(
    "tag:CONFIRMED_EVENT_UPDATE",
    "MESSAGE_TAG",
    CAMPAIGN,
    _TAGS,
    tag="CONFIRMED_EVENT_UPDATE",
    ends=_TAGS_ENDED,
)
UTILITY: Final = Way(
    "utility",
    "UTILITY",
    CAMPAIGN | {Purpose.CONFIRMATION},
    "Messenger Platform, “Utility Messages”: approved templates, nothing promotional; "
    "read 2026-11-21",
    need=Need.TEMPLATE,
)
ONE_TIME: Final = Way(
    "one_time",
    "RESPONSE",
    frozenset({Purpose.INTEREST}),
    "Messenger Platform, “One-Time Notification”: beta, one message for each token, opting in may "
    "not be rewarded, hence never to confirm an entry; read 2026-11-21",
    need=Need.TOKEN,
)

#: In the order in which they are tried. What has no purposes is here to be known as refused.
WAYS: Final[Sequence[Way]] = (
    REPLY,
    EVENT_TAG,
    UTILITY,
    ONE_TIME,
    Way(
        "tag:HUMAN_AGENT",
        "MESSAGE_TAG",
        frozenset(),
        "Messenger Platform, “Message Tags”: written by a human to one person, seven days, feature "
        "Human Agent; read 2026-11-21",
        tag="HUMAN_AGENT",
        within=HUMAN_WINDOW,
        need=Need.NEVER,
    ),
    Way(
        "tag:ACCOUNT_UPDATE",
        "MESSAGE_TAG",
        frozenset(),
        _TAGS,
        tag="ACCOUNT_UPDATE",
        ends=_TAGS_ENDED,
    ),
    Way(
        "tag:POST_PURCHASE_UPDATE",
        "MESSAGE_TAG",
        frozenset(),
        _TAGS,
        tag="POST_PURCHASE_UPDATE",
        ends=_TAGS_ENDED,
    ),
    Way(
        "recurring",
        "RESPONSE",
        frozenset(),
        "Messenger Platform, “Recurring Notifications”: ended 2026-02-10; read 2026-11-21",
        ends=_day(2026, 2, 10),
        need=Need.NEVER,
    ),
    Way(
        "marketing",
        "RESPONSE",
        frozenset(),
        "Messenger Platform, “Marketing Messages”: paid, with an ad account; read 2026-11-21",
        begins=_day(2025, 7, 1),
        need=Need.NEVER,
    ),
)
