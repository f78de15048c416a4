"""Messages to people who have written to a page, and what is heard from them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from tombola.api import (
    Accepted,
    Allowed,
    Channel,
    Ctx,
    Happening,
    Identity,
    Message,
    NotNow,
    PolicyRule,
    Purpose,
    Recipient,
    Rejected,
    Sent,
    Text,
    Unreachable,
)
from tombola_messenger import client, handing, hearing, policy, rules, sending
from tombola_messenger.config import TEXT_MAX
from tombola_messenger.policy import Has, Review
from tombola_messenger.sending import ONE_TIME_GRANT
from tombola_messenger.settings import InstallationSettings
from tombola_messenger.standing import Standings
from tombola_messenger.ways import WINDOW, Way
from tombola_meta.accounts import CONNECTOR
from tombola_meta.linking import PAGE_PERSON

BLOCKED = "Meta has taken from the page the right to write for now; see the page's support inbox."


class PageMessages(Channel):
    """Messenger, in the name of a page; a person is known by the id that this page has for them."""

    key: ClassVar[str] = "messenger.page"
    title: ClassVar[Text] = "Messenger"
    identity: ClassVar[str] = PAGE_PERSON
    connection: ClassVar[str | None] = CONNECTOR
    hears: ClassVar[Sequence[str]] = hearing.HEARD
    #: A sixth of what a page may send. Source: Messenger Platform, “Rate Limits”: 300 texts a
    #: second; read 2026-11-21.
    per_second: ClassVar[float] = 50.0
    text_max: ClassVar[int] = TEXT_MAX
    prepare: ClassVar[tuple[Text, str] | None] = ("Words that Meta has to approve", "")
    reply_window: ClassVar[timedelta | None] = WINDOW

    def __init__(self) -> None:
        self._standings = Standings()

    def account_of(self, identity: Identity) -> str | None:
        """Give the page whose id for the person it is."""
        return identity.uid.partition(":")[0] or None

    def hear(self, ctx: Ctx, event: Accepted) -> Sequence[Happening]:
        """Tell what somebody did on the page."""
        return list(hearing.happenings(ctx, event))

    def policy(self, ctx: Ctx, at: datetime) -> Sequence[PolicyRule]:
        """Give Messenger's rules, those that have ended with their day."""
        return rules.ALL

    def assess(self, ctx: Ctx, to: Recipient, purpose: Purpose, at: datetime) -> Allowed | NotNow:
        """Say which way is open."""
        way = self._way(ctx, to, purpose, at)
        return way if isinstance(way, NotNow) else Allowed(by=policy.ALLOWED_BY[way.key])

    def send(
        self, ctx: Ctx, to: Recipient, message: Message, dedupe: str
    ) -> Sent | NotNow | Rejected | Unreachable:
        """Send by the way that is open at this moment; never by another."""
        way = self._way(ctx, to, message.purpose, ctx.now)
        if isinstance(way, NotNow):
            return way
        number, _, person = to.identity.uid.partition(":")
        page = client.page_of(ctx, number)
        known = self._standings.of(ctx, number)
        one_time = ctx.settings(InstallationSettings).one_time
        body = sending.body_of(way, person, to, message, known, one_time=one_time)
        done = sending.deliver(ctx, page, person, body, way)
        if isinstance(done, Sent):
            handing.offer(ctx, number, person, message)
        return done

    def _way(self, ctx: Ctx, to: Recipient, purpose: Purpose, at: datetime) -> Way | NotNow:
        known = self._standings.of(ctx, self.account_of(to.identity) or "")
        if known.blocked is not None:
            return NotNow(BLOCKED)
        settings = ctx.settings(InstallationSettings)
        has = Has(
            known.reviews.get(purpose, Review.MISSING),
            one_time=settings.one_time,
            token=ONE_TIME_GRANT in to.grants,
        )
        return policy.judge(to.last_act_at, purpose, has, at)
