"""The action “Subscribe on Messenger”."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import ClassVar, Final
from urllib.parse import quote, urlencode

from tombola.api import (
    ActionType,
    Complaint,
    Ctx,
    FetchError,
    Invalid,
    NeedsIdentity,
    Pending,
    Rejected,
    Step,
    Text,
    View,
    Who,
)
from tombola_messenger import client, links, ready, words
from tombola_messenger.config import SubscribeConfig
from tombola_messenger.links import Wanted
from tombola_messenger.settings import InstallationSettings
from tombola_meta.accounts import CONNECTOR
from tombola_meta.identity import FACEBOOK

LABEL: Final = "Subscribe on Messenger"
OPEN: Final = "Open Messenger"
WAITING: Final = "Open Messenger and, if it asks for it, tap “Get Started”."
AWAY: Final = "This is not possible just now. Please come back later."
#: How often the widget looks. Ours.
LOOK: Final = timedelta(seconds=5)


class Subscribe(ActionType[SubscribeConfig]):
    """People write to a page, which may then write to them, as long as Messenger lets it.

    It is completed by the channel, when Meta tells who came by the link or typed the code.
    """

    key: ClassVar[str] = "messenger.subscribe"
    title: ClassVar[Text] = LABEL
    config_model: ClassVar[type[SubscribeConfig]] = SubscribeConfig
    connection: ClassVar[str | None] = CONNECTOR

    def check(self, ctx: Ctx, config: SubscribeConfig) -> Iterable[Complaint]:
        """Let the page tell this app of messages, and say what keeps it from doing so."""
        said = ready.prepare(ctx, config.account)
        return [] if said is None else [Complaint(said, "account")]

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer the connected pages on which messages can be answered."""
        return ready.pages(ctx, query) if field == "account" else ()

    def log_ins(self, config: SubscribeConfig) -> Sequence[str]:
        """Facebook's, where the team asks for it."""
        return (FACEBOOK,) if config.require_auth else ()

    def view(self, ctx: Ctx, config: SubscribeConfig, who: Who | None) -> View:
        """Say what people subscribe to; pressing the button is their consent to it."""
        return View(label=LABEL, description=config.wording)

    def start(self, ctx: Ctx, config: SubscribeConfig, who: Who) -> Step:
        """Give the entrant their own way to the page."""
        account = who.identity(FACEBOOK)
        if config.require_auth and account is None:
            return NeedsIdentity(FACEBOOK)
        try:
            page = client.page_of(ctx, config.account).uid
            given = links.give(ctx, _wanted(ctx, config, who, page))
        except (FetchError, Invalid, LookupError) as error:
            ctx.log.warning("link_refused", kind=type(error).__name__, why=str(error))
            return Rejected("unavailable", AWAY)
        url = ctx.settings(InstallationSettings).me_url.rstrip("/")
        return Pending(
            LOOK,
            WAITING,
            url=f"{url}/{quote(page)}?{urlencode({'ref': given.ref})}",
            label=OPEN,
            code=words.spelt(given.code),
        )

    def verify(self, ctx: Ctx, config: SubscribeConfig, who: Who, proof: str | None) -> Pending:
        """Wait: the channel completes it."""
        return Pending(LOOK, WAITING)


def _wanted(ctx: Ctx, config: SubscribeConfig, who: Who, page: str) -> Wanted:
    if ctx.action_id is None or ctx.campaign is None:
        raise LookupError("the call is about no action")
    account = who.identity(FACEBOOK)
    return Wanted(
        page,
        action=ctx.action_id,
        campaign=ctx.campaign.id,
        entrant=who.entrant_id,
        account=account.uid if account and config.require_auth else None,
        reply=config.confirmation,
        keyword=config.keyword.strip(),
        locale=who.locale,
    )
