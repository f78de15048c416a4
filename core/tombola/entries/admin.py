"""The Actions tab: a campaign's entries, newest own time first, and what a team does to them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, Proof
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.entries import bulk, listing, saved, service
from tombola.entries.filters import Filter
from tombola.entries.listing import Position
from tombola.entries.rules import State
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web import paging
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages
from tombola.web.texts import FIRST_YEAR, LAST_YEAR

pages = Pages("entries", __name__)
pages.link(Place.CAMPAIGN, "Actions", "show", order=20, sections=("entries.", "bulk.", "files."))


class Asked(NamedTuple):
    """An act on entries as it was asked for; ``error`` says what it lacks."""

    uids: list[str]
    reason: str
    error: str = ""


_ACTS = {"revoke": service.revoke, "archive": service.archive}


@pages.get("/team/<team>/campaign/<key>/entries", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str) -> ResponseReturnValue:
    """The first lines with filters, or, for htmx, the lines after a place."""
    return _list(team, key)


def _list(team: str, key: str, asked: Asked | None = None) -> str:
    """The page; ``asked`` is an act that could not be done, shown as it was asked."""
    found = campaign_of_address(key)
    wanted = filter_of(request.args, found)
    after = paging.decode(request.args.get("after"))
    start = Position(sort_at=after[0], id=after[1]) if after else None
    page = listing.page(current(), doors.actor(), found.uid, wanted, start)
    place = paging.encode(page.next.sort_at, page.next.id) if page.next else ""
    context = {
        "campaign": found,
        "page": page,
        "next": _address(team, key, place),
        "networks": _networks(),
        "ticked": set(asked.uids) if asked else set(),
    }
    if request.headers.get("HX-Request") == "true" and after:
        return render_template("entries/lines.html", **context)
    return render_template("entries/show.html", **context, asked=asked, **_frame(found))


@pages.get("/team/<team>/campaign/<key>/entries/fresh", audience=Audience.TEAM, role=Role.VIEWER)
def fresh(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """How many entries came since a page was made; nothing to say is 204."""
    found = campaign_of_address(key)
    totals = listing.totals(current(), doors.actor(), found.uid)
    seen = request.args.get("seen", 0, int)
    more = sum(totals.by_state.values()) - seen
    if more <= 0:
        return "", 204
    return render_template("entries/fresh.html", campaign=found, more=more)


@pages.get("/team/<team>/campaign/<key>/entries/<uid>", audience=Audience.TEAM, role=Role.VIEWER)
def one(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """One entry with its history, and what can be done about it."""
    return _one(key, uid)


def _one(key: str, uid: str, asked: Asked | None = None) -> str:
    found = campaign_of_address(key)
    line, steps = listing.one(current(), doors.actor(), found.uid, uid)
    return render_template(
        "entries/one.html",
        campaign=found,
        line=line,
        steps=steps,
        networks=_networks(),
        asked=asked,
    )


@pages.post("/team/<team>/campaign/<key>/entries", audience=Audience.TEAM, role=Role.EDITOR)
def act(team: str, key: str) -> ResponseReturnValue:
    """Revoke, archive or restore the ticked entries."""
    campaign_of_address(key)
    uids = request.form.getlist("entry")
    if not uids:
        flash(_("Tick the entries first."), "warning")
        return _back(team, key)
    asked = _act(key, uids)
    return (_list(team, key, asked), 422) if asked.error else _back(team, key)


@pages.post("/team/<team>/campaign/<key>/entries/<uid>", audience=Audience.TEAM, role=Role.EDITOR)
def act_one(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Revoke, archive or restore one entry from its own page."""
    asked = _act(key, [uid])
    if asked.error:
        return _one(key, uid, asked), 422
    return redirect(url_for("entries.one", team=team, key=key, uid=uid), 303)


