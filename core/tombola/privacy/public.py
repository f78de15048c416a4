"""Entrants' page of their data: what is kept of them as a file, and their erasure."""

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import Installation, current
from tombola.privacy import exporting, service
from tombola.privacy.people_admin import sent
from tombola.privacy.service import AskedBy
from tombola.teams.rules import Actor
from tombola.web import i18n
from tombola.web.i18n import gettext as _
from tombola.web.routing import Forgery, Pages
from tombola.widget import browser, entering, replies, scripts, visitors
from tombola.widget.directory import Place
from tombola.widget.hot import hot
from tombola.widget.replies import KEY_RULE
from tombola.widget.visitors import Visitor

pages = Pages("my_data", __name__, spoken=True)
_ACT = {"audience": Audience.PUBLIC, "forgery": Forgery.OWN, "framed": True}
_HERE = f"/w/{KEY_RULE}/my-data"


@pages.get(_HERE, audience=Audience.PUBLIC, framed=True)
def show(key: str) -> ResponseReturnValue:
    """What one can do about what is kept."""
    place, framed = replies.place_of(key), replies.is_framed()
    return _page(place, _met(current(), place, framed=framed), framed=framed)


@pages.post(f"{_HERE}/file", **_ACT)
def file(key: str) -> ResponseReturnValue:
    """Everything, as a file."""
    inst, place, framed = replies.begin_act(key)
    met = _met(inst, place, framed=framed)
    if met is None or met.entrant_id is None:
        return _page(place, met, framed=framed, status=403)
    return sent(exporting.export(inst, *_of(inst, place, met.entrant_id)))


@pages.post(f"{_HERE}/erase", **_ACT)
def erase(key: str) -> ResponseReturnValue:
    """Be erased; a tick says that it is meant."""
    inst, place, framed = replies.begin_act(key)
    met = _met(inst, place, framed=framed)
    if met is None or met.entrant_id is None:
        return _page(place, met, framed=framed, status=403)
    if request.form.get("sure") != "yes":
        return _page(place, met, framed=framed, wrong=_("Tick the box to show that you mean it."))
    actor, uid = _of(inst, place, met.entrant_id)
    service.erase(inst, actor, uid, asked_by=AskedBy.ENTRANT)
    with inst.db.write() as conn:
        visitors.forget(conn, place.campaign.team_id, met.id)
    hot(inst).poll.forget(place.campaign.team_id, browser.secret(framed=framed) or "")
    return _page(place, None, framed=framed, gone=True)


def _met(inst: Installation, place: Place, *, framed: bool) -> Visitor | None:
    return entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))


def _of(inst: Installation, place: Place, entrant_id: int) -> tuple[Actor, str]:
    """The installation as an actor for the entrant, and their public name."""
    team_id = place.campaign.team_id
    with inst.db.read() as conn:
        uid = service.uid_of(conn, team_id, entrant_id)
    return Actor.system(team_id), uid or ""


def _page(
    place: Place,
    met: Visitor | None,
    *,
    framed: bool,
    wrong: str = "",
    gone: bool = False,
    status: int = 200,
) -> Response:
    lang, frame = i18n.asked() or None, "1" if framed else None
    home = "widget.embed" if framed else "widget.landing"
    text = render_template(
        "privacy/my_data.html",
        campaign=place.campaign,
        known=met is not None and met.entrant_id is not None,
        wrong=wrong,
        gone=gone,
        framed=framed,
        home=url_for(home, key=place.campaign.key, lang=lang),
        to_file=url_for("my_data.file", key=place.campaign.key, lang=lang, frame=frame),
        to_erase=url_for("my_data.erase", key=place.campaign.key, lang=lang, frame=frame),
        fingerprint=scripts.fingerprint,
    )
    answer = make_response(text, 422 if wrong else status)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
