"""The Pictures page of a campaign: a grid to judge them in, one of them large, and the rule."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.importing import media_list, media_review, recheck, service
from tombola.importing.media_list import FAILED, Filter, Position
from tombola.importing.media_review import Review, Rule, Verb
from tombola.importing.pages import label_of
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web import paging
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("moderation", __name__)
pages.link(Place.CAMPAIGN, "Pictures", "show", order=25, sections=("moderation.",))

_STATES = (Review.WAITING, Review.SHOWN, Review.HIDDEN, FAILED)
_NAMES = ("state", "action", "source")


@pages.get("/team/<team>/campaign/<key>/pictures", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str) -> ResponseReturnValue:
    """The grid, or for htmx the pictures after a place."""
    found = campaign_of_address(key)
    asked = {name: request.args.get(name, "")[:100] for name in _NAMES}
    if asked["state"] not in _STATES:
        asked["state"] = ""
    after = paging.decode(request.args.get("after"))
    start = Position(sort_at=after[0], id=after[1]) if after else None
    grid = media_list.page(current(), doors.actor(), found.uid, Filter(**asked), start)
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    following = ""
    if grid.next is not None:
        place = paging.encode(grid.next.sort_at, grid.next.id)
        following = url_for("moderation.show", team=team, key=key, after=place, **kept)
    context = {"campaign": found, "tiles": grid.tiles, "next": following, "rule": _rule(found)}
    if request.headers.get("HX-Request") == "true":
        return render_template("importing/tiles.html", **context)
    return render_template("importing/pictures.html", **context, **_frame(found, asked, kept))


@pages.post("/team/<team>/campaign/<key>/pictures", audience=Audience.TEAM, role=Role.EDITOR)
def act(team: str, key: str) -> ResponseReturnValue:
    """Judge the ticked pictures; a script gets them back as they stand now."""
    found = campaign_of_address(key)
    uids = request.form.getlist("picture")
    if not uids:
        flash(_("Choose pictures first."), "warning")
        return _back(team, key)
    said = _judge(found, uids)
    if request.headers.get("HX-Request") == "true":
        tiles = media_list.some(current(), doors.actor(), found.uid, uids[: media_review.MOST])
        context = {"campaign": found, "tiles": tiles, "next": "", "rule": _rule(found)}
        return render_template("importing/tiles.html", **context, said=said)
    flash(said, "good")
    return _back(team, key)


@pages.post("/team/<team>/campaign/<key>/pictures/rule", audience=Audience.TEAM, role=Role.EDITOR)
def rule(team: str, key: str) -> ResponseReturnValue:
    """Change what the campaign wants of its pictures."""
    found = campaign_of_address(key)
    wanted = Rule(
        approve_first="approve_first" in request.form, takes_back="takes_back" in request.form
    )
    media_review.set_rule(current(), doors.actor(), found.uid, wanted)
    flash(_("Saved."), "good")
    return _back(team, key)


@pages.get("/team/<team>/campaign/<key>/pictures/<uid>", audience=Audience.TEAM, role=Role.VIEWER)
def one(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """One picture, large, with its post and its words."""
    found = campaign_of_address(key)
    tile = media_list.one(current(), doors.actor(), found.uid, uid)
    renews = recheck.is_possible(current(), tile.importer_key)
    context = {"campaign": found, "tile": tile, "rule": _rule(found), "renews": renews}
    return render_template("importing/picture.html", **context)


@pages.post("/team/<team>/campaign/<key>/pictures/<uid>", audience=Audience.TEAM, role=Role.EDITOR)
def act_one(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Judge one picture from its own page, or say what it shows."""
    found = campaign_of_address(key)
    if request.form.get("act") == "describe":
        alt = request.form.get("alt", "")
        media_review.describe(current(), doors.actor(), found.uid, uid, alt)
        flash(_("Saved."), "good")
    else:
        flash(_judge(found, [uid]), "good")
    return redirect(url_for("moderation.one", team=team, key=key, uid=uid), 303)


def _judge(found: Campaign, uids: list[str]) -> str:
    asked = request.form.get("act", "")
    if asked not in set(Verb):
        raise Invalid({"act": "Choose what to do with them."})
    verb = Verb(asked)
    n = media_review.judge(current(), doors.actor(), found.uid, uids, verb)
    said = {
        Verb.SHOW: ngettext("%(n)d picture is shown.", "%(n)d pictures are shown.", n),
        Verb.HIDE: ngettext("%(n)d picture is hidden.", "%(n)d pictures are hidden.", n),
        Verb.REMOVE: ngettext("%(n)d picture is removed.", "%(n)d pictures are removed.", n),
        Verb.AGAIN: ngettext(
            "%(n)d picture is fetched again.", "%(n)d pictures are fetched again.", n
        ),
    }
    return said[verb] % {"n": n}


def _rule(found: Campaign) -> Rule:
    with current().db.read() as conn:
        return media_review.rule_of(conn, found.id)


def _frame(found: Campaign, asked: dict[str, str], kept: dict[str, Any]) -> dict[str, Any]:
    """What stands around the grid: the numbers, and what the filters offer."""
    inst = current()
    with inst.db.read() as conn:
        counts = media_list.counts(conn, found.id)
        titles = {each.uid: each.title for each in campaigns.actions_of(conn, found.id)}
    sources = service.of_campaign(inst, doors.actor(), found.id)
    fed = dict.fromkeys(each.action_uid for each in sources)
    return {
        "counts": counts,
        "states": _STATES,
        "chosen": asked,
        "filtered": bool(kept),
        "sources": [(each.uid, label_of(each)) for each in sources],
        "actions": [(uid, titles[uid]) for uid in fed if uid in titles],
        "waits": sum(each.pictures_waiting for each in sources),
    }


def _back(team: str, key: str) -> ResponseReturnValue:
    """To the same grid, of whose address only our own words are taken over."""
    kept: dict[str, Any] = {name: request.args[name] for name in _NAMES if request.args.get(name)}
    return redirect(url_for("moderation.show", team=team, key=key, **kept), 303)
