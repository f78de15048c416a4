"""Meta's applications, codes and tokens."""

import hashlib
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.models import Account, App, Page, Person, Token
from tombola_sandbox.meta.world import MetaWorld

CODE_LIVES: Final = timedelta(minutes=10)
SHORT: Final = timedelta(hours=1)
LONG: Final = timedelta(seconds=5_183_944)
"""Source: Meta, "Long-Lived Access Tokens" and recorded answers, ``expires_in``, read 2026-11."""
DATA_ACCESS: Final = timedelta(days=90)
"""Source: Meta, "Access Tokens", data access expiration, read 2026-11."""

FACEBOOK_SCOPES: Final = frozenset(
    {
        "public_profile",
        "email",
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_metadata",
        "pages_manage_engagement",
        "pages_messaging",
        "pages_utility_messaging",
        "instagram_basic",
        "instagram_manage_comments",
        "business_management",
        "ads_management",
    }
)
"""Source: Meta, "Permissions Reference", read 2026-11."""

INSTAGRAM_SCOPES: Final = frozenset(
    {
        "instagram_business_basic",
        "instagram_business_manage_comments",
        "instagram_business_manage_messages",
        "instagram_business_content_publish",
    }
)
"""Source: Meta, "Instagram API with Instagram Login", read 2026-11."""

OF_EVERYBODY: Final = frozenset({"public_profile", "email"})
"""Permissions that need no review."""

HASHTAG_FEATURE: Final = "Instagram Public Content Access"
PAGE_FEATURE: Final = "Page Public Content Access"

DEMO_META_APP: Final = App(
    id="1280000000000026",
    secret="5a9d0b1c2e3f4a5b6c7d8e9f0a1b2c3d",  # noqa: S106 - opens nothing but this sandbox
    name="Kettle & Leaf competitions",
    instagram_id="1970000000000026",
    instagram_secret="0f1e2d3c4b5a69788796a5b4c3d2e1f0",  # noqa: S106
    advanced=tuple(sorted(FACEBOOK_SCOPES | INSTAGRAM_SCOPES)),
    features=(HASHTAG_FEATURE,),
    business="kettle-and-leaf",
)
"""The application that every world knows, and that the demo uses."""

DEMO_VERIFY_TOKEN: Final = "sandbox-verify-token"  # noqa: S105 - opens nothing but this sandbox


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes:
        token: None for the application itself.
        text: the token as it came.
    """

    app: App
    token: Token | None
    text: str = field(repr=False)

    @property
    def kind(self) -> str:
        """``APP``, ``USER``, ``PAGE``, ``SYSTEM_USER`` or ``INSTAGRAM``."""
        return self.token.kind if self.token else "APP"

    @property
    def person(self) -> str | None:
        """In whose name."""
        return self.token.person if self.token else None

    @property
    def page(self) -> str | None:
        """Which page calls."""
        return self.token.page if self.token else None

    @property
    def scopes(self) -> frozenset[str]:
        """What was allowed."""
        return frozenset(self.token.scopes if self.token else ())


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for until it is exchanged. Kept in memory."""

    app: str
    person: str | None
    account: str | None
    redirect_uri: str
    scopes: tuple[str, ...]
    pages: tuple[str, ...] | None
    dies_at: datetime


