"""What a site's backend reports, as the description tells it; the road itself is ``widget/api.py``.

That road was there before this room, and has a writer of its own for pushes.
"""

from typing import Annotated, Literal

from pydantic import Field

from tombola.rest.registry import ROOT, Operation
from tombola.rest.shapes import Shape
from tombola.teams.rules import Role, Scope
from tombola.widget.rules import LONGEST_BODY
from tombola.widget.server import Report


class Became(Shape):
    """What became of one event."""

    name: str
    event_id: Annotated[
        str, Field(default_factory=str, description="As it was given; else left out.")
    ]
    result: Annotated[
        Literal["new", "known", "unmatched"],
        Field(description="unmatched: no action of the campaign has that name."),
    ]
    person: Annotated[
        Literal["known", "waiting"],
        Field(
            default="waiting",
            description="waiting: it counts once the visitor takes part. Left out of unmatched.",
        ),
    ]


class ReportedEvents(Shape):
    """What became of each event, in their order."""

    events: list[Became]


EVENTS = Operation(
    method="POST",
    path=f"{ROOT}/campaigns/{{campaign}}/events",
    name="report_events",
    tag="Events",
    scope=Scope.EVENTS_WRITE,
    role=Role.VIEWER,
    summary="Report what visitors of your site have done.",
    description="Up to 100 events, merged with what their browsers report. Send an "
    "Idempotency-Key, or give every event an `event_id`. See docs/tracking.md.",
    body=Report,
    query=None,
    answer=ReportedEvents,
    status=200,
    file=(),
    versioned=False,
    writes=True,
    largest_bytes=LONGEST_BODY,
)
