"""What the forms of the desk ask, with the words beside each field."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field

from tombola.campaigns.rules import (
    MOST_REQUIRED,
    Address,
    CampaignForm,
    Interval,
    Kind,
    Language,
    Prose,
    Title,
    Zone,
)
from tombola.campaigns.terms import Countries

_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


class CampaignFields(CampaignForm):
    """A campaign as its form asks for it."""

    title: Annotated[Title, Field(title="Title", description="What people see first.")]
    kind: Annotated[
        Kind,
        Field(
            title="Kind",
            json_schema_extra={
                "labels": {
                    "competition": "Competition: winners are drawn",
                    "reward": "Reward: everybody who does enough gets it",
                }
            },
        ),
    ] = Kind.COMPETITION
    description: Annotated[
        Prose,
        Field(title="Description", description="What can be won, and what people have to do."),
    ] = ""
    zone: Annotated[
        Zone,
        Field(title="Time zone", description="Its midnights are the campaign's midnights."),
    ] = "UTC"
    starts_at: Annotated[datetime, Field(title="Starts")]
    ends_at: Annotated[datetime, Field(title="Ends")]
    count_history: Annotated[
        bool,
        Field(
            title="Count earlier posts too",
            description="Posts from before the start count as well, until you archive them.",
        ),
    ] = False
    confirm_email: Annotated[
        bool,
        Field(
            title="Confirm e-mail addresses",
            description=(
                "Whoever enters with a name and an e-mail address gets a code by mail and types it "
                "in before anything counts. Entering with a network needs none."
            ),
        ),
    ] = False
    actions_required: Annotated[
        int,
        Field(
            title="Actions required",
            ge=0,
            le=MOST_REQUIRED,
            json_schema_extra={"unit": "different actions"},
            description=(
                "In a competition, people who have done fewer cannot win. 0: everybody can who has "
                "an entry. What a reward asks for is said on each of its prizes."
            ),
        ),
    ] = 0
    language: Annotated[
        Language,
        Field(
            title="Language",
            description="What entrants are spoken to in. Your own texts stay as you write them.",
        ),
    ] = ""
    terms_url: Annotated[
        Address,
        Field(
            title="Link to the terms",
            description="Shown beside the button to join in.",
            examples=["https://www.example.com/terms"],
        ),
    ] = ""


class ActionFields(BaseModel):
    """What every action has, whatever its plugin asks besides."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[
        Title, Field(title="Title", description="The heading of its card in the widget.")
    ]
    description: Annotated[Prose, Field(title="Description")] = ""
    worth: Annotated[
        int,
        Field(
            title="Worth",
            ge=0,
            le=1_000_000,
            json_schema_extra={"unit": "entries"},
            description="How many entries one completion counts for.",
        ),
    ] = 1
    interval: Annotated[
        Interval,
        Field(
            title="How often it counts",
            json_schema_extra={
                "labels": {
                    "once": "Once",
                    "hourly": "Once an hour",
                    "daily": "Once a day",
                    "unlimited": "Every time",
                }
            },
        ),
    ] = Interval.ONCE
    mandatory: Annotated[
        bool,
        Field(title="Required", description="Other actions open once this one is done."),
    ] = False
    replaces: Annotated[
        str | None,
        Field(
            title="Free alternative of",
            description="People of the countries below see this action and not the other one; "
            "everybody else sees the other one alone. It is worth the same, as often.",
        ),
    ] = None
    countries: Annotated[Countries, Field(title="Countries")] = ()


def first_dates(now: datetime) -> dict[str, datetime]:
    """Dates to begin with: from this minute for thirty days."""
    start = now.replace(second=0, microsecond=0)
    return {"starts_at": start, "ends_at": start + timedelta(days=30)}


def zones(chosen: str) -> Sequence[tuple[str, list[str]]]:
    """Time zones by region, for a list to choose from; ``chosen`` is always among them."""
    return list(_grouped(chosen))


def zone_or_utc(name: str) -> str:
    """The zone to read local times in while it may still be mistyped."""
    return name if name in available_timezones() else "UTC"


def _grouped(chosen: str) -> Iterator[tuple[str, list[str]]]:
    names = sorted(name for name in available_timezones() if name.startswith(_REGIONS))
    yield "UTC", ["UTC"]
    if chosen not in names and chosen != "UTC":
        yield chosen, [chosen]
    for region, members in groupby(names, key=lambda name: name.partition("/")[0]):
        yield region, list(members)
