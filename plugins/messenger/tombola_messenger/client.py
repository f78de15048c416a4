"""The calls to Messenger, in the name of a page.

Source: Messenger Platform, “Send API”, “Messenger Profile API”, “Handover Protocol”, “Utility
Messages”, “User Profile API”; Graph API v26.0, “Page Subscribed Apps”; read 2026-11-21.
"""

from collections.abc import Iterator
from typing import Final

from tombola.api import Account, CredentialExpired, Ctx, FetchError, HttpResponse, NotFound
from tombola_meta.accounts import CONNECTOR, PAGE_KIND, page_token
from tombola_meta.connector import SUBSCRIPTION
from tombola_meta.graph import Graph
from tombola_meta.reading import Raw, mapping, objects, text, uid, words
from tombola_meta.settings import settings_of

#: What a page has to tell: without them nobody's message arrives here.
NEEDED: Final = frozenset({"messages", "messaging_postbacks", "messaging_referrals"})
FIELDS: Final = NEEDED | {
    "messaging_optins",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "messaging_handovers",
    "messaging_policy_enforcement",
    "standby",
}

#: What the button says to a page; the link's ``ref`` comes beside it.
GET_STARTED: Final = "GET_STARTED"

PROFILE: Final = "messenger_profile"
#: Pages of a list of templates. Ours.
LISTS_MAX: Final = 5


def page_of(ctx: Ctx, page: str) -> Account:
    """Give a connected page.

    Raises:
        CredentialExpired: it is not connected any more, or has to be reconnected.
    """
    try:
        account = ctx.account(CONNECTOR, page)
    except NotFound as error:
        raise CredentialExpired("The page is not connected any more. Connect it again") from error
    if account.kind != PAGE_KIND:
        raise CredentialExpired(f"“{account.title}” is no page")
    return account


def subscribed(ctx: Ctx, page: Account) -> set[str]:
    """Give the fields that the page tells this app. Raises FetchError."""
    own = settings_of(ctx).app_id
    for each in _graph(ctx, page).pages(f"{page.uid}/subscribed_apps", SUBSCRIPTION, most=1):
        if uid(each.get("id")) == own:
            return set(words(each.get("subscribed_fields")))
    return set()


def subscribe(ctx: Ctx, page: Account) -> None:
    """Let the page tell this app of messages, too; what it tells already stays. Idempotent.

    Raises:
        FetchError: one of its kinds.
    """
    held = subscribed(ctx, page)
    if not held >= FIELDS:
        fields = ",".join(sorted(held | FIELDS))
        _graph(ctx, page).post(f"{page.uid}/subscribed_apps", {"subscribed_fields": fields})


def set_get_started(ctx: Ctx, page: Account) -> None:
    """Give the page the button “Get Started”, unless it has one; raises FetchError. Idempotent.

    Without it a link's ``ref`` is lost when somebody writes to the page for the first time.
    """
    said = _graph(ctx, page).get(f"{page.uid}/{PROFILE}", {"fields": "get_started"}).body
    if any(mapping(each.get("get_started")).get("payload") for each in objects(said.get("data"))):
        return
    asked = {"get_started": {"payload": GET_STARTED}}
    _graph(ctx, page).post_json(f"{page.uid}/{PROFILE}", asked)


def send(ctx: Ctx, page: Account, body: Raw) -> HttpResponse:
    """Send a message; the answer is not judged.

    Raises:
        HttpFailed: it may have been sent.
        HttpRefused: it was not.
    """
    return _graph(ctx, page).tell(f"{page.uid}/messages", body)


def hand_over(ctx: Ctx, page: Account, person: str, app: str, metadata: str) -> None:
    """Give the conversation with a person to another app of the page. Raises FetchError."""
    asked = {"recipient": {"id": person}, "target_app_id": app, "metadata": metadata}
    _graph(ctx, page).post_json(f"{page.uid}/pass_thread_control", asked)


def name_of(ctx: Ctx, page: str, person: str) -> str | None:
    """Give the name of somebody who has written to a page; None where it is not told."""
    asked = {"fields": "first_name,last_name"}
    try:
        said = _graph(ctx, page_of(ctx, page)).get(person, asked).body
    except FetchError as error:
        ctx.log.info("name_untold", kind=type(error).__name__)
        return None
    names = (text(said.get(each)) for each in ("first_name", "last_name"))
    return " ".join(each for each in names if each) or None


def templates(ctx: Ctx, page: Account) -> Iterator[Raw]:
    """Give the page's message templates. Raises FetchError."""
    asked = {"fields": "id,name,language,status,category,rejected_reason", "limit": "100"}
    return _graph(ctx, page).pages(f"{page.uid}/message_templates", asked, most=LISTS_MAX)


def make_template(ctx: Ctx, page: Account, asked: Raw) -> Raw:
    """Ask Meta to approve a template; gives ``id`` and ``status``. Raises FetchError."""
    return _graph(ctx, page).post_json(f"{page.uid}/message_templates", asked).body


def _graph(ctx: Ctx, page: Account) -> Graph:
    return Graph(ctx, page_token(page))
