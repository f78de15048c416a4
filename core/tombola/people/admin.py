"""Pages of one person, of merging two, and of reaching whoever made an entry."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, NotFound
from tombola.campaigns.pages import campaign_of_address
from tombola.installation import current
from tombola.people import contact, merging, service
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.countries import listed
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.routing import Pages

pages = Pages("people", __name__)
_LOOK = {"audience": Audience.TEAM, "role": Role.VIEWER}
_ACT = {"audience": Audience.TEAM, "role": Role.EDITOR}
_REACH = "/team/<team>/campaign/<key>/entries/<uid>/contact"


@pages.get("/team/<team>/people/<uid>", **_LOOK)
def show(team: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Everything about one person."""
    inst, actor = current(), doors.actor()
    return render_template(
        "people/show.html",
        person=service.person(inst, actor, uid),
        alike=service.alike(inst, actor, uid),
        countries=dict(listed("en")),
        **_words(),
    )


@pages.post("/team/<team>/people/<uid>/undo/<link>", **_ACT)
def undo(team: str, uid: str, link: str) -> ResponseReturnValue:
    """Take one link back."""
    try:
        service.undo(current(), doors.actor(), uid, link)
    except NotFound:
        flash(_("This was undone already, or has been moved on since."), "warning")
    else:
        flash(_("Undone. The entries are where they were before."), "good")
    return redirect(url_for("people.show", team=team, uid=uid), 303)


@pages.get("/team/<team>/people/<uid>/merge", **_ACT)
def ask_merge(team: str, uid: str) -> ResponseReturnValue:
    """Find whom to merge with; once somebody is chosen, what that would move."""
    inst, actor = current(), doors.actor()
    person = service.person(inst, actor, uid)
    word, other = request.args.get("find", "")[:100], request.args.get("other", "")
    preview, chosen = None, None
    if other:
        try:
            preview = merging.preview(inst, actor, uid, other)
        except Invalid as wrong:
            flash(_first(wrong), "warning")
            return redirect(url_for("people.show", team=team, uid=uid), 303)
        chosen = service.person(inst, actor, other)
    return render_template(
        "people/merge.html",
        person=person,
        word=word,
        found=service.search(inst, actor, word, but=uid),
        preview=preview,
        chosen=chosen,
        **_words(),
    )


@pages.post("/team/<team>/people/<uid>/merge", **_ACT)
def merge(team: str, uid: str) -> ResponseReturnValue:
    """Make two entrants one."""
    try:
        n = merging.merge(current(), doors.actor(), uid, request.form.get("other", ""))
    except Invalid as wrong:
        flash(_first(wrong), "warning")
    else:
        said = ngettext("Merged: %(n)d identity moved.", "Merged: %(n)d identities moved.", n)
        flash(f"{said % {'n': n}} {_('Each can be undone below.')}", "good")
    return redirect(url_for("people.show", team=team, uid=uid), 303)


@pages.get(_REACH, **_LOOK)
def reach(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """How the person behind an entry is reached: a page, or its card alone for htmx."""
    return _reach(key, uid)


@pages.post(_REACH, **_ACT)
def note(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Write down an attempt."""
    way, text = request.form.get("way", ""), request.form.get("note", "")
    try:
        contact.note(current(), doors.actor(), campaign_of_address(key), uid, way, text)
    except Invalid as wrong:
        errors = {name: _(str(said)) for name, said in wrong.errors.items()}
        return _reach(key, uid, errors=errors, way=way, text=text), 422
    flash(_("Written down."), "good")
    return redirect(url_for("people.reach", team=team, key=key, uid=uid), 303)


def _reach(key: str, uid: str, **typed: Any) -> str:
    found = campaign_of_address(key)
    alone = request.headers.get("HX-Request") == "true"
    return render_template(
        "people/card.html" if alone else "people/reach.html",
        campaign=found,
        uid=uid,
        reach=contact.reach(current(), doors.actor(), found, uid),
        typed=typed,
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {"networks": {one.key: str(one.title) for one in current().plugins.providers()}}


def _first(wrong: Invalid) -> str:
    return _(str(next(iter(wrong.errors.values()))))
