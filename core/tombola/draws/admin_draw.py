"""One draw: the pool before it, its steps while it runs, its winners and what becomes of them."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict, Invalid, NotFound, Text
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.draws import rules, service, winners, witnesses
from tombola.draws.announcing import Names
from tombola.draws.types import Draw, DrawForm, Exclude, State
from tombola.installation import current
from tombola.messages import service as messages
from tombola.people import service as people
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("drawn", __name__)
_RULE = "/team/<team>/campaign/<key>/winners/<uid>"
_TEAM: dict[str, Any] = {"audience": Audience.TEAM}


@pages.get(_RULE, role=Role.VIEWER, **_TEAM)
def one(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The draw as it stands; for htmx only the part that moves."""
    found, made = _of(key, uid)
    if request.headers.get("HX-Request") == "true":
        return render_template("draws/steps.html", campaign=found, draw=made)
    return _page(found, made)


@pages.post(f"{_RULE}/close", role=Role.EDITOR, **_TEAM)
def close(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Begin; from the freeze on nothing of it can be changed."""
    return _do(team, key, uid, lambda: service.close(current(), doors.actor(), uid))


@pages.post(f"{_RULE}/exclude", role=Role.EDITOR, **_TEAM)
def exclude(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Leave somebody out of a planned draw, for a reason that is published; or let them in."""
    _, made = _of(key, uid)
    who, reason = request.form.get("entrant", ""), request.form.get("reason", "").strip()
    left = [each for each in made.form.exclude if each.entrant != who]
    if request.form.get("act") != "remove":
        if not reason:
            flash(_("Say why; the reason is published with the draw, without the name."), "error")
            return _back(team, key, uid, who=request.form.get("word"))
        left.append(Exclude(entrant=who, reason=reason[:200]))
    wanted: DrawForm = made.form.model_copy(update={"exclude": left})
    return _do(team, key, uid, lambda: service.change_plan(current(), doors.actor(), uid, wanted))


@pages.post(f"{_RULE}/dice", role=Role.EDITOR, **_TEAM)
def dice(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take the dice that were rolled in public."""
    rolled = request.form.get("dice", "")
    return _do(team, key, uid, lambda: witnesses.enter_dice(current(), doors.actor(), uid, rolled))


@pages.post(f"{_RULE}/publish", role=Role.EDITOR, **_TEAM)
def publish(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Show everybody the winners, with names as short as chosen."""
    asked = request.form.get("names", "")
    names = Names(asked) if asked in set(Names) else Names.FIRST
    return _do(team, key, uid, lambda: service.publish(current(), doors.actor(), uid, names))


@pages.post(f"{_RULE}/void", role=Role.EDITOR, **_TEAM)
def void(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Declare the draw void."""
    reason = request.form.get("reason", "")
    return _do(team, key, uid, lambda: service.void(current(), doors.actor(), uid, reason))


@pages.post(f"{_RULE}/pass/<place>", role=Role.EDITOR, **_TEAM)
def pass_over(team: str, key: str, uid: str, place: str) -> ResponseReturnValue:
    """Give somebody's place to the next in line."""
    reason = request.form.get("reason", "")
    return _do(team, key, uid, lambda: winners.pass_over(current(), doors.actor(), place, reason))


@pages.get(f"{_RULE}/tell/<who>", role=Role.EDITOR, **_TEAM)
def write(team: str, key: str, uid: str, who: str) -> ResponseReturnValue:  # noqa: ARG001 - see above
    """A winner's message, before it is sent."""
    found, made = _of(key, uid)
    return _write(found, made, who, _draft(made, who), {})


@pages.post(f"{_RULE}/tell/<who>", role=Role.EDITOR, **_TEAM)
def tell(team: str, key: str, uid: str, who: str) -> ResponseReturnValue:
    """Send a winner's message, once."""
    found, made = _of(key, uid)
    text, channel = request.form.get("text", ""), request.form.get("channel", "")
    try:
        messages.send_winner(
            current(), doors.actor(), found.uid, who, text, subject=made.uid, channel=channel
        )
    except Invalid as wrong:
        return _write(found, made, who, text, wrong.errors), 422
    flash(_("The message is on its way; its state stands beside the winner."), "good")
    return _back(team, key, uid)


def _of(key: str, uid: str) -> tuple[Campaign, Draw]:
    found = campaign_of_address(key)
    made = service.get(current(), doors.actor(), uid)
    if made.campaign_id != found.id:
        raise NotFound("There is no such draw.")
    return found, made


def _do(team: str, key: str, uid: str, act: Any) -> ResponseReturnValue:
    """Do an act and go back to the draw, with what is wrong where something is."""
    _of(key, uid)
    try:
        act()
    except Invalid as wrong:
        flash(" ".join(_(str(text)) for text in wrong.errors.values()), "error")
    except Conflict as wrong:
        flash(_(str(wrong)), "error")
    return _back(team, key, uid)


def _back(team: str, key: str, uid: str, **more: str | None) -> ResponseReturnValue:
    return redirect(url_for("drawn.one", team=team, key=key, uid=uid, **more), 303)


def _page(found: Campaign, made: Draw) -> str:
    inst, actor = current(), doors.actor()
    drawn = winners.winners(inst, actor, made.uid) if made.state in rules.COUNTS else []
    planned = made.state is State.PLANNED
    word = request.args.get("who", "").strip()[:100]
    with inst.db.read() as conn:
        told = messages.told(conn, found.id, made.uid) if drawn else {}
    return render_template(
        "draws/draw.html",
        campaign=found,
        draw=made,
        winners=drawn,
        told=told,
        preview=service.preview(inst, actor, found.uid, made.form) if planned else None,
        left_out=_left_out(made) if planned else [],
        word=word,
        hits=people.search(inst, actor, word) if planned and word else [],
        witnesses=_witnesses(made),
        late=service.late(inst, actor, made.uid) if drawn else [],
        names=list(Names),
    )


def _witnesses(made: Draw) -> list[Any]:
    if not made.form.witnesses or doors.actor().role is Role.VIEWER:
        return []
    return witnesses.of_draw(current(), doors.actor(), made.uid)


def _left_out(made: Draw) -> list[tuple[str, str, str]]:
    """Who is left out by hand: public name, what they are called, why."""
    inst, actor = current(), doors.actor()
    found = []
    for each in made.form.exclude:
        try:
            called = people.person(inst, actor, each.entrant).name
        except NotFound:
            called = ""
        found.append((each.entrant, called or _("erased person"), each.reason))
    return found


def _draft(made: Draw, who: str) -> str:
    won = [
        each for each in winners.winners(current(), doors.actor(), made.uid) if each.entrant == who
    ]
    prize = won[0].prize if won else ""
    said = _(
        "Hello {first_name|there}, you have won “%(prize)s” in {campaign}! Please answer here."
    )
    return said % {"prize": prize or made.title}


def _write(found: Campaign, made: Draw, who: str, text: str, errors: dict[str, Text] | Any) -> str:
    return render_template(
        "draws/tell.html",
        campaign=found,
        draw=made,
        who=people.person(current(), doors.actor(), who),
        text=text,
        errors=errors,
        ways=messages.ways(current(), doors.actor(), found.uid, who),
    )
