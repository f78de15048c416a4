"""Download of a campaign's entries, with the list's filters."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.campaigns.pages import campaign_of_address
from tombola.entries.admin import filter_of
from tombola.entries.exporting import Shape, export
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.routing import Pages

pages = Pages("exports", __name__)


@pages.get("/team/<team>/campaign/<key>/entries/export", audience=Audience.TEAM, role=Role.EDITOR)
def download(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The file, written while it is read."""
    found = campaign_of_address(key)
    asked = request.args.get("shape", "")
    shape = Shape(asked) if asked in set(Shape) else Shape.CSV
    wanted = filter_of(request.args, found)
    bom = "bom" in request.args
    made = export(current(), doors.actor(), found.uid, wanted, shape, bom=bom)
    answer = Response(made.parts, content_type=made.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
