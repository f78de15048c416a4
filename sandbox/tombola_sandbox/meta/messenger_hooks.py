"""Who is told of what happens at Messenger.

Source: Meta, "Messenger Platform, Webhook Events", "Handover Protocol", "Standby Channel", and
recorded events; read 2026-11.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from tombola_sandbox.meta.access import MetaAccess
from tombola_sandbox.meta.hooks import Hooks
from tombola_sandbox.meta.messenger_models import Message, Template, Thread
from tombola_sandbox.meta.models import App, Json, Page
from tombola_sandbox.meta.world import MetaWorld

FIELDS: Final = (
    "messages",
    "messaging_postbacks",
    "messaging_optins",
    "messaging_referrals",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
    "messaging_handovers",
    "messaging_policy_enforcement",
    "standby",
    "message_template_status_update",
)
"""What a page can subscribe to, of Messenger."""

_FROM_PAGE: Final = frozenset({"message_echoes"})
_UNSEEN: Final = frozenset({"payload"})
"""What the standby channel leaves out of a postback."""


class MessengerHooks:
    """Makes events for whoever has subscribed; the others of a thread hear them in standby."""

    def __init__(self, world: MetaWorld, access: MetaAccess) -> None:
        self._world = world
        self._access = access
        self._hooks = Hooks(world, access)

    def said(self, thread: Thread, message: Message) -> None:
        """The person wrote, or answered with a button."""
        body: Json = {"mid": message.id, **message.body}
        if message.taken_back:
            body = {"mid": message.id, "is_deleted": True}
        self.tell(thread, "messages", {"message": body}, message.at)

    def echo(self, thread: Thread, message: Message) -> None:
        """The page wrote."""
        body: Json = {"mid": message.id, "is_echo": True, "app_id": int(message.app or 0)}
        self.tell(thread, "message_echoes", {"message": {**body, **message.body}}, message.at)

    def tell(
        self,
        thread: Thread,
        field: str,
        what: Json | Callable[[App], Json],
        at: datetime | None = None,
        *,
        only: str | None = None,
    ) -> None:
        """Tell every application of a thread.

        Args:
            thread: where it happened.
            field: what they must have subscribed to.
            what: what happened, or a function of the application that is told.
            at: when; now if not given.
            only: the one application that is told.
        """
        page = self._world.one(Page, thread.page)
        at = at or self._world.clock()
        ends = {"sender": self._psid(thread), "recipient": {"id": page.id}}
        if field in _FROM_PAGE:
            ends = {"sender": {"id": page.id}, "recipient": self._psid(thread)}
        for app_id, fields in page.subscriptions.items():
            app = self._access.app(app_id)
            if app is None or only not in {None, app_id} or not self._may_hear(app, thread):
                continue
            body = what(app) if callable(what) else what
            event = {**ends, "timestamp": milliseconds(at), **body}
            if only or controls(page, thread, app_id):
                if field in fields:
                    self._hooks.tell(app, "page", page.id, field, {"messaging": [event]})
            elif "standby" in fields:
                self._hooks.tell(app, "page", page.id, "standby", {"standby": [_unseen(event)]})

    def reviewed(self, template: Template) -> None:
        """A template's review ends; its event goes out then."""
        value: Json = {
            "event": template.verdict,
            "message_template_id": template.id,
            "message_template_name": template.name,
            "message_template_language": template.language,
            "reason": template.reason or "NONE",
        }
        field = "message_template_status_update"
        self._tell_page(template.page, field, value, template.decided_at)

    def enforced(self, page: Page, action: str, reason: str) -> None:
        """The platform blocks a page, warns it, or lets it in again."""
        event = {
            "recipient": {"id": page.id},
            "timestamp": milliseconds(self._world.clock()),
            "policy-enforcement": {"action": action, "reason": reason},
        }
        self._tell_page(page.id, "messaging_policy_enforcement", {"messaging": [event]})

    def _tell_page(self, page: str, field: str, value: Json, at: datetime | None = None) -> None:
        for app_id, fields in self._world.one(Page, page).subscriptions.items():
            app = self._access.app(app_id)
            if app is not None and field in fields:
                self._hooks.tell(app, "page", page, field, value, at=at)

    def _psid(self, thread: Thread) -> Json:
        return {"id": self._world.psid(thread.page, thread.person)}

    def _may_hear(self, app: App, thread: Thread) -> bool:
        """With Standard Access an application hears of its own people alone."""
        return "pages_messaging" in app.advanced or thread.person in app.roles


def controls(page: Page, thread: Thread | None, app_id: str) -> bool:
    """Whether an application has a thread: nobody else has it, or is the page's primary one."""
    owner = (thread.owner if thread else None) or page.primary
    return owner is None or owner == app_id


def milliseconds(at: datetime) -> int:
    """Write a time as Messenger does."""
    return int(at.timestamp() * 1000)


def _unseen(event: Json) -> Json:
    if "postback" not in event:
        return event
    kept = {name: value for name, value in event["postback"].items() if name not in _UNSEEN}
    return {**event, "postback": kept}
