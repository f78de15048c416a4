"""Log in with Facebook and with Instagram.

The two prove different accounts: Facebook's id is this app's own for a person, Instagram's belongs
to a professional account, and neither tells the other, nor an address.

Source: Meta, “Facebook Login for the Web”; Instagram Platform, “Instagram API with Instagram
Login”; Platform Terms, 3.d; read 2026-11-21.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from tombola.api import (
    ContactCard,
    Ctx,
    FetchError,
    Flow,
    Identity,
    IdentityProvider,
    Invalid,
    Item,
    Proven,
    Redirect,
    Text,
)
from tombola.toolkit import oauth2
from tombola_meta import addresses, contacts, tokens
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.graph import Graph
from tombola_meta.linking import (
    INSTAGRAM_NAME,
    PAGE_PERSON,
    instagram_name,
    link_ids,
    page_person,
)
from tombola_meta.owning import me_at_instagram, owned_posts
from tombola_meta.permissions import FACEBOOK_LOG_IN, INSTAGRAM_LOG_IN
from tombola_meta.reading import text, uid
from tombola_meta.settings import OperatorSettings, settings_of

#: Provider of app-scoped ids.
FACEBOOK: Final = "meta.facebook"
#: Provider of Instagram's ids of professional accounts.
INSTAGRAM: Final = "meta.instagram"

#: Pages of a team that are asked who somebody is, while that somebody waits. Ours.
PAGES_ASKED: Final = 10

NO_FACEBOOK: Final = "Log-in with Facebook is not set up here: App ID and App secret are missing."
NO_INSTAGRAM: Final = (
    "Log-in with Instagram is not set up here: Instagram app ID and secret are missing."
)


class FacebookAccount(IdentityProvider):
    """A person at Facebook, known by the id that Facebook has for them in this app alone."""

    key: ClassVar[str] = FACEBOOK
    title: ClassVar[Text] = "Facebook"
    consent: ClassVar[Text | None] = (
        "Connect my Facebook account with my entries here, so that comments of mine that take part "
        "count for me."
    )
    also: ClassVar[Sequence[str]] = (PAGE_PERSON,)

    def ready(self, ctx: Ctx) -> bool:
        """Say whether there is an app to log in to."""
        return settings_of(ctx).has_app

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Send the browser to Facebook."""
        settings = _set_up(ctx, ready=self.ready(ctx), complaint=NO_FACEBOOK)
        scopes = (*FACEBOOK_LOG_IN, *sorted(flow.scopes - {*FACEBOOK_LOG_IN}))
        asked = {"client_id": settings.app_id, "scope": ",".join(scopes), **_dialog(flow)}
        return Redirect(addresses.facebook_dialog(settings, asked))

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Proven:
        """Exchange the code and ask who it was. The token is used once and not kept."""
        code = oauth2.code_of(params)
        _set_up(ctx, ready=self.ready(ctx), complaint=NO_FACEBOOK)
        with tokens.in_words(ctx):
            token = tokens.facebook_token(ctx, flow, code)
            said = Graph(ctx, token.value).get("me", {"fields": "id,name"}).body
        person = uid(said.get("id"))
        if person is None:
            raise Invalid({"": "Facebook did not say who you are. Please try again."})
        name = text(said.get("name"))
        return Proven(Identity(self.key, person, name=name), also=_on_pages(ctx, person, name))

    def contact(self, ctx: Ctx, identity: Identity, item: Item | None) -> ContactCard:
        """Lead to the comment or post: Facebook gives no address of the person."""
        return contacts.at_facebook(identity, item)


class InstagramAccount(IdentityProvider):
    """A professional account at Instagram (business or creator); personal ones cannot log in."""

    key: ClassVar[str] = INSTAGRAM
    title: ClassVar[Text] = "Instagram (business or creator account)"
    consent: ClassVar[Text | None] = (
        "Connect my Instagram account with my entries here, so that posts of mine that take part "
        "count for me."
    )
    also: ClassVar[Sequence[str]] = (INSTAGRAM_NAME,)

    def ready(self, ctx: Ctx) -> bool:
        """Say whether there is an app to log in to."""
        return settings_of(ctx).has_instagram_app

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Send the browser to Instagram."""
        settings = _set_up(ctx, ready=self.ready(ctx), complaint=NO_INSTAGRAM)
        scopes = (*INSTAGRAM_LOG_IN, *sorted(flow.scopes - {*INSTAGRAM_LOG_IN}))
        asked = {"client_id": settings.instagram_app_id, "scope": ",".join(scopes), **_dialog(flow)}
        return Redirect(addresses.instagram_dialog(settings, asked))

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Proven:
        """Exchange the code and ask which account it was, and which posts it has.

        The token is used and not kept. Posts that cannot be read now are claimed by their address.
        """
        code = oauth2.code_of(params)
        _set_up(ctx, ready=self.ready(ctx), complaint=NO_INSTAGRAM)
        with tokens.in_words(ctx):
            token = tokens.instagram_token(ctx, flow, code)
            account = me_at_instagram(ctx, token.value)
        if account is None:
            raise Invalid({"": "Instagram did not say which account is yours. Please try again."})
        identity = Identity(self.key, account.uid, handle=account.username)
        also = (instagram_name(account.username),) if account.username else ()
        return Proven(identity, owns=_posts(ctx, token.value), also=also)

    def contact(self, ctx: Ctx, identity: Identity, item: Item | None) -> ContactCard:
        """Lead to the person's page, by the name that they had last."""
        return contacts.at_instagram(identity, item)


def _on_pages(ctx: Ctx, person: str, name: str | None) -> Sequence[Identity]:
    """Give the ids that the team's pages have for somebody, where Facebook tells them.

    A log-in does not fail for it: entries that are not found now are found by the next one.
    """
    pages = [each.uid for each in ctx.accounts(CONNECTOR) if each.kind == PAGE_KIND]
    found = []
    try:
        for page in pages[:PAGES_ASKED]:
            psid = link_ids(ctx, person, page)
            if psid is not None:
                found.append(page_person(page, psid, name))
    except FetchError as error:
        ctx.log.warning("pages_unasked", kind=type(error).__name__, why=str(error))
    return found


def _posts(ctx: Ctx, token: str) -> Sequence[str]:
    try:
        return owned_posts(ctx, token)
    except FetchError as error:
        ctx.log.warning("posts_unread", kind=type(error).__name__, why=str(error))
        return ()


def _dialog(flow: Flow) -> Mapping[str, str]:
    return {"redirect_uri": flow.callback, "state": flow.state, "response_type": "code"}


def _set_up(ctx: Ctx, *, ready: bool, complaint: str) -> OperatorSettings:
    if not ready:
        raise Invalid({"": complaint})
    return settings_of(ctx)
