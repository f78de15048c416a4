"""What is said to whom, and why: the words that the core and channels share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tombola.api.identity import Identity


class Purpose(StrEnum):
    """Why a message is sent; treat an unknown one as OTHER."""

    #: The person has just completed an action.
    CONFIRMATION = "confirmation"
    #: Dates, prizes or terms of a campaign have changed.
    CAMPAIGN_CHANGED = "campaign_changed"
    #: A campaign has ended, or is about to.
    CAMPAIGN_ENDED = "campaign_ended"
    #: Asks whether somebody still agrees, after a change.
    CONSENT = "consent"
    #: Somebody has won.
    WINNER = "winner"
    #: Asks whether somebody wants to hear of a campaign that is to come.
    INTEREST = "interest"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Question:
    """Two answers that are offered to be tapped; what is tapped comes back as ``Answered``."""

    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is said.

    Attributes:
        text: with placeholders until the core has filled them: ``{first_name|friend}``,
            ``{campaign}``, ``{entries|some}``; what stands after the bar is said where the core
            does not know.
        tag: a keyword for the team's own automation.
        purpose: why it is said; the core sets it.
        campaign_id: uid of the campaign that it is about; the core sets it.
        values: what the placeholders became, by name, for networks that fill approved templates.
        question: answers to offer.
        locale: BCP 47 tag of the text.
    """

    text: str
    tag: str | None = None
    purpose: Purpose = Purpose.OTHER
    campaign_id: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    question: Question | None = None
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Grant:
    """Something the person has given that lets one be written to, such as a token.

    Attributes:
        value: the token; the core keeps it sealed.
        until: aware UTC, not included; None = without end.
    """

    value: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can be written to, and what policy depends on.

    Attributes:
        last_act_at: when they did last what the channel calls ``Interacted``; aware UTC.
        opted_out_at: when they refused; nothing is sent to them then.
        grants: what they have given and is neither used up nor over, by name.
    """

    identity: Identity
    last_act_at: datetime | None = None
    opted_out_at: datetime | None = None
    grants: Mapping[str, Grant] = field(default_factory=dict)
