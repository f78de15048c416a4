"""The one receiver that an app at Meta has: whom to trust, and whom an event is for."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from tombola.api import Accepted, Ctx, Delivery, Reply, Text, Webhook
from tombola.toolkit.signatures import is_signed
from tombola_meta.events import events_from
from tombola_meta.reading import mapping, parsed
from tombola_meta.settings import OperatorSettings, settings_of

#: When an event came last, as ISO time.
SEEN: Final = "webhook_seen"
#: How exact that time is, so that a busy page does not write it with every comment. Ours.
EXACT: Final = timedelta(minutes=10)

#: Longest challenge that is repeated; Meta's are ten digits. Ours.
CHALLENGE_MAX: Final = 200

REFUSED: Final = Reply("refused", 403)
IGNORED: Final = Reply("ok")


class Events(Webhook):
    """Comments, posts, mentions and messages, dispatched by topic to the plugins that hear them."""

    key: ClassVar[str] = "meta.events"
    title: ClassVar[Text] = "Webhooks of Meta"

    def receive(self, ctx: Ctx, request: Delivery) -> Reply | Sequence[Accepted]:
        """Answer Meta's handshake; verify a delivery over its bytes, and split it.

        What is signed and means nothing to us is answered like everything else: Meta takes an app
        whose answers are errors for broken, and stops delivering after an hour.
        """
        settings = settings_of(ctx)
        if request.method != "POST":
            return _handshake(settings, request)
        if not is_metas(settings, request):
            return ()
        try:
            body = mapping(parsed(request.body))
        except ValueError:
            ctx.log.warning("delivery_unreadable", bytes=len(request.body))
            return IGNORED
        return list(events_from(body)) or IGNORED

    def handle(self, ctx: Ctx, event: Accepted) -> None:
        """Remember that events arrive; the sources that hear them do the rest."""
        last = last_seen(ctx)
        if last is None or ctx.now - last >= EXACT:
            ctx.kv.put(SEEN, ctx.now.isoformat())


def is_metas(settings: OperatorSettings, request: Delivery) -> bool:
    """Tell whether Meta has signed these bytes, with the secret of either side of the app.

    SHA-1 alone is refused. Source: Meta, “Webhooks: Getting Started”, read 2026-11-21.
    """
    given = request.headers.get("x-hub-signature-256", "")
    if not given.startswith("sha256="):
        return False
    return any(is_signed(secret, request.body, given) for secret in settings.secrets)


def last_seen(ctx: Ctx) -> datetime | None:
    """Say when an event came last, to ten minutes."""
    kept = ctx.kv.get(SEEN)
    return datetime.fromisoformat(kept) if isinstance(kept, str) else None


def _handshake(settings: OperatorSettings, request: Delivery) -> Reply:
    ours = settings.verify_token.get_secret_value()
    given = request.query.get("hub.verify_token", "")
    same = hmac.compare_digest(ours.encode(), given.encode("utf-8", "replace"))
    challenge = request.query.get("hub.challenge", "")
    if not ours or not same or request.query.get("hub.mode") != "subscribe":
        return REFUSED
    return Reply(challenge) if len(challenge) <= CHALLENGE_MAX else REFUSED
