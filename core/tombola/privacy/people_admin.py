"""A team's pages to erase one person, and to give them the file of all that is kept."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.people import service as people
from tombola.privacy import exporting, service
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("erasing", __name__)
_ACT = {"audience": Audience.TEAM, "role": Role.EDITOR}


@pages.get("/team/<team>/people/<uid>/erase", **_ACT)
def ask(team: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What an erasure does, in numbers."""
    inst, actor = current(), doors.actor()
    return render_template(
        "privacy/erase.html",
        person=people.person(inst, actor, uid),
        loss=service.consequences(inst, actor, uid),
    )


@pages.post("/team/<team>/people/<uid>/erase", **_ACT)
def erase(team: str, uid: str) -> ResponseReturnValue:
    """Erase them; a tick says that it is meant."""
    if request.form.get("sure") != "yes":
        flash(_("Tick the box to show that you mean it."), "warning")
        return redirect(url_for("erasing.ask", team=team, uid=uid), 303)
    service.erase(current(), doors.actor(), uid)
    flash(_("They are being erased. It takes a moment."), "good")
    return redirect(url_for("people.show", team=team, uid=uid), 303)


@pages.get("/team/<team>/people/<uid>/file", **_ACT)
def file(team: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """All that is kept about them, for them."""
    return sent(exporting.export(current(), doors.actor(), uid))


def sent(made: exporting.Export) -> Response:
    """A person's file as an answer that nobody keeps."""
    answer = Response(made.parts(), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
