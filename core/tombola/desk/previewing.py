"""The preview: the landing page through an entrant's eyes, marked as such, recording nothing."""

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.campaigns import alternatives
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import Phase
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.teams.rules import Role
from tombola.web import security
from tombola.web.countries import codes, listed
from tombola.web.i18n import gettext as _
from tombola.web.routing import Forgery, Pages
from tombola.widget import previewing
from tombola.widget.previewing import Look

pages = Pages("preview", __name__)
_BASE = "/team/<team>/campaign/<key>/preview"
_LOOK = {"audience": Audience.TEAM, "role": Role.VIEWER}
#: The page inside stands in a frame of ours, and its forms come back to it and change nothing.
_INSIDE = {**_LOOK, "framed": True, "forgery": Forgery.OWN}
#: Acts after which somebody would be in.
_JOINS = ("enter", "with/", "code", "state")


@pages.get(_BASE, **_LOOK)
def show(team: str, key: str) -> ResponseReturnValue:
    """The frame, and what to look at in it."""
    found = campaign_of_address(key)
    look = _asked(found)
    security.allow("frame-src", "'self'")
    with current().db.read() as conn:
        by_country = alternatives.are_there(conn, found.id)
    return render_template(
        "desk/preview.html",
        campaign=found,
        look=look,
        phone=request.args.get("size") == "phone",
        inside=url_for("preview.inside", team=team, key=key, **_words(look)),
        countries=listed("en") if by_country else (),
        phases=[
            (Phase.SCHEDULED.value, _("Before the start")),
            (Phase.RUNNING.value, _("While it runs")),
            (Phase.ENDED.value, _("After the end")),
        ],
    )


@pages.get(f"{_BASE}/page", **_INSIDE)
def inside(team: str, key: str) -> ResponseReturnValue:
    """The page itself."""
    found = campaign_of_address(key)
    return _page(team, found, _asked(found), {})


@pages.get(f"{_BASE}/act/<path:what>", **_INSIDE)
def followed(team: str, key: str, what: str) -> ResponseReturnValue:
    """A link of the page: the same page, saying that nothing happened."""
    return acted(team, key, what)


@pages.post(f"{_BASE}/act/<path:what>", **_INSIDE)
def acted(team: str, key: str, what: str) -> ResponseReturnValue:
    """A form of the page: what it would look like afterwards. Nothing is kept."""
    found = campaign_of_address(key)
    look = _asked(found)
    joins = what.startswith(_JOINS)
    said = _("This is a preview: nothing was recorded.")
    if what.startswith("leave"):
        look = Look(joined=False, phase=look.phase, country=look.country)
    elif joins:
        country = request.form.get("st.country", look.country)
        look = Look(joined=True, phase=look.phase, country=country if country in codes() else "")
    action = what.removeprefix("do/") if what.startswith("do/") else ""
    return _page(team, found, look, {action: said})


def _asked(found: Campaign) -> Look:
    words = request.args
    known = words.get("phase", "")
    now = found.phase(current().clock())
    phase = Phase(known) if known in set(Phase) else Phase.RUNNING
    if not known and now is Phase.ENDED:
        phase = now
    country = words.get("country", "")
    return Look(words.get("as") == "in", phase, country if country in codes() else "")


def _words(look: Look) -> dict[str, Any]:
    told = {"as": "in" if look.joined else "", "phase": look.phase.value, "country": look.country}
    return {name: word for name, word in told.items() if word}


def _page(team: str, found: Campaign, look: Look, notices: dict[str, str]) -> str:
    query = urlencode(_words(look))

    def act(what: str) -> str:
        if not what:
            return url_for("preview.inside", team=team, key=found.key, **_words(look))
        address = url_for("preview.acted", team=team, key=found.key, what=what.partition("?")[0])
        return f"{address}?{query}"

    return previewing.render(current(), found.key, look, act, notices)
