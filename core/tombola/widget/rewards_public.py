"""The entrants' route that claims a reward."""

from functools import partial

from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.rewards.service import Came, Wanted, claim
from tombola.web.i18n import gettext as _
from tombola.web.routing import Forgery, Pages
from tombola.widget import acts, admitting, browser, entering, replies, rewards
from tombola.widget.directory import Place
from tombola.widget.replies import KEY_RULE
from tombola.widget.visitors import Visitor

pages = Pages("widget_rewards", __name__, spoken=True)
_ACT = {"audience": Audience.PUBLIC, "forgery": Forgery.OWN, "framed": True}


@pages.post(f"/w/{KEY_RULE}/reward/<uid>", **_ACT)
def take(key: str, uid: str) -> ResponseReturnValue:
    """Claim a reward; pressed again, it shows what is there."""
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    place = admitting.seen_by(inst, place, met)
    said = _lacks(place, met)
    if said or met is None or met.entrant_id is None:
        return replies.refused(place, framed=framed, notices={uid: said})
    write = partial(rewards.letter, inst, place)
    wanted = Wanted(place.campaign, uid, met.entrant_id, rewards.mandatory(place), write)
    came = claim(inst, wanted)
    if came in {Came.CLAIMED, Came.KNOWN}:
        return replies.back(place, framed=framed, anchor=f"r-{uid}")
    return replies.refused(place, framed=framed, notices={uid: rewards.refusal(came)})


def _lacks(place: Place, met: Visitor | None) -> str:
    """What somebody has to do before anything is given to them; "" for nothing."""
    inst = current()
    if met is None or met.entrant_id is None:
        return _("Please take part first.")
    with inst.db.read() as conn:
        who = entering.who_is(conn, place.campaign.team_id, met.entrant_id)
        asked = admitting.asking(conn, inst, place, met)
    if place.campaign.confirm_email and not who.identities:
        return replies.words(acts.Came.CONFIRM)
    return replies.words(acts.Came.STATE) if asked.blocks else ""
