"""A campaign's entries over time, by action or by source."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from tombola.campaigns.pages import campaign_of_address
from tombola.entries import charts
from tombola.entries.charts import By
from tombola.installation import current
from tombola.rest.registry import Api
from tombola.rest.shapes import Shape, whole
from tombola.teams import doors
from tombola.teams.rules import Scope

api = Api("rest_charts", __name__, tag="Charts")


class ChartWanted(Shape):
    """Which chart."""

    by: Annotated[By, Field(description="What the series are.")] = By.ACTION
    days: Annotated[
        Annotated[int, Field(ge=1, le=3_660), BeforeValidator(whole)] | None,
        Field(description="The last so many days; without it all on which something counted."),
    ] = None


class Series(Shape):
    """What is counted apart."""

    key: Annotated[
        str, Field(description="The id of an action or source, or a cause; empty for the rest.")
    ]
    entries: int


class Part(Shape):
    """A series' share of a span."""

    series: Annotated[int, Field(description="Its place in the list of series, from 0.")]
    entries: int


class Bar(Shape):
    """A span of days on the campaign's clock, the last day included."""

    first: date
    last: date
    entries: int
    parts: list[Part]


class Chart(Shape):
    """Entries that count, the largest series first."""

    entries: int
    series: list[Series]
    bars: list[Bar]


@api.get("/campaigns/<campaign>/chart", scope=Scope.ENTRIES_READ, query=ChartWanted, answer=Chart)
def get_chart(campaign: str, query: ChartWanted) -> Chart:
    """Count entries over time. It costs days and actions, not entries."""
    found = campaign_of_address(campaign)
    seen = charts.chart(current(), doors.actor(), found.uid, query.by, query.days)
    bars = [
        Bar(
            first=bar.first,
            last=bar.last,
            entries=bar.entries,
            parts=[Part(series=one.series, entries=one.entries) for one in bar.parts],
        )
        for bar in seen.bars
    ]
    series = [Series(key=one.key, entries=one.entries) for one in seen.series]
    return Chart(entries=seen.entries, series=series, bars=bars)