def _act(key: str, uids: list[str]) -> Asked:
    """Do what the request asks, and say so; or what is wrong with it, for beside its field."""
    verb = request.form.get("act", "")
    reason = request.form.get("reason", "")
    try:
        changed = _do(verb, campaign_of_address(key), uids, reason)
    except Invalid as wrong:
        return Asked(uids, reason, " ".join(_(str(text)) for text in wrong.errors.values()))
    flash(_told(verb, changed), "good")
    return Asked(uids, reason)


def _told(verb: str, n: int) -> str:
    said = {
        "revoke": ngettext("%(n)d entry revoked.", "%(n)d entries revoked.", n),
        "archive": ngettext("%(n)d entry archived.", "%(n)d entries archived.", n),
        "restore": ngettext("%(n)d entry restored.", "%(n)d entries restored.", n),
    }
    return said[verb] % {"n": n}


def _do(verb: str, found: Campaign, uids: list[str], reason: str) -> int:
    if verb == "restore":
        return service.restore(current(), doors.actor(), found.uid, uids)
    if verb not in _ACTS:
        raise Invalid({"act": "Choose what to do with them."})
    return _ACTS[verb](current(), doors.actor(), found.uid, uids, reason)


def _back(team: str, key: str) -> ResponseReturnValue:
    """To the same list, filters and all, of which only our own words are taken over."""
    return redirect(url_for("entries.show", team=team, key=key, **kept()), 303)


_NAMES = (
    "action", "state", "cause", "proof", "source", "person", "since", "until", "same", "who",
)  # fmt: skip


def _frame(found: Campaign) -> dict[str, Any]:
    """What stands around the lines: totals and what the filters offer."""
    inst = current()
    with inst.db.read() as conn:
        offered = campaigns.actions_of(conn, found.id)
        acts = bulk.under_way(conn, found.id)
        views = saved.of_campaign(conn, found.id)
    totals = listing.totals(inst, doors.actor(), found.uid)
    return {
        "totals": totals,
        "seen": sum(totals.by_state.values()),
        "actions": offered,
        "acts": acts,
        "views": views,
        "view": next((one.uid for one in views if one.wanted == kept()), ""),
        "states": list(State),
        "proofs": list(Proof),
        "chosen": {name: request.args.get(name, "") for name in _NAMES},
        "chosen_only": kept(),
        "filtered": any(request.args.get(name) for name in _NAMES),
    }


def filter_of(args: Mapping[str, str], found: Campaign) -> Filter:
    """What an address narrows the list to; what says nothing narrows nothing."""
    state, proof = args.get("state", ""), args.get("proof", "")
    since, until = _day(args.get("since", ""), found), _day(args.get("until", ""), found)
    return Filter(
        action=args.get("action", ""),
        state=State(state) if state in set(State) else None,
        cause=args.get("cause", ""),
        proof=Proof(proof) if proof in set(Proof) else None,
        source=args.get("source", "")[:100],
        person=args.get("person", "")[:100],
        same=args.get("same", "")[:100],
        who=args.get("who", "")[:100],
        since=since,
        until=_next_day(until, found) if until else None,
    )


def _networks() -> dict[str, str]:
    """Names of the networks that identities are of, by key."""
    return {one.key: str(one.title) for one in current().plugins.providers()}


def _day(text: str, found: Campaign) -> datetime | None:
    """The first moment of a day in the campaign's zone; what is no date narrows nothing."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(found.zone))
    except ValueError:
        return None
    return day.astimezone(UTC) if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _next_day(start: datetime, found: Campaign) -> datetime:
    following = start.astimezone(ZoneInfo(found.zone)).date() + timedelta(days=1)
    midnight = datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(found.zone))
    return midnight.astimezone(UTC)


def _address(team: str, key: str, place: str) -> str:
    if not place:
        return ""
    return url_for("entries.show", team=team, key=key, after=place, **kept())


def kept() -> dict[str, Any]:
    """The filters of the running request."""
    return {name: request.args[name] for name in _NAMES if request.args.get(name)}
