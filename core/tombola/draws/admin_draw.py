"""One draw: the pool before it, its steps while it runs, its winners when it is over."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict, Invalid, NotFound, render
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.draws import reaching, rules, service, stages, winners, witnesses
from tombola.draws.announcing import Names
from tombola.draws.types import Draw, Exclude, State, Winner
from tombola.fairness.bundle import DICE
from tombola.fairness.hashing import sha256
from tombola.installation import current
from tombola.messages import service as messages
from tombola.people import service as people
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages

pages = Pages("drawn", __name__)
#: The address of a draw.
RULE = "/team/<team>/campaign/<key>/winners/<uid>"
#: Places of the order that one page shows.
SHOWN = 200
_TEAM: dict[str, Any] = {"audience": Audience.TEAM}


@pages.get(RULE, role=Role.VIEWER, **_TEAM)
def one(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The draw as it stands."""
    found, made = of_address(key, uid)
    inst, actor = current(), doors.actor()
    drawn = winners.winners(inst, actor, uid) if made.drawn_at else []
    start = max(request.args.get("after", 0, int), 0)
    word = request.args.get("who", "").strip()[:100]
    planned = made.state is State.PLANNED
    with inst.db.read() as conn:
        told = messages.told(conn, found.id, uid) if drawn else {}
        reach = reaching.entries_of(conn, found, [each.entrant for each in drawn if each.entrant])
        titles = {each.uid: each.title for each in campaigns.actions_of(conn, found.id)}
    return render_template(
        "draws/draw.html",
        campaign=found,
        draw=made,
        **_moving(made),
        drawn=drawn,
        shown=drawn[start : start + SHOWN],
        more=start + SHOWN if len(drawn) > start + SHOWN else None,
        counts=made.state in rules.COUNTS,
        told=told,
        reach=reach,
        titles=titles,
        left_out=_left_out(made) if planned else [],
        word=word,
        hits=people.search(inst, actor, word) if planned and word else [],
        late=service.late(inst, actor, uid) if drawn else [],
        late_most=service.LATE_SHOWN,
        names=list(Names),
        dice=DICE,
    )


@pages.get(f"{RULE}/pool", role=Role.VIEWER, **_TEAM)
def pool(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - see ``one``
    """Who would take part now: a part of the page that comes by itself, since it may be long."""
    found, made = of_address(key, uid)
    if made.state is not State.PLANNED:
        return Response(headers={"HX-Refresh": "true"})
    try:
        seen, wrong = service.preview(current(), doors.actor(), found.uid, made.form), ""
    except Invalid as refused:
        seen, wrong = None, _said(refused)
    return render_template(
        "draws/pool.html",
        campaign=found,
        draw=made,
        preview=seen,
        wrong=wrong,
        running=found.ends_at > current().clock(),
        witnesses=_moving(made)["witnesses"],
    )


@pages.get(f"{RULE}/steps", role=Role.VIEWER, **_TEAM)
def steps(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - see ``one``
    """The part that moves while a draw is on its way; 204 where nothing has.

    In another state the whole page is another.
    """
    found, made = of_address(key, uid)
    if not made.at_work or request.args.get("state") != made.state:
        return Response(headers={"HX-Refresh": "true"})
    moving = _moving(made)
    if request.args.get("seen") == moving["seen"]:
        return "", 204
    return render_template("draws/steps.html", campaign=found, draw=made, **moving)


@pages.post(f"{RULE}/close", role=Role.EDITOR, **_TEAM)
def close(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Begin; from the freeze on nothing of it can be changed."""
    return do(team, key, uid, lambda: service.close(current(), doors.actor(), uid))


@pages.post(f"{RULE}/exclude", role=Role.EDITOR, **_TEAM)
def exclude(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Leave somebody out of a planned draw, for a reason that is published; or let them in."""
    _found, made = of_address(key, uid)
    who, reason = request.form.get("entrant", ""), request.form.get("reason", "").strip()
    left = [each for each in made.form.exclude if each.entrant != who]
    if request.form.get("act") != "remove":
        if not reason:
            flash(_("Say why; the reason is published with the draw, without the name."), "error")
            return back(team, key, uid, who=request.form.get("word"))
        left.append(Exclude(entrant=who, reason=reason[:200]))
    wanted = made.form.model_copy(update={"exclude": left})
    return do(team, key, uid, lambda: service.change_plan(current(), doors.actor(), uid, wanted))


@pages.post(f"{RULE}/dice", role=Role.EDITOR, **_TEAM)
def dice(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take the dice that were rolled in public."""
    rolled = request.form.get("dice", "")
    return do(team, key, uid, lambda: witnesses.enter_dice(current(), doors.actor(), uid, rolled))


@pages.post(f"{RULE}/void", role=Role.EDITOR, **_TEAM)
def void(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Declare the draw void."""
    reason = request.form.get("reason", "")
    return do(team, key, uid, lambda: service.void(current(), doors.actor(), uid, reason))


def of_address(key: str, uid: str) -> tuple[Campaign, Draw]:
    """The campaign and the draw of an address. Raises NotFound, also for another campaign's."""
    found = campaign_of_address(key)
    made = service.get(current(), doors.actor(), uid)
    if made.campaign_id != found.id:
        raise NotFound("There is no such draw.")
    return found, made


def placed(uid: str, who: str) -> Winner:
    """The place of somebody who has won a prize in a draw. Raises NotFound."""
    for each in winners.winners(current(), doors.actor(), uid):
        if each.entrant == who and each.prize:
            return each
    raise NotFound("This person has won nothing here.")


def do(team: str, key: str, uid: str, act: Callable[[], object]) -> ResponseReturnValue:
    """Do an act and go back to the draw, with what is wrong where something is."""
    of_address(key, uid)
    try:
        act()
    except Invalid as wrong:
        flash(_said(wrong), "error")
    except Conflict as wrong:
        flash(_(str(wrong)), "error")
    return back(team, key, uid)


def back(team: str, key: str, uid: str, who: str | None = None) -> ResponseReturnValue:
    """To the draw's page; ``who`` keeps a search."""
    return redirect(url_for("drawn.one", team=team, key=key, uid=uid, who=who), 303)


def _said(wrong: Invalid) -> str:
    return " ".join(render(text, _) for text in wrong.errors.values())


def _moving(made: Draw) -> dict[str, Any]:
    """What changes by itself, and a mark by which a page knows that it did."""
    sworn = []
    if made.form.witnesses and doors.actor().role is not Role.VIEWER:
        sworn = witnesses.of_draw(current(), doors.actor(), made.uid)
    told = [made.state, made.progress, made.notes]
    told += [(each.name, bool(each.commitment), bool(each.phrase)) for each in sworn]
    mark = sha256(repr(told).encode()).hex()[:16]
    origin = current().settings.address
    return {"stages": stages.stages(made), "witnesses": sworn, "seen": mark, "origin": origin}


def _left_out(made: Draw) -> list[tuple[str, str, str]]:
    """Who is left out by hand: public name, what they are called, why."""
    inst, actor = current(), doors.actor()
    found = []
    for each in made.form.exclude:
        try:
            called = people.person(inst, actor, each.entrant).called
        except NotFound:
            called = ""
        found.append((each.entrant, called or _("somebody without a name"), each.reason))
    return found
