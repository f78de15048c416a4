"""When a person removes the app at Facebook or Instagram, or asks for their data to be deleted.

Source: Meta, “Data Deletion Request Callback” and “Deauthorize Callback”; read 2026-11-21.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Final

from tombola.api import Accepted, Ctx, Delivery, Reply, Text, Webhook
from tombola_meta import signed_request
from tombola_meta.identity import FACEBOOK, INSTAGRAM
from tombola_meta.reading import uid
from tombola_meta.settings import OperatorSettings, settings_of
from tombola_meta.times import time_from

#: Under which it is kept, by its code, when somebody was forgotten; and for how long. Ours.
DELETION: Final = "deletion "
SHOWN: Final = timedelta(days=365)


class Deauthorized(Webhook):
    """Somebody removed the app from their account."""

    key: ClassVar[str] = "meta.deauthorized"
    title: ClassVar[Text] = "App removed at Meta"

    def receive(self, ctx: Ctx, request: Delivery) -> Reply | Sequence[Accepted]:
        """Verify who it was."""
        event = _event(settings_of(ctx), request)
        return () if event is None else [event]

    def handle(self, ctx: Ctx, event: Accepted) -> None:
        """Cut the person's log-ins loose.

        Keys to pages that they gave are dead by now; the next call, or the daily check, says so.
        """
        _disown(ctx, event)


class Deletion(Webhook):
    """Somebody asks, through Meta, for what is known of them to be deleted."""

    key: ClassVar[str] = "meta.deletion"
    title: ClassVar[Text] = "Deletion asked for at Meta"

    def receive(self, ctx: Ctx, request: Delivery) -> Reply | Sequence[Accepted]:
        """Verify who it is, and answer with a code and where to follow what becomes of it."""
        settings = settings_of(ctx)
        event = _event(settings, request)
        if event is None:
            return ()
        code = code_for(settings, event.dedupe)
        answer = {"url": ctx.url(f"deletion/{code}"), "confirmation_code": code}
        kept = replace(event, payload={**event.payload, "code": code})
        return Reply(json.dumps(answer), content_type="application/json", events=[kept])

    def handle(self, ctx: Ctx, event: Accepted) -> None:
        """Forget the person, and note that it was done."""
        _disown(ctx, event)
        ctx.kv.put(f"{DELETION}{event.payload['code']}", ctx.now.isoformat(), ttl=SHOWN)


def code_for(settings: OperatorSettings, request: str) -> str:
    """Make the code of a deletion; the same request has the same one."""
    nonce = hashlib.sha256(request.encode()).hexdigest()[:12]
    return nonce + _mark(settings, nonce)


def is_code(settings: OperatorSettings, code: str) -> bool:
    """Tell whether a code was made here."""
    nonce, mark = code[:12], code[12:]
    return settings.has_app and hmac.compare_digest(_mark(settings, nonce).encode(), mark.encode())


def _mark(settings: OperatorSettings, nonce: str) -> str:
    secret = settings.secrets[0] if settings.secrets else ""
    return hmac.new(secret.encode(), f"deletion {nonce}".encode(), hashlib.sha256).hexdigest()[:12]


def _disown(ctx: Ctx, event: Accepted) -> None:
    """Forget the person at either log-in: Meta does not say which side of the app was asked."""
    person = str(event.payload["person"])
    teams = [ctx.disown(provider, person) for provider in (FACEBOOK, INSTAGRAM)]
    ctx.log.info("person_disowned", teams=sum(teams))


def _event(settings: OperatorSettings, request: Delivery) -> Accepted | None:
    signed = signed_request.field_of(request.body) if request.method == "POST" else ""
    said = signed_request.opened(signed, settings.secrets)
    person = uid(said.get("user_id")) if said else None
    if said is None or person is None:
        return None
    return Accepted(
        dedupe=hashlib.sha256(signed.encode()).hexdigest(),
        payload={"person": person},
        occurred_at=time_from(said.get("issued_at")),
    )
