"""Pages of the audit log: an owner's of the team, an operator's of everything."""

from datetime import UTC, datetime, time, timedelta

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.teams import audit_list, doors
from tombola.teams.audit_list import Wanted
from tombola.teams.rules import Role
from tombola.web.navigation import Place
from tombola.web.routing import Pages
from tombola.web.texts import FIRST_YEAR, LAST_YEAR

pages = Pages("audit", __name__)
pages.link(Place.TEAM, "Log", "listing", order=90, sections=("audit.",))
pages.link(Place.OPERATOR, "Log", "everything", order=60, sections=("audit.",))
#: Digits of the largest number of a row.
LONGEST = 18
_OWNER = {"audience": Audience.TEAM, "role": Role.OWNER}


@pages.get("/team/<team>/log", **_OWNER)
def listing(team: str) -> ResponseReturnValue:
    """What members and programs of the team did."""
    return _page(url_for("audit.listing", team=team), url_for("audit.export", team=team))


@pages.get("/team/<team>/log/export", **_OWNER)
def export(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The same as a file."""
    return _file("log.jsonl")


@pages.get("/operator/log", audience=Audience.OPERATOR)
def everything() -> ResponseReturnValue:
    """What anybody did, with the end of the chain to write down."""
    return _page(url_for("audit.everything"), url_for("audit.export_everything"))


@pages.get("/operator/log/export", audience=Audience.OPERATOR)
def export_everything() -> ResponseReturnValue:
    """The whole chain as a file that can be verified by itself."""
    return _file("whole-log.jsonl")


def _page(here: str, file: str) -> str:
    inst, actor = current(), doors.actor()
    found = audit_list.page(inst, actor, _wanted(), after=_after())
    members, acts = audit_list.choices(inst, actor)
    with inst.db.read() as conn:
        head = audit_list.head(conn)
    asked = {name: text for name, text in request.args.items() if name != "after" and text}
    return render_template(
        "teams/audit.html",
        found=found,
        members=members,
        acts=acts,
        head=head,
        here=here,
        file=file,
        asked=asked,
        everything=not actor.team_id,
    )


def _after() -> int | None:
    """The record behind which to go on; anything but a row's number is the top."""
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None


def _file(name: str) -> Response:
    told = audit_list.lines(current(), doors.actor(), _wanted())
    answer = Response(told, content_type="application/jsonl; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _wanted() -> Wanted:
    """What is asked for; a day that is none asks for nothing."""
    since, until = _day("since"), _day("until")
    return Wanted(
        member=request.args.get("member", "")[:40],
        act=request.args.get("act", "")[:80],
        since=since,
        until=None if until is None else until + timedelta(days=1),
    )


def _day(name: str) -> datetime | None:
    try:
        day = datetime.strptime(request.args.get(name, ""), "%Y-%m-%d").date()  # noqa: DTZ007 # a day
    except ValueError:
        return None
    return datetime.combine(day, time(), UTC) if FIRST_YEAR <= day.year <= LAST_YEAR else None
