"""What entrants' routes share: which campaign, whose page asks, and the answers that are pages."""

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Annotated, Any
from urllib.parse import urlencode

from flask import Response, make_response, redirect, render_template, request, url_for
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from tombola.api import NotFound, Text, render
from tombola.campaigns.rules import Kind, Phase
from tombola.campaigns.terms import Need
from tombola.installation import Installation, current
from tombola.web import i18n
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import marked
from tombola.widget import admitting, browser, entering, outcomes, scripts
from tombola.widget.acts import Came, Result
from tombola.widget.directory import Place
from tombola.widget.entering import Stopped
from tombola.widget.hot import hot
from tombola.widget.page import interval_words, show
from tombola.widget.proving import Address, Name, proof_of
from tombola.widget.rules import KEY
from tombola.widget.tokens import hand_token
from tombola.widget.visitors import Visitor
from tombola.widget.wording import said as said_by

#: Characters of an e-mail address at most (RFC 5321, 4.5.3.1.3).
LONGEST_ADDRESS = 254
#: A campaign's key in an address.
KEY_RULE = "<string(length=5):key>"


def whole_address(text: str) -> str:
    """An e-mail address as far as its look goes; only a message to it could prove more."""
    # The length comes first: the expression's time grows with its square.
    if text and (len(text) > LONGEST_ADDRESS or not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", text)):
        raise ValueError(marked("Please give the whole address, such as anna@mail.example."))
    return text


@lru_cache(maxsize=64)
def enter_model(name: Need, email: Need) -> type[BaseModel]:
    """The form with a name and an address, each as far as it is wanted."""
    fields: dict[str, Any] = {}
    if name is not Need.NO:
        named = Field(title=marked("Your name"), min_length=_least(name), max_length=80)
        fields["name"] = (Annotated[str, named], ... if name is Need.REQUIRED else "")
    if email is not Need.NO:
        called = Field(
            title=marked("E-mail address"),
            min_length=_least(email),
            max_length=LONGEST_ADDRESS,
            json_schema_extra={"format": "email"},
        )
        checked = Annotated[str, AfterValidator(whole_address), called]
        fields["email"] = (checked, ... if email is Need.REQUIRED else "")
    config = ConfigDict(frozen=True, str_strip_whitespace=True)
    made: type[BaseModel] = create_model("Enter", __config__=config, **fields)
    return made


def enter_of(place: Place) -> type[BaseModel]:
    """What is asked of somebody who takes part without a network."""
    asks = place.campaign.asks
    must = place.campaign.confirm_email or asks.email_of_all
    return enter_model(asks.name, Need.REQUIRED if must else asks.email)


def _least(need: Need) -> int:
    return 1 if need is Need.REQUIRED else 0


def begin_act(key: str) -> tuple[Installation, Place, bool]:
    """Begin an act of a page of ours: installation, campaign, whether the page is in a frame."""
    inst = current()
    browser.need_own_page(inst.settings.address)
    return inst, place_of(key), is_framed()


def place_of(key: str) -> Place:
    """The campaign of a key. Raises NotFound."""
    place = hot(current()).directory.get(key) if KEY.match(key) else None
    if place is None:
        raise NotFound(_("There is no such campaign."))
    i18n.speak(place.campaign.language)
    return place


def is_framed() -> bool:
    """Whether the widget of this request stands in a frame; its forms and links say so.

    A browser that loads a frame says so, too, whatever became of the address.
    """
    said = request.values.get("frame") == "1" or request.endpoint == "widget.embed"
    return said or request.headers.get("Sec-Fetch-Dest") in {"iframe", "frame"}


def refused(place: Place, **what: Any) -> tuple[Response, int]:
    """The page with what is wrong; ``what`` as for ``page``.

    Our script is told that all is well, since the console would show its visitors an error.
    """
    return page(place, **what), 200 if request.headers.get("Tombola-Script") == "1" else 422


def page(
    place: Place,
    *,
    framed: bool,
    enter: Form[Any] | None = None,
    forms: dict[str, Form[Any]] | None = None,
    notices: Mapping[str, Text] | None = None,
    goes_on: Mapping[str, Result] | None = None,
    ask: Form[Address] | None = None,
    name: Form[Name] | None = None,
    terms: Form[Any] | None = None,
    wrong: str = "",
) -> Response:
    """The campaign's page for the browser that asks.

    Args:
        place: The campaign.
        framed: Whether the widget stands in a frame.
        enter: The form to enter, when it came back with errors.
        forms: Those of actions, by action.
        notices: What came of an act, by action; "" concerns the whole page.
        goes_on: Where an entrant goes on who has just pressed a button, by action.
        ask: The form that asks for a code, when it came back with errors.
        name: The one that asks for a name, likewise.
        terms: The one that asks who one is and for details, likewise.
        wrong: Why a code does not count.
    """
    inst = current()
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    said = dict(notices or {})
    if request.method == "GET" and request.args.get("said") in set(Came):
        came = Came(request.args["said"])
        done = "done_reward" if place.campaign.kind is Kind.REWARD else "done"
        told = said_by(place.campaign, done) if came is Came.DONE else words(came)
        said.setdefault(request.args.get("action", ""), told)
    word = request.args.get("said", "") if request.method == "GET" else ""
    mild = word in set(Stopped)
    if mild:
        said.setdefault("", _stopped(place, Stopped(word), met))
    with inst.db.read() as conn:
        proof = proof_of(conn, inst, place, met, ask=ask, name=name, wrong=wrong, said=word)
        asked = admitting.asking(conn, inst, place, met, sent=terms)
    place = place.seen_from(asked.country)
    enter = enter or Form.of(enter_of(place))
    shown = show(
        inst, place, met, enter,
        forms=forms, notices=said, goes_on=goes_on, proof=proof, asked=asked,
    )  # fmt: skip
    text = render_template(
        "widget/page.html",
        shown=shown,
        mild=mild,
        framed=framed,
        forgetful=_is_forgetful(met, framed=framed),
        languages=() if place.campaign.language else i18n.known(),
        language_name=i18n.name_of,
        landing=_address("widget.landing", place),
        address=f"{inst.settings.address}/{place.campaign.key}",
        home=_address("widget.embed" if framed else "widget.landing", place),
        hand="" if framed else _hand(inst, place, met),
        act=partial(_act, place, framed=framed),
        say=partial(said_by, place.campaign),
        outcomes=outcomes.of_campaign(
            inst, place.campaign.id, met.entrant_id if met is not None else None
        ),
        interval_words=interval_words,
        fingerprint=scripts.fingerprint,
    )
    response = make_response(text)
    response.headers["Cache-Control"] = "private, no-store"
    secret = browser.secret(framed=framed)
    if met is not None and secret is not None and entering.seen(inst, met):
        browser.give(response, secret, framed=framed)
    return response


def back(
    place: Place,
    *,
    framed: bool,
    secret: str | None = None,
    uid: str = "",
    said: str = "",
    network: str = "",
    anchor: str = "top",
) -> Response:
    """Go back to the campaign's page, with a word on what came of it, there or at a network."""
    endpoint = "widget.embed" if framed else "widget.landing"
    told = {"action": uid, "said": said, "with": network, "lang": i18n.asked()}
    if secret is not None:
        told["kept"] = "1"
    query: dict[str, Any] = {name: word for name, word in told.items() if word}
    spot = f"a-{uid}" if uid else anchor
    address = url_for(endpoint, key=place.campaign.key, _anchor=spot, **query)
    response = make_response(redirect(address, 303))
    if secret is not None:
        browser.give(response, secret, framed=framed)
    return response


def _hand(inst: Installation, place: Place, met: Visitor | None) -> str:
    """What a landing page gives the frame that opened it; see ``handing``."""
    if met is None or met.entrant_id is None:
        return ""
    return hand_token(inst.vault, place.campaign.key, met.entrant_id, inst.clock())


def _address(endpoint: str, place: Place) -> str:
    """A page of the campaign's in the language that this visitor has asked for."""
    return url_for(endpoint, key=place.campaign.key, lang=i18n.asked() or None)


def _act(place: Place, path: str, *, framed: bool) -> str:
    """Where a form of the page is sent to; a visit of that address leads back to the same page."""
    words = {"frame": "1" if framed else "", "lang": i18n.asked()}
    query = urlencode({name: word for name, word in words.items() if word})
    return f"/w/{place.campaign.key}/{path}" + (f"?{query}" if query else "")


def _is_forgetful(met: Visitor | None, *, framed: bool) -> bool:
    """Whether the browser has not kept the cookie that it was given, or cannot keep one here."""
    lost = met is None and request.method == "GET" and request.args.get("kept") == "1"
    return lost or (framed and met is None and not browser.may_keep(current().settings.address))


def closed(phase: Phase) -> str:
    """Why nobody can join now, as the page says it; "" while one can."""
    return {
        Phase.SCHEDULED: _("This has not begun yet. Please come back when it opens."),
        Phase.RUNNING: "",
        Phase.ENDED: _("This is over. Nobody can join any more."),
    }[phase]


def _stopped(place: Place, why: Stopped, met: Visitor | None) -> str:
    """Why a log-in at a network came to nothing, as the page says it."""
    provider = current().plugins.provider(request.args.get("with", ""))
    network = render(provider.title, _) if provider is not None else _("the network")
    said = {
        Stopped.CANCELLED: _("You did not log in with %(network)s."),
        Stopped.UNANSWERED: _("Logging in with %(network)s did not work. Please try again later."),
        Stopped.LATE: _("Logging in took too long, or was done already. Please try again."),
        Stopped.ELSEWHERE: _("This log-in was begun in another browser. Please try again here."),
    }[why] % {"network": network}
    new = met is None or met.entrant_id is None
    if new and place.campaign.phase(current().clock()) is Phase.RUNNING:
        return said + " " + _("You can take part with your name and e-mail address.")
    return said


def words(came: Came) -> str:
    """What came of an act, as the page says it."""
    return {
        Came.DONE: _("Done. Your entries are in the drum."),
        Came.KNOWN: _("You have told us that before; it counts once."),
        Came.SPENT: _("You have done this already."),
        Came.REFUSED: _("We could not count this."),
        Came.WAITING: _("We are waiting for the news. This page notices by itself."),
        Came.REJECTED: _("That did not work."),
        Came.ENTER: _("Please take part first, with your name and e-mail address."),
        Came.STATE: _("Please say first what is asked above."),
        Came.CONFIRM: _("Please confirm your e-mail address first."),
        Came.LOG_IN: _("Please log in with the network first."),
        Came.GO: "",
        Came.ASK: _("Please answer the question."),
        Came.LOCKED: _("Please do first what is required."),
        Came.CLOSED: _("The campaign is not open at the moment."),
        Came.AWAY: _("This is not available at the moment. Please try again later."),
    }[came]
