"""The description itself: for programs at ``/api/v1/openapi.json``, for people at ``/api-docs``."""

from typing import Any

from flask import Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.rest import (
    actions,
    acts,
    beginning,
    campaigns,
    charts,
    claims,
    draws,
    entrants,
    entries,
    messages,
    moderation,
    prizes,
    setup,
    sources,
    team,
)
from tombola.rest.events import EVENTS
from tombola.rest.limits import RATE
from tombola.rest.openapi import document, parameters
from tombola.rest.problems import KINDS
from tombola.rest.reading import lines
from tombola.rest.registry import ROOT, Api, Operation
from tombola.web.routing import Pages

#: Every part of the API, in the order in which people read them.
PARTS: tuple[Api, ...] = (
    campaigns.api,
    beginning.api,
    setup.api,
    actions.api,
    sources.api,
    prizes.api,
    entries.api,
    acts.api,
    charts.api,
    moderation.api,
    claims.api,
    entrants.api,
    messages.api,
    draws.api,
    team.api,
)
#: The same description for everybody; it is made once in a process.
_MADE = "tombola_openapi"

pages = Pages("rest", __name__)
#: All routes of the room.
PAGES: tuple[Pages, ...] = (pages, *(part.pages for part in PARTS))


@pages.get(f"{ROOT}/openapi.json", audience=Audience.PUBLIC)
def openapi() -> ResponseReturnValue:
    """The description for programs."""
    kept: dict[str, Any] = current_app.extensions
    if _MADE not in kept:
        kept[_MADE] = document(operations(), current().settings.address)
    response: Response = jsonify(kept[_MADE])
    return response


@pages.get("/api-docs", audience=Audience.PUBLIC)
def docs() -> ResponseReturnValue:
    """The description for people."""
    parts = [*((part.tag, part.operations) for part in PARTS), (EVENTS.tag, [EVENTS])]
    return render_template(
        "rest/docs.html",
        parts=parts,
        kinds=KINDS,
        rate=RATE,
        address=current().settings.address,
        parameters=parameters,
        lines=lines,
    )


def operations() -> list[Operation]:
    """Every operation, in order."""
    return [*(one for part in PARTS for one in part.operations), EVENTS]
