"""Pages beside the Actions tab: its files to download, and its saved views."""

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict, Invalid
from tombola.campaigns.pages import campaign_of_address
from tombola.entries import downloads, saved
from tombola.entries.admin import filter_of, kept
from tombola.entries.downloads import MEDIA_TYPES
from tombola.entries.exporting import Shape
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("files", __name__)
_HERE = "/team/<team>/campaign/<key>/entries"


@pages.post(f"{_HERE}/files", audience=Audience.TEAM, role=Role.EDITOR)
def begin(team: str, key: str) -> ResponseReturnValue:
    """Ask for a file with the filters of the address."""
    found = campaign_of_address(key)
    asked = request.form.get("shape", "")
    shape = Shape(asked) if asked in set(Shape) else Shape.CSV
    wanted = filter_of(request.args, found)
    downloads.begin(current(), doors.actor(), found.uid, wanted, shape, bom="bom" in request.form)
    return redirect(url_for("files.show", team=team, key=key), 303)


@pages.get(f"{_HERE}/files", audience=Audience.TEAM, role=Role.EDITOR)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The campaign's files with their progress; for htmx the list alone."""
    found = campaign_of_address(key)
    made = downloads.of_campaign(current(), doors.actor(), found.uid)
    part = request.headers.get("HX-Request") == "true"
    page = "entries/file_list.html" if part else "entries/files.html"
    return render_template(page, campaign=found, files=made)


@pages.get(f"{_HERE}/files/<uid>", audience=Audience.TEAM, role=Role.EDITOR)
def download(team: str, key: str, uid: str) -> ResponseReturnValue:
    """The file itself."""
    found = campaign_of_address(key)
    try:
        made, path = downloads.path(current(), doors.actor(), found.uid, uid)
    except Conflict as wait:
        flash(_(str(wait)), "warning")
        return redirect(url_for("files.show", team=team, key=key), 303)
    answer = send_file(
        path, mimetype=MEDIA_TYPES[made.shape], as_attachment=True, download_name=made.name,
        conditional=True,
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post(f"{_HERE}/views", audience=Audience.TEAM, role=Role.EDITOR)
def save_view(team: str, key: str) -> ResponseReturnValue:
    """Keep the filters of the address under a name."""
    found = campaign_of_address(key)
    try:
        saved.save(current(), doors.actor(), found.uid, request.form.get("name", ""), kept())
        flash(_("The view is saved; everybody in the team finds it here."), "good")
    except Invalid as wrong:
        flash(" ".join(_(str(text)) for text in wrong.errors.values()), "error")
    return redirect(url_for("entries.show", team=team, key=key, **kept()), 303)


@pages.post(f"{_HERE}/views/<uid>/remove", audience=Audience.TEAM, role=Role.EDITOR)
def remove_view(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take a view away."""
    saved.remove(current(), doors.actor(), campaign_of_address(key).uid, uid)
    flash(_("The view is gone; the entries are as they were."), "good")
    return redirect(url_for("entries.show", team=team, key=key), 303)
