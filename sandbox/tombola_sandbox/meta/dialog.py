"""The pages on which a person lets an application in, at Facebook and at Instagram.

Source: Meta, "Manually Build a Login Flow", "Facebook Login for Business" (``config_id``),
"Business Login for Instagram"; read 2026-11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tombola.testing.network import Network, json_response
from tombola_sandbox.meta.access import (
    CODE_LIVES,
    FACEBOOK_SCOPES,
    INSTAGRAM_SCOPES,
    Grant,
)
from tombola_sandbox.meta.errors import GraphError
from tombola_sandbox.meta.ids import scoped
from tombola_sandbox.meta.models import Account, App, Page, Person
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.pages import Pages

FACEBOOK: Final = "/www.facebook.com"
INSTAGRAM: Final = "/www.instagram.com"
TOKENS: Final = "/api.instagram.com"
ME: Final = "sandbox_meta_me"

SAID: Final = {
    "public_profile": "Receive your name and profile picture",
    "email": "Receive your email address",
    "pages_show_list": "Show a list of the Pages you manage",
    "pages_read_engagement": "Read content posted on the Page",
    "pages_read_user_content": "Read user content on your Page",
    "pages_manage_metadata": "Manage accounts, settings, and webhooks for a Page",
    "pages_manage_engagement": "Manage comments on your Page",
    "pages_messaging": "Manage and access Page conversations in Messenger",
    "pages_utility_messaging": "Send utility messages from your Page",
    "instagram_basic": "Access profile and posts from the Instagram account connected to your Page",
    "instagram_manage_comments": "Manage comments for the Instagram account connected to your Page",
    "business_management": "Manage your business",
    "instagram_business_basic": "View profile and access media",
    "instagram_business_manage_comments": "Access and manage comments",
    "instagram_business_manage_messages": "Access and manage messages",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What an application asks of a person; checked."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    mark: str

    @property
    def of_pages(self) -> bool:
        """Whether the person chooses pages, too."""
        return any(scope.startswith(("pages_", "instagram_")) for scope in self.scopes)

    def back(self, **params: str) -> Response:
        """Send the person back to the application; the mark at the end is Meta's own."""
        joint = "&" if "?" in self.redirect_uri else "?"
        query = urlencode({**params, **({"state": self.state} if self.state else {})})
        return redirect(f"{self.redirect_uri}{joint}{query}{self.mark}", 302)