class MetaAccess:
    """Applications and tokens. Changes go through the world's ledger."""

    def __init__(self, world: MetaWorld) -> None:
        self._world = world
        self._grants: dict[str, Grant] = {}
        self._used: set[str] = set()
        self._lock = threading.Lock()

    @property
    def demo(self) -> App:
        """The application of the demo as it is now."""
        return self._world.get(App, DEMO_META_APP.id) or DEMO_META_APP

    def app(self, app_id: str, *, instagram: bool = False) -> App | None:
        """Find an application by its id, or by the one it has at Instagram."""
        every = {self.demo.id: self.demo, **self._world.all(App)}
        if not instagram:
            return every.get(app_id)
        return next((a for a in every.values() if app_id and a.instagram_id == app_id), None)

    def caller(self, text: str) -> Caller:
        """Say whose token this is.

        Raises:
            GraphError: nobody's, or one that works no more (190).
        """
        if (app := self._app_of_pair(text)) is not None:
            return Caller(app, None, text)
        token = self._world.get(Token, text)
        if token is None or (app := self.app(token.app)) is None:
            raise errors.bad_token()
        if token.dead is not None:
            raise errors.dead(token.dead, app.id)
        if token.expires_at is not None and token.expires_at <= self._world.clock():
            raise errors.expired(token.expires_at, self._world.clock())
        if token.kind == "PAGE" and not self._has_role(token):
            raise errors.dead(492, app.id)
        return Caller(app, token, text)

    def _app_of_pair(self, text: str) -> App | None:
        app_id, bar, secret = text.partition("|")
        app = self.app(app_id) if bar else None
        if app is None or not secrets.compare_digest(app.secret.encode(), secret.encode()):
            return None
        return app

    def _has_role(self, token: Token) -> bool:
        page = self._world.get(Page, token.page)
        return page is not None and (token.person or "") in page.roles

    # Codes.

    def grant(self, grant: Grant) -> str:
        """Give a code for what somebody has just allowed; it works once."""
        code = "AQ" + secrets.token_urlsafe(48)
        with self._lock:
            self._grants[code] = grant
        return code

    def redeem(self, code: str, *, app: str, redirect_uri: str) -> Grant:
        """Exchange a code, which is used up by it.

        Raises:
            GraphError: anything about it is wrong (100).
        """
        with self._lock:
            if code in self._used:
                raise errors.wrong_code("This authorization code has been used.", 36009)
            grant = self._grants.get(code)
            if grant is None or grant.app != app:
                raise errors.wrong_code("Invalid verification code format.", 36009)
            if grant.redirect_uri != redirect_uri:
                said = (
                    "Error validating verification code. Please make sure your redirect_uri is "
                    "identical to the one you used in the OAuth dialog request"
                )
                raise errors.wrong_code(said, 36008)
            self._used.add(code)
            del self._grants[code]
        if grant.dies_at <= self._world.clock():
            raise errors.wrong_code("This authorization code has expired.", 36007)
        return grant

    # Tokens.

    def give_user_token(
        self,
        app: App,
        person: Person,
        scopes: Iterable[str],
        *,
        pages: Iterable[Page | str] | None = None,
        long_lived: bool = False,
    ) -> Token:
        """Make a person's token, as if they had gone through the dialog.

        Args:
            app: the application.
            person: in whose name.
            scopes: what they allow; what is not approved for them falls away.
            pages: which pages; None for all of theirs.
            long_lived: 60 days instead of an hour.
        """
        now = self._world.clock()
        chosen = None
        if pages is not None:
            chosen = tuple(page if isinstance(page, str) else page.id for page in pages)
        token = Token(
            id="EAA" + secrets.token_hex(40),
            kind="USER",
            app=app.id,
            scopes=self.granted(app, person, scopes),
            issued_at=now,
            person=person.id,
            pages=chosen,
            expires_at=now + (LONG if long_lived else SHORT),
            long_lived=long_lived,
        )
        return self._world.put(token)

    def granted(self, app: App, person: Person, scopes: Iterable[str]) -> tuple[str, ...]:
        """Take from ``scopes`` what this person can give this application."""
        wanted = dict.fromkeys(scopes)
        may_all = person.id in app.roles
        approved = OF_EVERYBODY | set(app.advanced)
        return tuple(scope for scope in wanted if may_all or scope in approved)

    def lengthen(self, token: Token) -> Token:
        """Exchange a token for one that lives 60 days; the old one goes on working."""
        now = self._world.clock()
        longer = token.model_copy(
            update={
                "id": token.id[:3] + secrets.token_hex(40),
                "issued_at": now,
                "expires_at": now + LONG,
                "long_lived": True,
            }
        )
        return self._world.put(longer)

    def page_token(self, token: Token, page: Page) -> Token:
        """Give the page's token that belongs to a person's; always the same for the same one."""
        made = _mixed(token.id, page.id)
        found = self._world.get(Token, made)
        if found is not None:
            return found
        lasts = token.long_lived or token.kind == "SYSTEM_USER"
        return self._world.put(
            Token(
                id=made,
                kind="PAGE",
                app=token.app,
                scopes=token.scopes,
                issued_at=self._world.clock(),
                person=token.person,
                page=page.id,
                expires_at=None if lasts else token.expires_at,
                long_lived=lasts,
            )
        )

    def give_page_token(self, app: App, person: Person, page: Page, scopes: Iterable[str]) -> Token:
        """Make a page's token that does not expire, through somebody with a role there."""
        user = self.give_user_token(app, person, scopes, long_lived=True)
        return self.page_token(user, page)

    def give_instagram_token(
        self, app: App, account: Account, scopes: Iterable[str], *, long_lived: bool = False
    ) -> Token:
        """Make the token of somebody who logged in with Instagram."""
        now = self._world.clock()
        token = Token(
            id="IGA" + secrets.token_hex(40),
            kind="INSTAGRAM",
            app=app.id,
            scopes=tuple(dict.fromkeys(scopes)),
            issued_at=now,
            person=account.owner,
            account=account.id,
            expires_at=now + (LONG if long_lived else SHORT),
            long_lived=long_lived,
        )
        return self._world.put(token)

    def kill(self, token: Token, subcode: int) -> None:
        """Let one token die with this subcode of error 190. Idempotent."""
        self._world.change(token, dead=subcode)

    def kill_all(
        self,
        subcode: int,
        *,
        person: str | None = None,
        account: str | None = None,
        app: str | None = None,
    ) -> int:
        """Let tokens die, as of a new password (460) or of the app taken away (458); how many."""
        found = [
            token
            for token in list(self._world.all(Token).values())
            if token.dead is None
            and (person is None or token.person == person)
            and (account is None or token.account == account)
            and (app is None or token.app == app)
        ]
        for token in found:
            self.kill(token, subcode)
        return len(found)


def _mixed(token: str, page: str) -> str:
    return "EAA" + hashlib.sha256(f"{token} {page}".encode()).hexdigest() + "ZD"
