"""What is no node: tokens and their exchange, looking at tokens, the subscriptions of an app.

Source: Meta, "Manually Build a Login Flow", "Long-Lived Access Tokens", "debug_token", "Instagram
API with Instagram Login"; read 2026-11.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from werkzeug.wrappers import Request

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.access import DATA_ACCESS, LONG, Caller, MetaAccess
from tombola_sandbox.meta.facebook_edges import PAGE_FIELDS
from tombola_sandbox.meta.models import Account, App, Callback, Json, Person, Token
from tombola_sandbox.meta.paging import words_of
from tombola_sandbox.meta.view import FACEBOOK_GRAPH, INSTAGRAM_GRAPH, Ask, View
from tombola_sandbox.meta.world import MetaWorld

Root = Callable[[Request, MetaWorld, MetaAccess, Mapping[str, str]], Json]

OLD_ENOUGH: Final = timedelta(hours=24)
"""Before that a token at Instagram cannot be refreshed. Source: Meta, "Refresh a Token"."""

OBJECTS: Final = {
    "page": PAGE_FIELDS,
    "instagram": frozenset({"comments", "mentions", "live_comments", "messages"}),
}
"""Fields that an app may take, by object."""


def exchange(_: Request, world: MetaWorld, access: MetaAccess, args: Mapping[str, str]) -> Json:
    """``/oauth/access_token``: a code, a short token, or the app itself."""
    for name in ("client_id",):
        if not args.get(name):
            raise errors.lacks(name)
    app = access.app(args["client_id"])
    if app is None:
        raise errors.wrong_app()
    if args.get("client_secret", "") != app.secret:
        raise errors.wrong_secret()
    match args.get("grant_type", "authorization_code"):
        case "client_credentials":
            return {"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"}
        case "fb_exchange_token":
            return _lengthened(world, access, app, args.get("fb_exchange_token", ""))
        case "authorization_code":
            return _redeemed(world, access, app, args)
        case other:
            raise errors.parameter(f"Unsupported grant_type: {other}")


def _redeemed(world: MetaWorld, access: MetaAccess, app: App, args: Mapping[str, str]) -> Json:
    if not args.get("code"):
        raise errors.lacks("code")
    redirect_uri = args.get("redirect_uri", "")
    grant = access.redeem(args["code"], app=app.id, redirect_uri=redirect_uri)
    person = world.one(Person, str(grant.person))
    return _said(access.give_user_token(app, person, grant.scopes, pages=grant.pages), world)


def _lengthened(world: MetaWorld, access: MetaAccess, app: App, text: str) -> Json:
    if not text:
        raise errors.lacks("fb_exchange_token")
    caller = access.caller(text)
    if caller.token is None or caller.token.kind != "USER" or caller.app.id != app.id:
        raise errors.bad_token()
    return _said(access.lengthen(caller.token), world)


def _said(token: Token, world: MetaWorld) -> Json:
    body: Json = {"access_token": token.id, "token_type": "bearer"}
    if token.expires_at is not None:
        body["expires_in"] = int((token.expires_at - world.clock()).total_seconds())
    return body


def lengthen_instagram(
    _: Request, world: MetaWorld, access: MetaAccess, args: Mapping[str, str]
) -> Json:
    """``graph.instagram.com/access_token``: a short token for one of 60 days."""
    if args.get("grant_type") != "ig_exchange_token":
        raise errors.parameter("Unsupported grant_type")
    caller = access.caller(args.get("access_token", ""))
    if caller.token is None or caller.kind != "INSTAGRAM" or caller.token.long_lived:
        raise errors.parameter("Unsupported token type for this exchange")
    if args.get("client_secret", "") != caller.app.instagram_secret:
        raise errors.wrong_secret()
    return _said(access.lengthen(caller.token), world)


def refresh_instagram(
    _: Request, world: MetaWorld, access: MetaAccess, args: Mapping[str, str]
) -> Json:
    """``graph.instagram.com/refresh_access_token``: another 60 days, after a day at least."""
    if args.get("grant_type") != "ig_refresh_token":
        raise errors.parameter("Unsupported grant_type")
    caller = access.caller(args.get("access_token", ""))
    token = caller.token
    if token is None or not token.long_lived or token.kind != "INSTAGRAM":
        raise errors.bad_token()
    if world.clock() - token.issued_at < OLD_ENOUGH:
        raise errors.parameter("The token is less than 24 hours old")
    now = world.clock()
    return _said(world.change(token, issued_at=now, expires_at=now + LONG), world)


ROOTS: Final[Mapping[tuple[str, str, str], Root]] = {
    ("GET", FACEBOOK_GRAPH, "oauth/access_token"): exchange,
    ("POST", FACEBOOK_GRAPH, "oauth/access_token"): exchange,
    ("GET", INSTAGRAM_GRAPH, "access_token"): lengthen_instagram,
    ("GET", INSTAGRAM_GRAPH, "refresh_access_token"): refresh_instagram,
}
"""Paths that need no token of their own."""


def debug_token(view: View) -> Json:
    """Tell about a token of the calling app; one that works no more is told about, too."""
    wanted = view.args.get("input_token", "")
    if not wanted:
        raise errors.lacks("input_token")
    if view.caller.kind != "APP" and view.caller.text != wanted:
        raise errors.parameter("You must provide an app access token, or a user access token")
    token = view.world.get(Token, wanted)
    if token is not None and token.app != view.caller.app.id:
        raise errors.parameter("(#100) The App_id in the input_token did not match the Viewing App")
    try:
        caller = view.access.caller(wanted)
    except errors.GraphError as error:
        said = {"code": error.code, "message": error.message}
        if error.subcode is not None:
            said["subcode"] = error.subcode
        return {"data": {"error": said, "is_valid": False, "scopes": []}}
    return {"data": _about(view, caller)}


def _about(view: View, caller: Caller) -> Json:
    token = caller.token
    body: Json = {"app_id": caller.app.id, "type": caller.kind, "application": caller.app.name}
    if token is None:
        return {**body, "is_valid": True, "scopes": []}
    body |= {
        "data_access_expires_at": _unix(token.issued_at + DATA_ACCESS),
        "expires_at": _unix(token.expires_at) if token.expires_at else 0,
        "is_valid": True,
        "issued_at": _unix(token.issued_at),
        "scopes": list(token.scopes),
        "granular_scopes": [_granular(view, token, scope) for scope in token.scopes],
    }
    if token.person is not None:
        body["user_id"] = view.world.asid(caller.app.id, token.person)
    if token.page is not None:
        body["profile_id"] = token.page
    return body


def _granular(view: View, token: Token, scope: str) -> Json:
    """Say to which pages, or accounts, a permission was given; none named means to all."""
    if token.pages is None or not scope.startswith(("pages_", "instagram_")):
        return {"scope": scope}
    targets = list(token.pages)
    if scope.startswith("instagram_"):
        every = list(view.world.all(Account).values())
        targets = [account.id for account in every if account.page in token.pages]
    return {"scope": scope, "target_ids": targets}


def _unix(at: datetime) -> int:
    return int(at.timestamp())


NAMED: Final[dict[tuple[str, str, str], Callable[[View], Json]]] = {
    ("GET", FACEBOOK_GRAPH, "debug_token"): debug_token,
}
"""Paths by themselves that need a token; ``hashtags.py`` has more."""


# The subscriptions of an app.


def subscriptions(view: View, app: App, _: Ask) -> Json:
    """List where an app takes its events."""
    _need_app(view)
    found = [
        {
            "object": name,
            "callback_url": callback.url,
            "active": callback.verified,
            "fields": [{"name": field, "version": "v26.0"} for field in callback.fields],
        }
        for name, callback in app.callbacks.items()
    ]
    return {"data": found}


def set_subscription(view: View, app: App, ask: Ask) -> Json:
    """Set where an app takes the events of one kind of object; the address is asked first."""
    _need_app(view)
    kind, url = ask.args.get("object", ""), ask.args.get("callback_url", "")
    if kind not in OBJECTS:
        raise errors.parameter(f"Param object must be one of {{{', '.join(OBJECTS)}}}")
    for name in ("callback_url", "verify_token", "fields"):
        if not ask.args.get(name):
            raise errors.lacks(name)
    fields = tuple(words_of(ask.args, "fields"))
    if strange := set(fields) - OBJECTS[kind]:
        raise errors.parameter(f"Param fields holds an unknown field: {min(strange)}")
    callback = Callback(url=url, verify_token=ask.args["verify_token"], fields=fields)
    courier = view.world.courier
    if courier is None or not courier.verify(callback):
        raise errors.GraphError(
            2200,
            "(#2200) Callback verification failed with the following errors: HTTP Status Code = "
            "403; HTTP Message = Forbidden",
        )
    verified = callback.model_copy(update={"verified": True})
    view.world.change(app, callbacks={**app.callbacks, kind: verified})
    return {"success": True}


def drop_subscription(view: View, app: App, ask: Ask) -> Json:
    """Take no more events of one kind of object, or none at all. Idempotent."""
    _need_app(view)
    kind = ask.args.get("object")
    left = {name: one for name, one in app.callbacks.items() if kind and name != kind}
    view.world.change(app, callbacks=left)
    return {"success": True}


def _need_app(view: View) -> None:
    if view.caller.kind != "APP":
        raise errors.GraphError(15, "(#15) This method must be called with an app access_token.")


EDGES: Final[dict[tuple[str, str, str], Callable[[View, Any, Ask], Json]]] = {
    ("GET", "Application", "subscriptions"): subscriptions,
    ("POST", "Application", "subscriptions"): set_subscription,
    ("DELETE", "Application", "subscriptions"): drop_subscription,
}
