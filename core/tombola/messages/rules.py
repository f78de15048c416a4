"""What may be said to whom, and how far a message is: decided without clock and database."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tombola.api import Phrase, Purpose, Text
from tombola.web.i18n import marked


class State(StrEnum):
    """Where a message stands.

    ``planned`` is due, ``waiting`` is held off by a rule, ``sending`` is being handed over now.
    ``unknown`` may or may not have gone: it is never sent again by itself.
    """

    PLANNED = "planned"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


#: Nobody has begun to send these.
OPEN = (State.PLANNED, State.WAITING)
#: These have gone, or may have.
GONE = (State.SENDING, State.SENT, State.DELIVERED, State.READ, State.UNKNOWN)

#: What wants a fresh consent after the campaign has changed; a confirmation, a winner's news and
#: the question itself do not.
NOTICES = (Purpose.CAMPAIGN_CHANGED, Purpose.CAMPAIGN_ENDED, Purpose.OTHER)
#: These need no consent to hear of the campaign: they answer something that the person did.
UNASKED = (Purpose.WINNER, Purpose.INTEREST, Purpose.CONFIRMATION)
#: Purposes that a person answers with yes or no.
QUESTIONS = (Purpose.CONSENT, Purpose.INTEREST)

#: How long a message makes sense. Ours: a confirmation a day later would surprise.
GOOD_FOR: Mapping[Purpose, timedelta] = {Purpose.CONFIRMATION: timedelta(days=1)}
GOOD_FOR_ELSE = timedelta(days=30)
#: How long at least a message makes sense that a person sends again.
GOOD_FOR_AGAIN = timedelta(days=1)
#: When a message is looked at again that nothing but a person's act, or a new rule, frees.
LOOK_AGAIN = timedelta(hours=6)
#: Tries of a message that a network refused and that may be repeated.
MOST_TRIES = 3
#: The wait between them.
TRY_AGAIN = timedelta(minutes=5)
#: How long an account rests whose network gave no time.
REST = timedelta(hours=1)
#: How long it rests after an end that nobody knows, so that an outage leaves one and not hundreds.
AFTER_UNKNOWN = timedelta(minutes=1)

_PLACE = re.compile(r"\{([a-z_]+)(?:\|([^{}|]*))?\}")
#: What a message's placeholders can name.
PLACES = ("first_name", "campaign", "entries")


class Held(StrEnum):
    """Why the core itself does not send something to somebody now."""

    OPTED_OUT = "opted out"
    UNREACHABLE = "unreachable"
    CONSENT = "consent"
    ERASED = "erased"
    NO_CONSENT = "no consent"


#: Why, and what would help; in the team's words.
SAYS: Mapping[Held, tuple[Text, Text | None]] = {
    Held.OPTED_OUT: (
        marked("They said that they want no more messages."),
        marked("Nothing, unless they write to you and say that they want them again."),
    ),
    Held.UNREACHABLE: (
        marked("The network says that they cannot be reached any more."),
        marked("They can write to you; then they can be answered."),
    ),
    Held.CONSENT: (
        marked("The campaign has changed since they agreed to hear of it."),
        marked("Ask for their consent; this goes out when they say yes."),
    ),
    Held.ERASED: (marked("They asked for their data to be erased."), None),
    Held.NO_CONSENT: (
        marked("They did not agree to hear of this campaign, or took it back."),
        None,
    ),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What decides whether the core may write to somebody at all; times are aware UTC."""

    opted_out_at: datetime | None = None
    opted_in_at: datetime | None = None
    last_act_at: datetime | None = None
    unreachable_at: datetime | None = None
    erased: bool = False
    agreed: str | None = None
    withdrawn: bool = False

    @property
    def is_out(self) -> bool:
        """Whether the last that they said of it was no; at one moment, no wins."""
        if self.opted_out_at is None:
            return False
        return self.opted_in_at is None or self.opted_in_at <= self.opted_out_at

    @property
    def is_gone(self) -> bool:
        """Whether they could not be reached, and have done nothing since."""
        if self.unreachable_at is None:
            return False
        return self.last_act_at is None or self.last_act_at <= self.unreachable_at


