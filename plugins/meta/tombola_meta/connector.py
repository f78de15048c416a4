"""Connects a team's Facebook pages and the Instagram accounts that are linked to them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Final

from tombola.api import (
    Account,
    Connector,
    CredentialExpired,
    Ctx,
    Flow,
    Invalid,
    PermissionLost,
    Phrase,
    Redirect,
    Text,
)
from tombola.toolkit import oauth2
from tombola_meta import addresses, tokens
from tombola_meta.accounts import (
    CONNECTOR,
    FIELDS,
    INSTAGRAM_KIND,
    PAGE_KIND,
    accounts_from,
    lacking,
    page_of,
    page_token,
)
from tombola_meta.graph import Graph
from tombola_meta.permissions import CONNECTION
from tombola_meta.reading import uid, words
from tombola_meta.settings import OperatorSettings, settings_of
from tombola_meta.tokens import TokenFacts, in_words

#: How long before access ends members are told. Ours.
WARNED: Final = timedelta(days=14)

#: What a page sends here. Events of a linked Instagram account come once the app is subscribed
#: to the page at all. Source: Meta, Graph API, “Page Subscribed Apps”; read 2026-11-21.
SUBSCRIBED: Final = ("feed", "mention")
SUBSCRIPTION: Final = {"fields": "id,subscribed_fields"}

#: Pages of ``/me/accounts``, a hundred each: the core takes 500 accounts. Ours.
LISTS_MAX: Final = 5
ACCOUNTS_MAX: Final = 500


class FacebookConnector(Connector):
    """Facebook Login by a member who looks after pages."""

    key: ClassVar[str] = CONNECTOR
    title: ClassVar[Text] = "Facebook and Instagram"
    needs: Text = (
        "The operator of this installation has to enter the App ID and App secret of an app at "
        "Meta in the settings of the plugin “meta”."
    )

    def ready(self, ctx: Ctx) -> bool:
        """Say whether there is an app."""
        return settings_of(ctx).has_app

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Send the browser to Facebook, which asks for every permission, also those once denied."""
        settings = _app(ctx)
        asked = {
            "client_id": settings.app_id,
            "redirect_uri": flow.callback,
            "state": flow.state,
            "response_type": "code",
        }
        if settings.config_id:
            asked |= {"config_id": settings.config_id, "override_default_response_type": "true"}
        else:
            scopes = dict.fromkeys((*CONNECTION, *settings.more_permissions, *sorted(flow.scopes)))
            asked |= {"scope": ",".join(scopes), "auth_type": "rerequest"}
        return Redirect(addresses.facebook_dialog(settings, asked))

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Sequence[Account]:
        """Give the member's pages and Instagram accounts, with what each lacks."""
        code = oauth2.code_of(params)
        _app(ctx)
        with in_words(ctx):
            token = tokens.long_lived(ctx, tokens.facebook_token(ctx, flow, code))
            facts = tokens.facts_of(ctx, token.value)
            if not facts.valid:
                raise Invalid({"": "Facebook gave a key that it does not accept. Connect again."})
            asked = {"fields": FIELDS, "limit": "100"}
            pages = list(Graph(ctx, token.value).pages("me/accounts", asked, most=LISTS_MAX))
        found = accounts_from(pages, token, facts, ctx.now)
        if not found:
            raise Invalid({"": NO_PAGES})
        return found[:ACCOUNTS_MAX]

    def join(self, ctx: Ctx, account: Account) -> None:
        """Subscribe the app to the page, and keep what other plugins have subscribed to."""
        graph, page = Graph(ctx, page_token(account)), page_of(account)
        held = _subscribed(ctx, graph, page)
        if not held >= set(SUBSCRIBED):
            fields = ",".join(sorted(held | set(SUBSCRIBED)))
            graph.post(f"{page}/subscribed_apps", {"subscribed_fields": fields})

    def check(self, ctx: Ctx, account: Account) -> Text | None:
        """Ask Facebook about the keys, and name the day on which access ends."""
        facts = tokens.facts_of(ctx, account.secrets.get("token", ""))
        if not facts.valid:
            raise CredentialExpired(
                f"Facebook no longer accepts the key to “{account.title}”. Connect it again"
            )
        gone = lacking(account, facts)
        if gone:
            raise PermissionLost(
                f"“{account.title}” has lost the permission {', '.join(gone)}. "
                "Connect it again and leave every permission switched on"
            )
        Graph(ctx, page_token(account)).get(page_of(account), {"fields": "id"})
        return _ending(ctx, account, facts)

    def leave(self, ctx: Ctx, account: Account) -> None:
        """Unsubscribe the app, unless the page's other account still needs its events."""
        page = page_of(account)
        other = INSTAGRAM_KIND if account.kind == PAGE_KIND else PAGE_KIND
        kept = ctx.accounts(self.key)
        if not any(each.kind == other and page_of(each) == page for each in kept):
            Graph(ctx, page_token(account)).delete(f"{page}/subscribed_apps")


NO_PAGES: Final = (
    "Facebook named no page that you look after. Log in there with the account that does, and "
    "choose the page in Facebook's window."
)


def _subscribed(ctx: Ctx, graph: Graph, page: str) -> set[str]:
    """Give the fields that this app has subscribed to."""
    own = settings_of(ctx).app_id
    for each in graph.pages(f"{page}/subscribed_apps", SUBSCRIPTION, most=1):
        if uid(each.get("id")) == own:
            return set(words(each.get("subscribed_fields")))
    return set()


def _ending(ctx: Ctx, account: Account, facts: TokenFacts) -> Text | None:
    ends = min((at for at in (facts.expires_at, facts.data_until) if at), default=None)
    if ends is None or ends > ctx.now + WARNED:
        return None
    return Phrase(
        "Access to “%(title)s” ends on %(day)s. Connect it again before.",
        {"title": account.title, "day": f"{ends:%Y-%m-%d}"},
    )


def _app(ctx: Ctx) -> OperatorSettings:
    settings = settings_of(ctx)
    if not settings.has_app:
        raise Invalid({"": "There is no app at Meta here: its App ID and App secret are missing."})
    return settings
