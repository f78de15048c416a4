"""Entrants' routes: landing page, widget and log-ins."""

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import (
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from tombola.api import Audience, Invalid, NotFound, Text
from tombola.installation import current
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.routing import Forgery, Pages
from tombola.widget import acts, admitting, browser, entering, proving, replies, scripts
from tombola.widget.acts import Came
from tombola.widget.hot import hot
from tombola.widget.page import prefix
from tombola.widget.replies import KEY_RULE
from tombola.widget.tokens import link_token
from tombola.widget.views import look

pages = Pages("widget", __name__, spoken=True)
_PUBLIC = {"audience": Audience.PUBLIC}
_ACT = {"audience": Audience.PUBLIC, "forgery": Forgery.OWN, "framed": True}


@pages.get(f"/{KEY_RULE}", **_PUBLIC)
def landing(key: str) -> ResponseReturnValue:
    """The campaign's own page."""
    return replies.page(replies.place_of(key), framed=False)


@pages.get(f"/{KEY_RULE}/<slug>", **_PUBLIC)
def landing_named(key: str, slug: str) -> ResponseReturnValue:  # noqa: ARG001 - for people's eyes
    """The same under a name that people can read."""
    return replies.page(replies.place_of(key), framed=False)


@pages.get(f"/{KEY_RULE}/embed", framed=True, **_PUBLIC)
def embed(key: str) -> ResponseReturnValue:
    """The widget alone, for a frame on any site."""
    return replies.page(replies.place_of(key), framed=True)


@pages.post(f"/w/{KEY_RULE}/enter", **_ACT)
def enter(key: str) -> ResponseReturnValue:
    """Take part with a name and an e-mail address, at once or once the address is confirmed."""
    inst, place, framed = replies.begin_act(key)
    form = Form.sent(replies.enter_of(place), request.form)
    closed = replies.closed(place.campaign.phase(inst.clock()))
    if closed:
        return replies.refused(place, framed=framed, enter=form, notices={"": closed})
    with inst.db.read() as conn:
        asked = admitting.asking(conn, inst, place, None)
    # With a code to come, the rest is asked of whom the code makes known: it may be somebody else.
    terms = None if place.campaign.confirm_email else admitting.read(place, asked, request)
    sent = form.value
    if sent is None or (terms is not None and terms.value is None):
        return replies.refused(place, framed=framed, enter=form, terms=terms)
    name, email = getattr(sent, "name", ""), getattr(sent, "email", "")
    secret = browser.secret_or_new(framed=framed)
    found = hot(inst)
    if place.campaign.confirm_email:
        met = entering.visitor(inst, place.campaign.team_id, secret)
        client = request.remote_addr or ""
        try:
            proving.ask(inst, place, met, email, name or None, client)
        except Invalid as refused:
            form = form.with_errors(refused.errors)
            return replies.refused(place, framed=framed, enter=form)
        return replies.back(place, framed=framed, secret=secret)
    said = terms.value if terms is not None else None
    entering.enter(inst, found.directory, place, secret, name, email, said)
    found.poll.forget(place.campaign.team_id, secret)
    return replies.back(place, framed=framed, secret=secret)


@pages.post(f"/w/{KEY_RULE}/state", **_ACT)
def state(key: str) -> ResponseReturnValue:
    """Say who one is and give details, as the campaign asks."""
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    if met is None or met.entrant_id is None:
        return replies.back(place, framed=framed)
    with inst.db.read() as conn:
        asked = admitting.asking(conn, inst, place, met)
    form = admitting.read(place, asked, request)
    if form is None:
        return replies.back(place, framed=framed)
    if form.value is None:
        return replies.refused(place, framed=framed, terms=form)
    admitting.keep(inst, hot(inst).directory, place, met, form.value)
    return replies.back(place, framed=framed)


@pages.get(f"/w/{KEY_RULE}/<path:act>", framed=True, **_PUBLIC)
def visited(key: str, act: str) -> ResponseReturnValue:  # noqa: ARG001 - whatever it was
    """Lead whoever visits an act's address, where its answer was shown, to the campaign's page."""
    return replies.back(replies.place_of(key), framed=replies.is_framed())


@pages.post(f"/w/{KEY_RULE}/leave", **_ACT)
def leave(key: str) -> ResponseReturnValue:
    """Let this browser be nobody again."""
    inst, place, framed = replies.begin_act(key)
    secret = browser.secret(framed=framed)
    response = replies.back(place, framed=framed)
    if secret is not None:
        entering.leave(inst, place.campaign.team_id, secret)
        hot(inst).poll.forget(place.campaign.team_id, secret)
        browser.drop(response, framed=framed)
    return response


@pages.post(f"/w/{KEY_RULE}/do/<uid>", **_ACT)
def do(key: str, uid: str) -> ResponseReturnValue:
    """Start an action, or answer what it asks."""
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    place = admitting.seen_by(inst, place, met)
    action = acts.find(place, uid)
    model = acts.asked(inst, place, action)
    data: BaseModel | None = None
    forms: dict[str, Form[Any]] = {}
    if model is not None:
        form = Form.sent(model, request.form, prefix=prefix(uid))
        if form.value is None:
            return replies.refused(place, framed=framed, forms={uid: form})
        data, forms = form.value, {uid: form}
    result = acts.do(inst, place, met, uid, data)
    if result.came is Came.GO:
        return _leave_for(result.url)
    if result.came is Came.WAITING and (result.url or result.code):
        # What it says is this entrant's alone: it stands in no address.
        return replies.page(place, framed=framed, goes_on={uid: result})
    if result.came in {Came.DONE, Came.WAITING}:
        return replies.back(place, framed=framed, uid=uid, said=result.came.value)
    said = {uid: result.message or replies.words(result.came)}
    if result.came in {Came.KNOWN, Came.SPENT}:
        forms = {}
    return replies.refused(place, framed=framed, forms=forms, notices=said)


@pages.get(f"/w/{KEY_RULE}/go/<uid>", **_PUBLIC)
def go(key: str, uid: str) -> ResponseReturnValue:
    """Follow an action's link to a site that will recognise the entrant."""
    inst, place, framed = current(), replies.place_of(key), replies.is_framed()
    link = look(inst, place.team, acts.find(place, uid), None).view.link
    if link is None:
        raise NotFound(_("This action has no link."))
    secret = browser.secret_or_new(framed=framed)
    met = entering.visitor(inst, place.campaign.team_id, secret)
    token = link_token(inst.vault, key, met.id, inst.clock())
    response = make_response(redirect(_with_token(link, token)))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    browser.give(response, secret, framed=framed)
    return response


@pages.post(f"/w/{KEY_RULE}/with/<provider>", **_ACT)
def log_in(key: str, provider: str) -> ResponseReturnValue:
    """Leave for a network to prove who one is there."""
    inst, place, framed = replies.begin_act(key)
    secret = browser.secret_or_new(framed=framed)
    consented = request.form.get("consent") == "yes"
    met = entering.known(inst, place.campaign.team_id, secret)
    if met is not None and met.entrant_id is not None and _asks_consent(provider) and not consented:
        # Without it nothing would be connected, which is all that this is for by now.
        notices = {"": _("Please tick the box, so that your account may be connected.")}
        return replies.refused(place, framed=framed, notices=notices)
    back_to = url_for("widget.landing", key=key)
    try:
        address = entering.begin(inst, place, secret, provider, back_to, consented=consented)
    except Invalid as refused:
        return replies.refused(place, framed=framed, notices={"": _first(refused)})
    response = make_response(_leave_for(address))
    browser.give(response, secret, framed=framed)
    return response


@pages.get("/back/<provider>", **_PUBLIC)
def back(provider: str) -> ResponseReturnValue:
    """Come back from a network."""
    inst = current()
    found = hot(inst)
    secret = browser.secret(framed=False)
    try:
        path = entering.finish(inst, found.directory, secret, provider, request.args.to_dict())
    except Invalid as refused:
        place = replies.place_of(str(refused.errors.get("back_to", "")).strip("/"))
        said = str(refused.errors.get("stopped", ""))
        return replies.back(place, framed=False, said=said, network=provider)
    place = replies.place_of(path.strip("/"))
    found.poll.forget(place.campaign.team_id, secret or "")
    return redirect(path, 303)


def _asks_consent(provider: str) -> bool:
    offered = current().plugins.provider(provider)
    return offered is not None and offered.consent is not None


def _leave_for(address: str) -> str:
    """A page that goes on to another site: a form's own redirect there would be refused."""
    return render_template("widget/leaving.html", address=address, fingerprint=scripts.fingerprint)


def _with_token(link: str, token: str) -> str:
    parts = urlsplit(link)
    query = "&".join(part for part in (parts.query, urlencode({"xref": token})) if part)
    return urlunsplit(parts._replace(query=query))


def _first(refused: Invalid) -> Text:
    return next(iter(refused.errors.values()))
