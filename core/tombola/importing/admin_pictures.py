"""Pictures for the team: those that are kept, and those of a preview."""

from flask import make_response, request, send_file
from flask.typing import ResponseReturnValue

from tombola.api import Audience, NotFound
from tombola.importing import media_files, samples
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.routing import Pages

pages = Pages("team_pictures", __name__)


@pages.get("/team/<team>/sample", audience=Audience.TEAM, role=Role.EDITOR)
def sample(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """A picture of a preview, passed on from its network."""
    found = samples.fetch(current(), doors.actor(), request.args.get("of", ""))
    response = make_response(found.data)
    response.headers["Content-Type"] = found.media_type
    response.headers["Cache-Control"] = f"private, max-age={int(samples.LIVES.total_seconds())}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@pages.get("/team/<team>/picture/<uid>", audience=Audience.TEAM, role=Role.VIEWER)
def picture(team: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """A kept picture of one of the team's items; ``size=full`` for the large one."""
    size = request.args.get("size", "")
    opened = media_files.open_picture(current(), uid, size, team_id=doors.actor().team_id)
    if opened is None:
        raise NotFound("There is no such picture.")
    return send_file(opened.path, opened.media_type, etag=opened.etag)
