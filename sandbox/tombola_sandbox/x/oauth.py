"""Tokens of X: app-only, and in a person's name with PKCE."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tombola.testing.network import Network, json_response
from tombola_sandbox.access import CODE_LIVES, SCOPES, TOKEN_LIVES, Grant
from tombola_sandbox.models import App, Standing, Token
from tombola_sandbox.pages import Pages
from tombola_sandbox.world import World
from tombola_sandbox.x.intent import able, remember, whoever

LONGEST_STATE = 500
"""Source: X, "OAuth 2.0 Authorization Code Flow with PKCE", ``state``, read 2026-11."""

CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""Source: RFC 7636, 4.2."""

SAID = {
    "tweet.read": "See posts that you can see",
    "users.read": "See accounts that you can see",
    "users.email": "See the e-mail address of your account",
    "offline.access": "Stay connected until you take it back",
    "tweet.write": "Post in your name",
    "follows.read": "See whom you follow",
    "like.read": "See what you like",
    "list.read": "See your lists",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What an application asks of a person; checked."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    method: str

    def back(self, **params: str) -> Response:
        """Send the person back to the application."""
        joint = "&" if "?" in self.redirect_uri else "?"
        query = urlencode({**params, "state": self.state})
        return redirect(f"{self.redirect_uri}{joint}{query}", 302)


class XOAuth:
    """Mounts the token endpoints and the dialog on a network."""

    def __init__(self, network: Network, world: World, pages: Pages) -> None:
        self._world = world
        self._pages = pages
        network.post("/oauth2/token")(self._app_token)
        network.post("/2/oauth2/token")(self._user_token)
        network.post("/2/oauth2/revoke")(self._revoke)
        network.get("/i/oauth2/authorize")(self._ask)
        network.post("/i/oauth2/authorize")(self._decide)

    def _app_token(self, request: Request) -> Response:
        key, secret = _basic(request)
        app = self._by_key(key)
        if app is None or not _same(secret, app.api_secret):
            return _app_error(403, 99, "Unable to verify your credentials")
        if request.form.get("grant_type") != "client_credentials":
            return _app_error(403, 170, "Missing required parameter: grant_type")
        return json_response({"token_type": "bearer", "access_token": app.bearer})

    def _by_key(self, key: str) -> App | None:
        return next((a for a in self._world.access.apps.values() if a.api_key == key), None)

    def _user_token(self, request: Request) -> Response:
        form = request.form
        app = self._client(request)
        if app is None:
            return _refused(401, "unauthorized_client", "Missing valid authorization header")
        match form.get("grant_type"):
            case "authorization_code":
                return _token_or(self._redeemed(form, app), "authorization code")
            case "refresh_token":
                renewed = self._world.access.renew(form.get("refresh_token", ""), app.client_id)
                return _token_or(renewed, "token")
            case _:
                said = "Missing required parameter [grant_type]."
                return _refused(400, "invalid_request", said)

    def _redeemed(self, form: MultiDict[str, str], app: App) -> Token | None:
        return self._world.access.redeem(
            form.get("code", ""),
            client_id=app.client_id,
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )

    def _revoke(self, request: Request) -> Response:
        if self._client(request) is None:
            return _refused(401, "unauthorized_client", "Missing valid authorization header")
        self._world.access.revoke(request.form.get("token", ""))
        return json_response({"revoked": True})

    def _client(self, request: Request) -> App | None:
        """Find the application: confidential ones must prove themselves."""
        client_id, secret = _basic(request)
        app = self._world.access.apps.get(client_id)
        return app if app is not None and _same(secret, app.client_secret) else None

    def _ask(self, request: Request) -> Response:
        wish = self._wish(request.args)
        if isinstance(wish, Response):
            return wish
        people = able(self._world)
        scopes = [SAID.get(scope, scope) for scope in wish.scopes]
        return self._pages.page(
            "dialog.html",
            wish=wish,
            people=people,
            me=whoever(request, people),
            scopes=scopes,
            asked=dict(request.args),
        )

    def _decide(self, request: Request) -> Response:
        wish = self._wish(request.form)
        if isinstance(wish, Response):
            return wish
        person = self._world.people.get(request.form.get("person", ""))
        if request.form.get("decision") != "allow":
            return wish.back(error="access_denied")
        if person is None or person.standing is Standing.SUSPENDED:
            return self._stopped("Choose who you are, then press Authorize.", 400)
        grant = Grant(
            client_id=wish.app.client_id,
            person_id=person.id,
            redirect_uri=wish.redirect_uri,
            scopes=wish.scopes,
            challenge=wish.challenge,
            method=wish.method,
            dies_at=self._world.clock() + CODE_LIVES,
        )
        return remember(wish.back(code=self._world.access.grant(grant)), person)

    def _wish(self, args: Mapping[str, str]) -> Wish | Response:
        """Check what the application asks; what is wrong is shown to the person, not sent on."""
        app = self._world.access.apps.get(args.get("client_id", ""))
        if app is None:
            return self._stopped("There is no application with this client id.", 400)
        address = args.get("redirect_uri", "")
        if address not in app.redirect_uris:
            return self._stopped(
                "This return address is not registered for the application. It must match one of "
                "its addresses exactly, to the last character.",
                400,
                address=address,
                registered=app.redirect_uris,
            )
        scopes = tuple(dict.fromkeys(args.get("scope", "").split()))
        if complaint := _complaint(args, scopes):
            return self._stopped(complaint, 400)
        return Wish(
            app,
            address,
            scopes,
            args["state"],
            args["code_challenge"],
            args.get("code_challenge_method", "plain"),
        )

    def _stopped(
        self, said: str, status: int, address: str = "", registered: Sequence[str] = ()
    ) -> Response:
        return self._pages.page(
            "dialog_stopped.html", status, said=said, address=address, registered=registered
        )


def _complaint(args: Mapping[str, str], scopes: Sequence[str]) -> str:
    if args.get("response_type") != "code":
        return "The application must ask with response_type=code."
    if not scopes or (strange := sorted(set(scopes) - SCOPES)):
        return (
            "The application asks for no scope." if not scopes else f"Unknown scope: {strange[0]}"
        )
    if not 1 <= len(args.get("state", "")) <= LONGEST_STATE:
        return f"The application must send a state of 1 to {LONGEST_STATE} characters."
    if not CHALLENGE.fullmatch(args.get("code_challenge", "")):
        return "The application must send a code_challenge (PKCE) of 43 to 128 characters."
    if args.get("code_challenge_method", "plain") not in {"S256", "plain"}:
        return "code_challenge_method must be S256 or plain."
    return ""


def _basic(request: Request) -> tuple[str, str]:
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        pair = base64.b64decode(rest, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    key, _, secret = pair.partition(":")
    return key, secret


def _same(given: str, right: str) -> bool:
    return secrets.compare_digest(given.encode(), right.encode())


def _token_or(token: Token | None, what: str) -> Response:
    if token is None:
        return _refused(400, "invalid_request", f"Value passed for the {what} was invalid.")
    body = {
        "token_type": "bearer",
        "expires_in": int(TOKEN_LIVES.total_seconds()),
        "access_token": token.access_token,
        "scope": " ".join(token.scopes),
    }
    if token.refresh_token is not None:
        body["refresh_token"] = token.refresh_token
    return json_response(body, headers={"Cache-Control": "no-store"})


def _refused(status: int, error: str, said: str) -> Response:
    return json_response({"error": error, "error_description": said}, status)


def _app_error(status: int, code: int, said: str) -> Response:
    body = {"errors": [{"code": code, "message": said, "label": "authenticity_token_error"}]}
    return json_response(body, status)
