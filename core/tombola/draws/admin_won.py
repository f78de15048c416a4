"""What becomes of winners: published, passed over, told."""

from collections.abc import Mapping
from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, NotFound, Text
from tombola.campaigns.service import Campaign
from tombola.draws import service, winners
from tombola.draws.admin_draw import RULE, back, do, of_address, placed
from tombola.draws.announcing import Names
from tombola.draws.types import Draw, Winner
from tombola.installation import current
from tombola.messages import service as messages
from tombola.people import service as people
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("won", __name__)
_EDITOR: dict[str, Any] = {"audience": Audience.TEAM, "role": Role.EDITOR}


@pages.post(f"{RULE}/publish", **_EDITOR)
def publish(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Show everybody the winners, with names as short as chosen."""
    asked = request.form.get("names", "")
    names = Names(asked) if asked in set(Names) else Names.FIRST
    return do(team, key, uid, lambda: service.publish(current(), doors.actor(), uid, names))


@pages.post(f"{RULE}/pass/<place>", **_EDITOR)
def pass_over(team: str, key: str, uid: str, place: str) -> ResponseReturnValue:
    """Give somebody's place to the next in line."""
    of_address(key, uid)
    if place not in {each.uid for each in winners.winners(current(), doors.actor(), uid)}:
        raise NotFound("There is no such place.")
    reason = request.form.get("reason", "")
    return do(team, key, uid, lambda: winners.pass_over(current(), doors.actor(), place, reason))


@pages.get(f"{RULE}/tell/<who>", **_EDITOR)
def write(team: str, key: str, uid: str, who: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """A winner's message, before it is sent."""
    found, made = of_address(key, uid)
    won = placed(uid, who)
    said = _(
        "Hello {first_name|there}, you have won “%(prize)s” in {campaign}! Please answer here."
    )
    return _write(found, made, won, said % {"prize": won.prize}, {})


@pages.post(f"{RULE}/tell/<who>", **_EDITOR)
def tell(team: str, key: str, uid: str, who: str) -> ResponseReturnValue:
    """Send a winner's message, once."""
    found, made = of_address(key, uid)
    won = placed(uid, who)
    text, channel = request.form.get("text", ""), request.form.get("channel", "")
    inst, actor = current(), doors.actor()
    try:
        messages.send_winner(inst, actor, found.uid, who, text, subject=uid, channel=channel)
    except Invalid as wrong:
        return _write(found, made, won, text, wrong.errors), 422
    flash(_("The message is on its way; its state stands beside the winner."), "good")
    return back(team, key, uid)


def _write(found: Campaign, made: Draw, won: Winner, text: str, errors: Mapping[str, Text]) -> str:
    who = won.entrant or ""
    return render_template(
        "draws/tell.html",
        campaign=found,
        draw=made,
        won=won,
        who=people.person(current(), doors.actor(), who),
        text=text,
        errors=errors,
        ways=messages.ways(current(), doors.actor(), found.uid, who),
        chosen=request.form.get("channel", ""),
    )