class Dialogs:
    """Mounts both dialogs, and Instagram's exchange of codes."""

    def __init__(self, network: Network, meta: Meta, pages: Pages) -> None:
        self._meta = meta
        self._pages = pages
        for rule in (f"{FACEBOOK}/dialog/oauth", f"{FACEBOOK}/<version>/dialog/oauth"):
            network.get(rule)(self._ask_facebook)
            network.post(rule)(self._decide_facebook)
        network.get(f"{INSTAGRAM}/oauth/authorize")(self._ask_instagram)
        network.post(f"{INSTAGRAM}/oauth/authorize")(self._decide_instagram)
        network.post(f"{TOKENS}/oauth/access_token")(self._exchange)

    # Facebook.

    def _ask_facebook(self, request: Request, version: str = "") -> Response:
        wish = self._wish(request.args, instagram=False)
        if isinstance(wish, Response):
            return wish
        return self._choose(request, wish, dict(request.args))

    def _choose(self, request: Request, wish: Wish, asked: Mapping[str, str]) -> Response:
        people = [p for p in self._meta.things.all(Person).values() if not p.gone]
        people.sort(key=lambda person: person.name.casefold())
        chosen = request.cookies.get(ME, "")
        if chosen not in {person.id for person in people}:
            chosen = next(iter(self._likely(wish) or [p.id for p in people]), "")
        return self._pages.page(
            "meta_dialog.html",
            network="Facebook",
            wish=wish,
            choices=[(p.id, p.name, p.email) for p in people],
            me=chosen,
            next_step=wish.of_pages,
            asked=asked,
            scopes=[SAID.get(scope, scope) for scope in wish.scopes],
        )

    def _likely(self, wish: Wish) -> list[str]:
        """Propose somebody with a page where pages are asked for."""
        pages = self._meta.things.all(Page).values() if wish.of_pages else ()
        return [person for page in pages for person in page.roles]

    def _decide_facebook(self, request: Request, version: str = "") -> Response:
        wish = self._wish(request.form, instagram=False)
        if isinstance(wish, Response):
            return wish
        decision = request.form.get("decision")
        if decision not in {"next", "allow"}:
            return _denied(wish)
        person = self._meta.things.get(Person, request.form.get("person"))
        if person is None or person.gone:
            return self._stopped("Choose who you are, then press Continue.")
        if decision == "next":
            return self._second_step(request, wish, person)
        declined = set(request.form.getlist("decline"))
        kept = [scope for scope in wish.scopes if scope not in declined]
        if "allowed" in request.form:
            kept = [s for s in kept if s in {"public_profile", *request.form.getlist("allowed")}]
        grant = Grant(
            app=wish.app.id,
            person=person.id,
            account=None,
            redirect_uri=wish.redirect_uri,
            scopes=self._meta.access.granted(wish.app, person, kept),
            pages=tuple(request.form.getlist("page")) if wish.of_pages else None,
            dies_at=self._meta.things.clock() + CODE_LIVES,
        )
        back = wish.back(code=self._meta.access.grant(grant))
        back.set_cookie(ME, person.id, httponly=True, samesite="Lax", max_age=30 * 86_400)
        return back

    def _second_step(self, request: Request, wish: Wish, person: Person) -> Response:
        """Let the person choose pages and take permissions away."""
        pages = [p for p in self._meta.things.all(Page).values() if person.id in p.roles]
        linked = {a.page: a.username for a in self._meta.things.all(Account).values() if a.page}
        may = self._meta.access.granted(wish.app, person, wish.scopes)
        asked = {name: value for name, value in request.form.items() if name != "decision"}
        return self._pages.page(
            "meta_consent.html",
            wish=wish,
            person=person,
            pages=[(page, linked.get(page.id, "")) for page in pages],
            asked=asked,
            scopes=[(s, SAID.get(s, s), s in may) for s in wish.scopes if s != "public_profile"],
        )

    # Instagram.

    def _ask_instagram(self, request: Request) -> Response:
        wish = self._wish(request.args, instagram=True)
        if isinstance(wish, Response):
            return wish
        accounts = sorted(self._meta.things.all(Account).values(), key=lambda a: a.username)
        return self._pages.page(
            "meta_dialog.html",
            network="Instagram",
            wish=wish,
            choices=[(a.id, f"@{a.username}", a.kind.replace("_", " ").lower()) for a in accounts],
            me=next((a.id for a in accounts if a.professional), ""),
            next_step=False,
            asked=dict(request.args),
            scopes=[SAID.get(scope, scope) for scope in wish.scopes],
        )

    def _decide_instagram(self, request: Request) -> Response:
        wish = self._wish(request.form, instagram=True)
        if isinstance(wish, Response):
            return wish
        if request.form.get("decision") != "allow":
            return _denied(wish)
        account = self._meta.things.get(Account, request.form.get("person"))
        if account is None:
            return self._stopped("Choose who you are, then press Continue.")
        if not account.professional:
            return self._stopped(
                "Only professional accounts can be used here. Switch to a professional account in "
                "the settings of the app, then try again.",
                status=200,
            )
        grant = Grant(
            app=wish.app.id,
            person=account.owner,
            account=account.id,
            redirect_uri=wish.redirect_uri,
            scopes=wish.scopes,
            pages=None,
            dies_at=self._meta.things.clock() + CODE_LIVES,
        )
        return wish.back(code=self._meta.access.grant(grant))

    def _exchange(self, request: Request) -> Response:
        form: MultiDict[str, str] = request.form
        app = self._meta.access.app(form.get("client_id", ""), instagram=True)
        if app is None:
            return _refused("Invalid platform app")
        if form.get("client_secret", "") != app.instagram_secret:
            return _refused("Error validating client secret.")
        if form.get("grant_type") != "authorization_code":
            return _refused("Invalid grant_type")
        code = form.get("code", "").removesuffix("#_")
        try:
            grant = self._meta.access.redeem(
                code, app=app.id, redirect_uri=form.get("redirect_uri", "")
            )
        except GraphError as error:
            return _refused(error.message)
        account = self._meta.things.one(Account, str(grant.account))
        token = self._meta.access.give_instagram_token(app, account, grant.scopes)
        return json_response(
            {
                "access_token": token.id,
                "user_id": int(scoped("ig_app", app.instagram_id, account.id)),
                "permissions": ",".join(token.scopes),
            }
        )

    # Both.

    def _wish(self, args: Mapping[str, str], *, instagram: bool) -> Wish | Response:
        """Check what the application asks; what is wrong is shown to the person, not sent on."""
        app = self._meta.access.app(args.get("client_id", ""), instagram=instagram)
        if app is None:
            return self._stopped("Invalid App ID: there is no application with this id.")
        address = args.get("redirect_uri", "")
        if address not in app.redirect_uris:
            return self._stopped(
                "URL blocked. This redirect failed because the redirect URI is not white-listed in "
                "the app's client OAuth settings.",
                address=address,
                registered=app.redirect_uris,
            )
        scopes = _scopes(app, args)
        if complaint := _complaint(args, scopes, instagram=instagram):
            return self._stopped(complaint)
        base = "instagram_business_basic" if instagram else "public_profile"
        wanted = tuple(dict.fromkeys([base, *(scopes or ())]))
        mark = "#_" if instagram else "#_=_"
        return Wish(app, address, wanted, args.get("state", ""), mark)

    def _stopped(
        self, said: str, *, status: int = 400, address: str = "", registered: Sequence[str] = ()
    ) -> Response:
        return self._pages.page(
            "dialog_stopped.html", status, said=said, address=address, registered=registered
        )


def _scopes(app: App, args: Mapping[str, str]) -> list[str] | None:
    """Give what is asked for, by name or by a configuration; None where there is no such one."""
    if "config_id" in args:
        found = app.configs.get(args["config_id"])
        return None if found is None else list(found)
    return [s for s in args.get("scope", "").replace(" ", ",").split(",") if s]


def _complaint(args: Mapping[str, str], scopes: list[str] | None, *, instagram: bool) -> str:
    if args.get("response_type", "code") != "code":
        return "The application must ask with response_type=code."
    if scopes is None:
        return "There is no configuration with this config_id."
    known = INSTAGRAM_SCOPES if instagram else FACEBOOK_SCOPES
    if strange := [scope for scope in scopes if scope not in known]:
        return f"Invalid Scopes: {', '.join(strange)}."
    if instagram and "instagram_business_basic" not in scopes:
        return "Invalid Request: instagram_business_basic is required."
    return ""


def _denied(wish: Wish) -> Response:
    return wish.back(
        error="access_denied",
        error_code="200",
        error_description="Permissions error",
        error_reason="user_denied",
    )


def _refused(said: str) -> Response:
    body = {"error_type": "OAuthException", "code": 400, "error_message": said}
    return json_response(body, 400)
