"""Entrants' routes to claim a post: paste its link, have it looked at again, withdraw."""

from flask import request
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid
from tombola.claiming import service
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.routing import Forgery, Pages
from tombola.widget import acts, browser, claims, entering, replies
from tombola.widget.replies import KEY_RULE

pages = Pages("widget_claims", __name__, spoken=True)
_ACT = {"audience": Audience.PUBLIC, "forgery": Forgery.OWN, "framed": True}
_CLAIM = f"/w/{KEY_RULE}/claim/<uid>"


@pages.post(_CLAIM, **_ACT)
def claim(key: str, uid: str) -> ResponseReturnValue:
    """Say that a post is one's own."""
    inst, place, framed = replies.begin_act(key)
    action = acts.find(place, uid)
    form = Form.sent(claims.Wanted, request.form, prefix=claims.prefix(uid))
    name = claims.form_name(uid)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    if met is None or met.entrant_id is None:
        notices = {uid: _("Please take part first, then claim your post.")}
        return replies.refused(place, framed=framed, forms={name: form}, notices=notices)
    sent = form.value
    if sent is None:
        return replies.refused(place, framed=framed, forms={name: form})
    wanted = service.Wanted(
        entrant_id=met.entrant_id,
        visitor_id=met.id,
        client=request.remote_addr or "",
        link=sent.link,
        handle=sent.handle,
    )
    try:
        service.make(inst, place.campaign, place.team, action, wanted)
    except Invalid as wrong:
        return replies.refused(place, framed=framed, forms={name: form.with_errors(wrong.errors)})
    return replies.back(place, framed=framed, uid=uid)


@pages.post(f"{_CLAIM}/<claimed>/look", **_ACT)
def look(key: str, uid: str, claimed: str) -> ResponseReturnValue:
    """Have proof looked for: the code stands beneath the post by now."""
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    said = _("We are looking. This may take a minute; reload the page to see what came of it.")
    if met is not None and met.entrant_id is not None:
        try:
            service.look_again(inst, met.team_id, met.entrant_id, claimed)
        except Invalid as wrong:
            return replies.refused(place, framed=framed, notices={uid: wrong.errors[""]})
    return replies.page(place, framed=framed, notices={uid: said})


@pages.post(f"{_CLAIM}/<claimed>/withdraw", **_ACT)
def withdraw(key: str, uid: str, claimed: str) -> ResponseReturnValue:
    """Take a claim back."""
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    if met is not None and met.entrant_id is not None:
        service.withdraw(inst, met.team_id, met.entrant_id, claimed)
    return replies.back(place, framed=framed, uid=uid)
