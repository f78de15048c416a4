"""The announcement of a draw's winners: a text to copy and a picture to post.

Both speak the campaign's language, whatever the member's pages speak.
"""

from functools import partial
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Conflict
from tombola.campaigns.pages import campaign_of_address
from tombola.draws import announcing, service, winners
from tombola.draws.announcing import Names, Shape, Won
from tombola.draws.types import Draw, Place, State
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web import i18n
from tombola.web.i18n import marked
from tombola.web.routing import Pages

pages = Pages("announcing", __name__)
_RULE = "/team/<team>/campaign/<key>/draws/<uid>/announcement"
_NOBODY = marked("anonymous")
_ONE, _MANY = marked("The winner is"), marked("The winners are")
_NUMBER, _MORE = marked("Draw number %(number)s"), marked("and {n} more")
_CHECK = marked("Congratulations! Drawn at random; anybody can check it:")


@pages.get(_RULE, audience=Audience.TEAM, role=Role.EDITOR)
def show(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Words and picture, with names as short as the team wishes."""
    said = _said(key, uid)
    return render_template("draws/announcement.html", **said)


@pages.get(f"{_RULE}.svg", audience=Audience.TEAM, role=Role.EDITOR)
def picture(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The picture alone."""
    said = _said(key, uid)
    made = render_template("draws/announcement.svg", **said)
    return Response(made, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def _said(key: str, uid: str) -> dict[str, Any]:
    found = campaign_of_address(key)
    drawn = service.get(current(), doors.actor(), uid)
    if drawn.campaign_id != found.id or drawn.state not in {State.DRAWN, State.PUBLISHED}:
        raise Conflict("There are no winners to announce yet.")
    names, shape = _chosen()
    all_won = [
        Won(each.prize or "", each.name, next((i.handle for i in each.identities if i.handle), ""))
        for each in winners.winners(current(), doors.actor(), uid)
        if each.place is Place.WINNER
    ]
    tongue = found.language or i18n.SOURCE
    say = partial(i18n.in_language, tongue)
    prizes = announcing.by_prize(all_won, names, say(_NOBODY))
    head = say(_ONE if len(all_won) == 1 else _MANY)
    footer = say(_NUMBER) % {"number": drawn.number} + f" · {_address(drawn)}"
    sheet = announcing.sheet(shape, head, found.title, prizes, say(_MORE))
    return {
        "campaign": found,
        "draw": drawn,
        "title": found.title,
        "names": names,
        "shape": shape,
        "sheet": sheet,
        "footer": footer,
        "tongue": tongue,
        "runs": i18n.direction(tongue),
        "text": _text(found.title, head, prizes, say(_CHECK), drawn),
        "all_names": list(Names),
        "all_shapes": list(Shape),
    }


def _chosen() -> tuple[Names, Shape]:
    names, shape = request.args.get("names", ""), request.args.get("shape", "")
    return (
        Names(names) if names in set(Names) else Names.FIRST,
        Shape(shape) if shape in set(Shape) else Shape.SQUARE,
    )


def _address(drawn: Draw) -> str:
    """Where anybody can check the draw."""
    path = url_for("draws_public.result", number=drawn.number)
    return current().settings.address + path


def _text(
    title: str, head: str, prizes: list[tuple[str, list[str]]], check: str, drawn: Draw
) -> str:
    lines = [title, "", f"{head}:"]
    lines += [
        f"{prize}: {', '.join(names)}" if prize else ", ".join(names) for prize, names in prizes
    ]
    lines += ["", check, _address(drawn)]
    return "\n".join(lines)
