"""Campaigns: their words, their dates and their keys. Pure but for the dice of ``new_key``."""

import re
import secrets
import string
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tombola.campaigns.terms import Countries

KEY_LETTERS = string.ascii_letters + string.digits
#: Characters of a campaign's key, which stands in every snippet and link.
KEY_LENGTH = 5
#: Different actions that a campaign or a prize may ask for at most.
MOST_REQUIRED = 100


class Kind(StrEnum):
    """What a campaign is."""

    COMPETITION = "competition"
    REWARD = "reward"


class Interval(StrEnum):
    """How often one entrant may earn an action's worth."""

    ONCE = "once"
    HOURLY = "hourly"
    DAILY = "daily"
    UNLIMITED = "unlimited"


class Phase(StrEnum):
    """Where a campaign stands in its own dates."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    ENDED = "ended"


def known_zone(name: str) -> str:
    """The name of an IANA zone as it is, or a complaint."""
    if name not in available_timezones():
        raise ValueError("This is no time zone that we know; take one such as Europe/Berlin.")
    return name


def web_address(text: str) -> str:
    """A whole web address, or nothing, or a complaint."""
    if text and not re.match(r"^https?://[^\s/]+\S*$", text, re.IGNORECASE):
        raise ValueError("Write a whole web address, like https://example.com/page.")
    return text


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)]
Language = Annotated[str, StringConstraints(pattern=r"^([A-Za-z]{2,8}(-[0-9A-Za-z]{2,8})*)?$")]
Address = Annotated[str, StringConstraints(max_length=300), AfterValidator(web_address)]
Zone = Annotated[str, AfterValidator(known_zone)]


class CampaignForm(BaseModel):
    """What a team says of a campaign.

    Dates without an offset are the campaign's local time, as a person types them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Title
    kind: Kind = Kind.COMPETITION
    description: Prose = ""
    zone: Zone = "UTC"
    starts_at: datetime
    ends_at: datetime
    count_history: bool = False
    confirm_email: bool = False
    actions_required: Annotated[int, Field(ge=0, le=MOST_REQUIRED)] = 0
    language: Language = ""
    terms_url: Address = ""

    @model_validator(mode="after")
    def dates_in_order(self) -> Self:
        """Attach the zone to dates without one, and refuse an end before the start."""
        for name in ("starts_at", "ends_at"):
            at: datetime = getattr(self, name)
            if at.tzinfo is None:
                object.__setattr__(self, name, at.replace(tzinfo=ZoneInfo(self.zone)))
        if self.ends_at <= self.starts_at:
            said = "The end has to come after the start."
            raise PydanticCustomError("ends_too_early", said, {"field": "ends_at"})
        return self


class ActionForm(BaseModel):
    """What a team says of an action; ``config`` is judged by the plugin's own model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type_key: str
    title: Title
    description: Prose = ""
    config: dict[str, Any] = Field(default_factory=dict)
    interval: Interval = Interval.ONCE
    worth: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    mandatory: bool = False
    #: The public name of the action that this one is the free alternative of, and the countries
    #: where it stands for it.
    replaces: str | None = None
    countries: Countries = ()


def new_key() -> str:
    """Five letters or digits by chance: 916 million, which are public and no secret."""
    return "".join(secrets.choice(KEY_LETTERS) for _ in range(KEY_LENGTH))


def phase(starts_at: datetime, ends_at: datetime, now: datetime) -> Phase:
    """Where a campaign stands at ``now``; it ends with the moment ``ends_at``."""
    if now < starts_at:
        return Phase.SCHEDULED
    return Phase.RUNNING if now < ends_at else Phase.ENDED


def reordered(ids: list[int], moved: int, step: int) -> list[int]:
    """The list with one member moved up (``step`` -1) or down (1); at an end it stays."""
    place = ids.index(moved)
    target = min(max(place + step, 0), len(ids) - 1)
    rest = [number for number in ids if number != moved]
    return [*rest[:target], moved, *rest[target:]]
