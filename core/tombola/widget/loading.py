"""Routes that serve what other sites load, and the frame's word on who is in it."""

from flask import Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from tombola.api import Audience, NotFound
from tombola.campaigns.rules import Phase
from tombola.installation import current
from tombola.web import i18n
from tombola.web.i18n import gettext as _
from tombola.web.routing import Forgery, Pages
from tombola.widget import browser, entering, replies, scripts
from tombola.widget.hot import hot
from tombola.widget.replies import KEY_RULE
from tombola.widget.rules import KEY
from tombola.widget.tokens import link_token

pages = Pages("loading", __name__)
_PUBLIC = {"audience": Audience.PUBLIC}
_YEAR_S = 31_536_000
_ASSETS = {
    "widget.min.js": "text/javascript",
    "widget.min.css": "text/css",
    "setup.min.js": "text/javascript",
}


@pages.get(f"/{KEY_RULE}/trk.js", **_PUBLIC)
def tracker(key: str) -> ResponseReturnValue:
    """The tracking script. An unknown key is answered alike: keys are public and no secret."""
    return _script(scripts.tracker(current().settings.address, _key(key)))


@pages.get(f"/{KEY_RULE}/embed.js", **_PUBLIC)
def embed(key: str) -> ResponseReturnValue:
    """The script that puts the widget where it stands, and does what ``trk.js`` does."""
    return _place("embed", _key(key))


@pages.get(f"/{KEY_RULE}/ol.js", **_PUBLIC)
def overlay(key: str) -> ResponseReturnValue:
    """The script that puts the widget behind a tab, and does what ``trk.js`` does."""
    return _place("ol", _key(key))


@pages.get("/e.js", **_PUBLIC)
def loader() -> ResponseReturnValue:
    """The script that puts widgets in place of links to campaigns."""
    return _place("e", "")


@pages.post(f"/w/{KEY_RULE}/link", forgery=Forgery.OWN, **_PUBLIC)
def link(key: str) -> ResponseReturnValue:
    """A token by which the page around a frame tells who its visitor is in the widget.

    It is what the widget's links carry: for this campaign and half an hour. 204 while the browser
    is nobody here.
    """
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    if met is None:
        return _private(Response(status=204))
    return _private(jsonify(link=link_token(inst.vault, key, met.id, inst.clock())))


@pages.get("/w/-/<name>", **_PUBLIC)
def asset(name: str) -> ResponseReturnValue:
    """The widget's own script and style; their addresses carry a fingerprint."""
    if name not in _ASSETS:
        raise NotFound(_("There is nothing here."))
    response = make_response(scripts.built(name))
    response.headers["Content-Type"] = f"{_ASSETS[name]}; charset=utf-8"
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    return response


def _place(kind: scripts.Kind, key: str) -> ResponseReturnValue:
    i18n.listen()
    inst = current()
    found = hot(inst).directory.get(key) if key else None
    if found is not None:
        i18n.speak(found.campaign.language)
    words: dict[str, str | bool] = {
        "title": found.campaign.title if found else _("Competition") if kind == "e" else "",
        "tab": found.campaign.title if found else "",
        "show": _("Show the competition"),
        "close": _("Close"),
        "loading": _("Loading …"),
        "lang": i18n.language(),
        "dir": i18n.direction(),
        "over": found is not None and found.campaign.phase(inst.clock()) is Phase.ENDED,
    }
    return _script(scripts.place(inst.settings.address, kind, key, words), vary="Accept-Language")


def _script(text: bytes, vary: str = "") -> ResponseReturnValue:
    response = make_response(text)
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if vary:
        response.vary.add(vary)
    response.add_etag()
    return response.make_conditional(request)


def _key(text: str) -> str:
    if not KEY.match(text):
        raise NotFound(_("There is no such campaign."))
    return text


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
