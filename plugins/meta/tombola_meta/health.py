"""Whether everything at Meta is set up, for the operator's health page."""

from datetime import timedelta
from typing import Final

from tombola.api import (
    CredentialExpired,
    Ctx,
    FetchError,
    HealthCheck,
    PermissionLost,
    Phrase,
    Text,
)
from tombola_meta.graph import Graph
from tombola_meta.settings import settings_of
from tombola_meta.webhook import last_seen

#: Longer silence than this is told: Meta drops an app that did not answer for an hour, and says
#: nothing. Ours; a quiet page is quiet that long, too, so it is a hint.
QUIET: Final = timedelta(days=7)


def settings_complete(ctx: Ctx) -> Text | None:
    """Say which setting is missing."""
    settings = settings_of(ctx)
    wanted = {
        "App ID": settings.app_id,
        "App secret": settings.app_secret.get_secret_value(),
        "Verify token": settings.verify_token.get_secret_value(),
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        said = "Enter %(names)s in the settings of the plugin “meta”."
        return Phrase(said, {"names": ", ".join(missing)})
    if bool(settings.instagram_app_id) != bool(settings.instagram_app_secret.get_secret_value()):
        return "“Log in with Instagram” needs both Instagram app ID and Instagram app secret."
    return None


def app_works(ctx: Ctx) -> Text | None:
    """Ask Meta about the app with the app's own token."""
    settings = settings_of(ctx)
    if not settings.has_app:
        return None
    try:
        Graph(ctx, settings.app_token).get(settings.app_id, {"fields": "id,name"})
    except (CredentialExpired, PermissionLost):
        return "Meta does not accept App ID and App secret. Copy both again from the app dashboard."
    except FetchError as error:
        return Phrase("Meta could not be asked: %(why)s.", {"why": str(error).rstrip(".")})
    return None


def webhook_heard(ctx: Ctx) -> Text | None:
    """Say when Meta has been silent for long, once it has spoken at all."""
    if not settings_of(ctx).has_app:
        return None
    last = last_seen(ctx)
    if last is None:
        return Phrase(
            "Meta has not delivered anything yet. Enter %(address)s as the webhook's address in "
            "the app dashboard, for the objects Page and Instagram.",
            {"address": "/webhooks/meta/events"},
        )
    if ctx.now - last <= QUIET:
        return None
    return Phrase(
        "Meta has delivered nothing since %(day)s. If your pages were not that quiet, look at the "
        "webhooks in the app dashboard and check the connections.",
        {"day": f"{last:%Y-%m-%d}"},
    )


CHECKS: Final = (
    HealthCheck("meta.settings", "Settings of the app at Meta", settings_complete),
    HealthCheck("meta.app", "App at Meta", app_works),
    HealthCheck("meta.webhooks", "Webhooks of Meta", webhook_heard),
)
