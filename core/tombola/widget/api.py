"""The road of a team's own programs to the tracking."""

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Scope
from tombola.web.routing import Pages
from tombola.widget import server
from tombola.widget.hot import hot
from tombola.widget.rules import LONGEST_BODY

pages = Pages("tracking_api", __name__)


@pages.post(
    "/api/v1/campaigns/<key>/events",
    audience=Audience.API,
    scope=Scope.EVENTS_WRITE,
    largest_bytes=LONGEST_BODY,
)
def report(key: str) -> ResponseReturnValue:
    """Take what a site's backend reports."""
    found = hot(current())
    became = server.take(
        current(),
        found.directory,
        found.tracker,
        doors.api_token(),
        key,
        request.get_data(cache=False),
        request.headers.get("Idempotency-Key"),
    )
    return jsonify(events=became)
