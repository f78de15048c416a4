"""Entrants' routes to confirm an e-mail address: ask for a code, type it in, ask again, stop."""

from flask import request
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid
from tombola.entrants.codes import Wrong
from tombola.web.forms import Form
from tombola.web.routing import Forgery, Pages
from tombola.widget import browser, entering, proving, replies
from tombola.widget.hot import hot
from tombola.widget.proving import PREFIX, Address, Name
from tombola.widget.replies import KEY_RULE

pages = Pages("widget_codes", __name__, spoken=True)
_ACT = {"audience": Audience.PUBLIC, "forgery": Forgery.OWN, "framed": True}
_CODE = f"/w/{KEY_RULE}/code"


@pages.post(f"{_CODE}/ask", **_ACT)
def ask(key: str) -> ResponseReturnValue:
    """Send a code to an address, whether it is known or not."""
    inst, place, framed = replies.begin_act(key)
    form = Form.sent(Address, request.form, prefix=PREFIX)
    if form.value is None:
        return replies.refused(place, framed=framed, ask=form)
    secret = browser.secret_or_new(framed=framed)
    met = entering.visitor(inst, place.campaign.team_id, secret)
    try:
        proving.ask(inst, place, met, form.value.email, None, request.remote_addr or "")
    except Invalid as refused:
        return replies.refused(place, framed=framed, ask=form.with_errors(refused.errors))
    return replies.back(place, framed=framed, secret=secret)


@pages.post(_CODE, **_ACT)
def confirm(key: str) -> ResponseReturnValue:
    """Type the code in."""
    inst, place, framed = replies.begin_act(key)
    secret = browser.secret(framed=framed)
    met = entering.known(inst, place.campaign.team_id, secret)
    if secret is None or met is None:
        return replies.back(place, framed=framed)
    found = hot(inst)
    typed, consented = request.form.get("code", ""), request.form.get("consent") == "yes"
    try:
        came = proving.confirm(inst, found.directory, place, met, typed, consented=consented)
    except Invalid as refused:
        return replies.refused(place, framed=framed, notices=refused.errors)
    if isinstance(came, Wrong):
        notices = {"": proving.words(came)} if came is Wrong.GONE else None
        return replies.refused(place, framed=framed, wrong=proving.words(came), notices=notices)
    found.poll.forget(place.campaign.team_id, secret)
    return replies.back(place, framed=framed, secret=secret, said="" if came else "fresh")


@pages.post(f"{_CODE}/name", **_ACT)
def name(key: str) -> ResponseReturnValue:
    """Say what one wants to be called."""
    inst, place, framed = replies.begin_act(key)
    form = Form.sent(Name, request.form, prefix=PREFIX)
    if form.value is None:
        return replies.refused(place, framed=framed, name=form)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    if met is not None and met.entrant_id is not None:
        proving.call_me(inst, met, form.value.name)
    return replies.back(place, framed=framed)


@pages.post(f"{_CODE}/again", **_ACT)
def again(key: str) -> ResponseReturnValue:
    """Send another code to the address that is waited for."""
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    if met is None:
        return replies.back(place, framed=framed)
    try:
        sent = proving.again(inst, place, met, request.remote_addr or "")
    except Invalid as refused:
        form = Form.of(Address, prefix=PREFIX).with_errors(refused.errors)
        return replies.refused(place, framed=framed, ask=form)
    return replies.back(place, framed=framed, said="sent" if sent else "")


@pages.post(f"{_CODE}/stop", **_ACT)
def stop(key: str) -> ResponseReturnValue:
    """Wait for no code any more."""
    inst, place, framed = replies.begin_act(key)
    met = entering.known(inst, place.campaign.team_id, browser.secret(framed=framed))
    if met is not None:
        proving.stop(inst, place, met)
    return replies.back(place, framed=framed)
