"""From a window of its own to the frame that opened it: who logged in there is known here, too.

A browser keeps the frame's cookie apart from the landing page's, and a network's log-in cannot
stand in a frame. So the landing page gives the frame a token by a message between two pages of
ours, which no other site's page can read, and the frame sends it in.
"""

from flask import request
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid
from tombola.installation import Installation
from tombola.web.i18n import gettext as _
from tombola.web.routing import Forgery, Pages
from tombola.widget import browser, entering, replies, settle, visitors
from tombola.widget.directory import Directory
from tombola.widget.hot import hot
from tombola.widget.replies import KEY_RULE
from tombola.widget.tokens import handed_entrant
from tombola.widget.visitors import Visitor

pages = Pages("widget_hand", __name__, spoken=True)


@pages.post(f"/w/{KEY_RULE}/hand", audience=Audience.PUBLIC, forgery=Forgery.OWN, framed=True)
def take(key: str) -> ResponseReturnValue:
    """Let this frame's browser be who the landing page's is."""
    inst, place, framed = replies.begin_act(key)
    giver = handed_entrant(inst.vault, key, request.form.get("hand", ""), inst.clock())
    if giver is None:
        said = _("Logging in took too long, or was done already. Please try again.")
        return replies.refused(place, framed=framed, notices={"": said})
    secret = browser.secret_or_new(framed=framed)
    met = entering.visitor(inst, place.campaign.team_id, secret)
    try:
        become(inst, hot(inst).directory, met, giver)
    except Invalid as refused:
        return replies.refused(place, framed=framed, notices=refused.errors)
    hot(inst).poll.forget(place.campaign.team_id, secret)
    return replies.back(place, framed=framed, secret=secret)


def become(inst: Installation, directory: Directory, met: Visitor, entrant_id: int) -> None:
    """Let a browser that is nobody be this entrant; what it did before is claimed.

    Raises:
        Invalid: It is somebody else already. Whoever that is leaves first.
    """
    if met.entrant_id not in {None, entrant_id}:
        raise Invalid({"": _("Somebody else is in here already.")})
    with inst.db.write() as conn:
        entering.become(conn, met, entrant_id)
        bound = visitors.standing_for(conn, met.team_id, met.id)
    settle.claim(inst, directory, met.team_id, bound)