def held(known: Known, purpose: Purpose, promised: str) -> Held | None:
    """Say why the core holds a message off; None: the channel decides.

    Args:
        known: The person.
        purpose: Why it would be sent.
        promised: The fingerprint of what the campaign promises now.
    """
    ever = {
        Held.ERASED: known.erased,
        Held.OPTED_OUT: known.is_out,
        Held.UNREACHABLE: known.is_gone,
    }
    never = next((why for why, is_so in ever.items() if is_so), None)
    if never is not None or purpose in UNASKED:
        return never
    if known.agreed is None or known.withdrawn:
        return Held.NO_CONSENT
    if purpose in NOTICES and known.agreed != promised:
        return Held.CONSENT
    return None


def later(before: datetime | None, at: datetime) -> datetime:
    """The later of two moments.

    >>> later(None, datetime(2026, 1, 1)).year
    2026
    """
    return at if before is None or at > before else before


def fingerprint(promises: Mapping[str, object]) -> str:
    """A short name for what a campaign promises: equal promises, equal names."""
    text = json.dumps(promises, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in for placeholders; where there is none, what stands after the bar.

    >>> fill("Hi {first_name|friend}, {entries} for {campaign}!", {"campaign": "Tea"})
    'Hi friend, for Tea!'
    >>> fill("{unknown} {first_name|friend}", {"first_name": "Ann"})
    '{unknown} Ann'
    """

    def said(found: re.Match[str]) -> str:
        if found[1] not in PLACES:
            return found[0]
        return values.get(found[1]) or found[2] or ""

    return re.sub(r"[ \t]{2,}", " ", _PLACE.sub(said, text)).strip()


def strange_places(text: str) -> list[str]:
    """What stands in braces and is no placeholder, for a form to complain about.

    >>> strange_places("Hi {first_nam}, {campaign}"), strange_places("Hi {first_name|friend}")
    (['{first_nam}'], [])
    """
    rest = _PLACE.sub(lambda found: "" if found[1] in PLACES else found[0], text)
    return re.findall(r"\{[^{}]*\}?", rest)


def first_name(name: str | None) -> str:
    """The first word of a name, which is what friends are called by.

    >>> first_name("Ann Lee"), first_name(None)
    ('Ann', '')
    """
    words = (name or "").split()
    return words[0] if words else ""


def good_until(purpose: Purpose, now: datetime) -> datetime:
    """Until when a message of that purpose makes sense."""
    return now + GOOD_FOR.get(purpose, GOOD_FOR_ELSE)


def urgency(purpose: Purpose) -> int:
    """The order in which an account sends: a confirmation is waited for, a notice is not."""
    return {Purpose.CONFIRMATION: 0, Purpose.WINNER: 1}.get(purpose, 2)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why people do not get a message today, and what would help; people are counted by it."""

    says: Text
    alternative: Text | None = None


@dataclass(slots=True)
class Counted:
    """People of a preview.

    Attributes:
        ways: those who can get it today, by the rule that permits it.
        reasons: those who cannot, with the earliest moment at which that changes by itself.
        had: those who have had it, or may have.
    """

    ways: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, "Hindered"] = field(default_factory=dict)
    had: int = 0

    @property
    def can(self) -> int:
        """How many get it today."""
        return sum(self.ways.values())

    @property
    def cannot(self) -> int:
        """How many do not."""
        return sum(each.people for each in self.reasons.values())

    @property
    def people(self) -> int:
        """All of them."""
        return self.can + self.cannot + self.had

    def add_way(self, by: Text) -> None:
        """One more who can."""
        key = _key(by)
        self.ways[key] = self.ways.get(key, 0) + 1

    def add_reason(self, reason: Reason, until: datetime | None) -> None:
        """One more who cannot."""
        key = f"{_key(reason.says)}\0{_key(reason.alternative or '')}"
        known = self.reasons.setdefault(key, Hindered(reason))
        known.people += 1
        if until is not None and (known.until is None or until < known.until):
            known.until = until


@dataclass(slots=True)
class Hindered:
    """Those whom one rule holds off."""

    reason: Reason
    people: int = 0
    until: datetime | None = None


def _key(text: Text) -> str:
    return str(text) if isinstance(text, Phrase) else text
