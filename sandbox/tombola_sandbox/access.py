"""Applications, codes and tokens: who may ask, and in whose name."""

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tombola.testing.network import Clock
from tombola_sandbox.models import App, Caller, Token

Write = Callable[[str, str, Mapping[str, Any]], None]

CODE_LIVES = timedelta(seconds=30)
"""Source: X, "OAuth 2.0 Authorization Code Flow with PKCE", read 2026-11."""

TOKEN_LIVES = timedelta(seconds=7200)
"""Source: same page, ``expires_in``."""

SCOPES = frozenset(
    {
        "tweet.read",
        "tweet.write",
        "users.read",
        "users.email",
        "follows.read",
        "like.read",
        "list.read",
        "offline.access",
    }
)

DEMO_APP = App(
    client_id="c2FuZGJveC1kZW1vLWFwcDoxOmNp",
    client_secret="sandbox-client-secret-9f1c2ab7d04e",  # noqa: S106 - opens nothing but this sandbox
    api_key="sandboxApiKey4c1d9",
    api_secret="sandboxApiSecret0b7e5a2f9d",  # noqa: S106
    bearer="AAAAAAAAAAAAAAAAAAAAASandboxBearer0123456789",
    name="Kettle & Leaf competitions",
)
"""The application that every world knows, and that the demo uses."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for until it is exchanged. Kept in memory: it lives half a minute."""

    client_id: str
    person_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    method: str
    dies_at: datetime


class Access:
    """Applications and tokens. Changes go through the world's ledger."""

    def __init__(self, clock: Clock, write: Write) -> None:
        self._clock = clock
        self._write = write
        self.apps: dict[str, App] = {DEMO_APP.client_id: DEMO_APP}
        self._tokens: dict[str, Token] = {}
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def register(self, app: App) -> App:
        """Register an application, or change the one with its client id. Idempotent."""
        self._write("app.registered", app.client_id, {"app": app.model_dump(mode="json")})
        return app

    def caller(self, bearer: str) -> Caller | None:
        """Say whose token this is; None for one that is unknown, revoked or expired."""
        for app in self.apps.values():
            if secrets.compare_digest(app.bearer.encode(), bearer.encode()):
                return Caller(app)
        token = self._tokens.get(bearer)
        if token is None or token.expires_at <= self._clock():
            return None
        app = self.apps[token.client_id]
        return Caller(app, token.person_id, frozenset(token.scopes))

    def grant(self, grant: Grant) -> str:
        """Give a code for what somebody has just allowed; it works once, for 30 seconds."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._grants[code] = grant
        return code

    def redeem(
        self, code: str, *, client_id: str, redirect_uri: str, verifier: str
    ) -> Token | None:
        """Exchange a code; None if anything about it is wrong. The code is used up either way."""
        with self._lock:
            grant = self._grants.pop(code, None)
        if (
            grant is None
            or grant.dies_at <= self._clock()
            or grant.client_id != client_id
            or grant.redirect_uri != redirect_uri
            or not proves(verifier, grant.challenge, grant.method)
        ):
            return None
        return self.give_token(client_id, grant.person_id, grant.scopes)

    def renew(self, refresh_token: str, client_id: str) -> Token | None:
        """Exchange a refresh token; the old pair stops working."""
        found = [t for t in self._tokens.values() if t.refresh_token == refresh_token]
        if not refresh_token or not found or found[0].client_id != client_id:
            return None
        self.revoke(found[0].access_token)
        return self.give_token(client_id, found[0].person_id, found[0].scopes)

    def give_token(self, client_id: str, person_id: str, scopes: tuple[str, ...]) -> Token:
        """Make a token; with ``offline.access`` it can be renewed."""
        token = Token(
            access_token=secrets.token_urlsafe(40),
            client_id=client_id,
            person_id=person_id,
            scopes=scopes,
            expires_at=self._clock() + TOKEN_LIVES,
            refresh_token=secrets.token_urlsafe(40) if "offline.access" in scopes else None,
        )
        body = {"token": token.model_dump(mode="json")}
        self._write("token.given", token.person_id, body)
        return token

    def revoke(self, token: str) -> None:
        """Take back an access or refresh token, with its other half. Idempotent."""
        for found in list(self._tokens.values()):
            if token in {found.access_token, found.refresh_token}:
                self._write("token.revoked", found.person_id, {"access_token": found.access_token})

    def revoke_all(self, person_id: str) -> int:
        """Take back every token of one person, as they do in their settings; how many."""
        found = [t for t in self._tokens.values() if t.person_id == person_id]
        for token in found:
            self.revoke(token.access_token)
        return len(found)

    def read(self, what: str, body: Mapping[str, Any]) -> None:
        """Let one line of the ledger happen."""
        if what == "registered":
            app = App.model_validate(body["app"])
            self.apps[app.client_id] = app
        elif what == "given":
            token = Token.model_validate(body["token"])
            self._tokens[token.access_token] = token
        elif what == "revoked":
            self._tokens.pop(body["access_token"], None)


def proves(verifier: str, challenge: str, method: str) -> bool:
    """Check a PKCE verifier against its challenge. Source: RFC 7636, section 4.6."""
    if method == "plain":
        return secrets.compare_digest(verifier.encode(), challenge.encode())
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return secrets.compare_digest(made, challenge.encode())
