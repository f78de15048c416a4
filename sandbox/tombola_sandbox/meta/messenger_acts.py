"""What people do at Messenger. Webhooks go out by themselves.

Source: Meta, "Messenger Platform, Webhook Events", "m.me Links"; read 2026-11.
"""

import secrets
from datetime import UTC, datetime
from typing import Any, Final

from tombola_sandbox.meta.access import MetaAccess
from tombola_sandbox.meta.messenger_hooks import MessengerHooks, milliseconds
from tombola_sandbox.meta.messenger_models import (
    INBOX,
    Message,
    OnceToken,
    Profile,
    Thread,
    thread_id,
)
from tombola_sandbox.meta.messenger_rules import MOST_REF
from tombola_sandbox.meta.models import Json, Page, Person, Photo
from tombola_sandbox.meta.pictures import SCALED, address
from tombola_sandbox.meta.world import MetaWorld

STICKERS_ARE_STICKERS: Final = datetime(2026, 6, 1, tzinfo=UTC)
"""Before that they come as pictures. Source: Meta, changelog of webhooks, read 2026-11."""
STICKER: Final = 369_239_263_222_822
"""The thumb."""


class BlockedError(Exception):
    """The person has blocked the page, and says nothing to it."""


class MessengerActs:
    """Everything that people do at Messenger."""

    def __init__(self, world: MetaWorld, access: MetaAccess) -> None:
        self._world = world
        self._hooks = MessengerHooks(world, access)

    def thread(self, person: Person, page: Page) -> Thread:
        """Give what the two say to each other, a new and empty one if they never did."""
        found = thread_id(page.id, person.id)
        return self._world.get(Thread, found) or Thread(id=found, page=page.id, person=person.id)

    # Coming in.

    def follow_link(self, person: Person, page: Page, ref: str = "") -> Thread:
        """Follow ``m.me/<page>?ref=``.

        In an open thread the page is told at once. In a new one nothing is told until the person
        taps Get Started, or writes.
        """
        thread = self.thread(person, page)
        if thread.is_open and ref and len(ref) <= MOST_REF:
            thread = self._acts(thread)
            self._note(thread, f"came by a link: {ref}")
            self._hooks.tell(thread, "messaging_referrals", {"referral": _referral(ref)})
        return thread

    def get_started(self, person: Person, page: Page, ref: str = "") -> Message | None:
        """Tap Get Started in a new thread; None where the page has no such button."""
        profile = self._world.get(Profile, page.id)
        if profile is None or not profile.get_started or self.thread(person, page).is_open:
            return None
        thread = self._acts(self.thread(person, page), speaks=True)
        note = self._note(thread, "tapped Get Started" + (f": {ref}" if ref else ""))
        postback: Json = {"mid": note.id, "title": "Get Started", "payload": profile.get_started}
        if ref and len(ref) <= MOST_REF:
            postback["referral"] = _referral(ref)
        self._hooks.tell(thread, "messaging_postbacks", {"postback": postback})
        return note

    # Saying something.

    def write(self, person: Person, page: Page, text: str = "", *, attached: str = "") -> Message:
        """Write to a page.

        Args:
            person: who.
            page: to whom.
            text: what.
            attached: ``image`` or ``sticker``.
        """
        body: Json = {"text": text} if text else {}
        if attached:
            body["attachments"] = [self._attachment(attached)]
        return self._said(self.thread(person, page), text, body)

    def answer(self, message: Message, number: int) -> Message:
        """Tap one of the quick replies under a message of the page's.

        Raises:
            IndexError: there is none.
        """
        reply = message.body["quick_replies"][number]
        title = str(reply.get("title", ""))
        body = {"text": title, "quick_reply": {"payload": reply["payload"]}}
        return self._said(self._world.one(Thread, message.thread), title, body)

    def tap(self, message: Message, number: int) -> None:
        """Tap a button of a template: a link opens elsewhere and tells the page nothing.

        Raises:
            IndexError: there is none.
        """
        button = buttons_of(message)[number]
        if button.get("type", "").lower() != "postback":
            return
        thread = self._acts(self._world.one(Thread, message.thread), speaks=True)
        title, payload = str(button.get("title", "")), str(button.get("payload", ""))
        note = self._note(thread, f"tapped {title}")
        postback = {"mid": note.id, "title": title, "payload": payload}
        self._hooks.tell(thread, "messaging_postbacks", {"postback": postback})

    def react(self, message: Message, emoji: str = "❤") -> None:
        """React to a message of the page's; "" takes the reaction away."""
        thread = self._acts(self._world.one(Thread, message.thread))
        self._world.change(message, reaction=emoji)
        body = {"mid": message.id, "action": "react" if emoji else "unreact"}
        if emoji:
            body |= {"reaction": "love" if emoji == "❤" else "other", "emoji": emoji}
        self._hooks.tell(thread, "message_reactions", {"reaction": body})

    def take_back(self, message: Message) -> None:
        """Unsend an own message. Idempotent."""
        if not message.taken_back:
            changed = self._world.change(message, taken_back=True)
            self._hooks.said(self._world.one(Thread, message.thread), changed)

    def read(self, person: Person, page: Page) -> None:
        """Read what the page has written."""
        thread = self.thread(person, page)
        now = self._world.clock()
        last = max((m.at for m in self.messages(thread) if m.by == "page"), default=None)
        if last is not None and (thread.read_at is None or thread.read_at <= last):
            thread = self._world.change(thread, read_at=now)
            self._hooks.tell(thread, "message_reads", {"read": {"watermark": milliseconds(now)}})

    # Opting in.

    def allow_once(self, message: Message) -> OnceToken:
        """Tap "Notify me" under a request of the page's. The window stays as it is."""
        thread = self._world.one(Thread, message.thread)
        asked = message.body["attachment"]["payload"]
        token = self._world.put(
            OnceToken(
                id=str(secrets.randbelow(10**19)),
                page=thread.page,
                person=thread.person,
                app=message.app or "",
                title=asked["title"],
                payload=asked["payload"],
                given_at=self._world.clock(),
            )
        )
        self._note(thread, f"wants to be notified once: {token.title}")
        optin = {
            "type": "one_time_notif_req",
            "payload": token.payload,
            "one_time_notif_token": token.id,
        }
        self._hooks.tell(thread, "messaging_optins", {"optin": optin})
        return token

    def allow_marketing(self, person: Person, page: Page) -> None:
        """Opt in to marketing messages: the page is told, and the window stays as it is."""
        thread = self._kept(self.thread(person, page))
        self._note(thread, "opted in to marketing messages (opens no window)")
        ends = milliseconds(self._world.clock()) + 365 * 86_400_000
        optin = {
            "type": "notification_messages",
            "payload": "marketing",
            "notification_messages_token": str(secrets.randbelow(10**19)),
            "notification_messages_frequency": "WEEKLY",
            "notification_messages_timezone": "Europe/Berlin",
            "token_expiry_timestamp": ends,
            "user_token_status": "NOT_REFRESHED",
            "notification_messages_status": "RESUME_NOTIFICATIONS",
            "title": "News and offers",
        }
        self._hooks.tell(thread, "messaging_optins", {"optin": optin})

    def press_plugin(self, person: Person, page: Page, ref: str) -> None:
        """Press "Send to Messenger" on somebody's site: ``optin.ref``, and no window."""
        thread = self._kept(self.thread(person, page))
        self._note(thread, f"pressed Send to Messenger: {ref}")
        self._hooks.tell(thread, "messaging_optins", {"optin": {"ref": ref}})

    # Going away. Pages are not told of any of this.

    def block(self, person: Person, page: Page, *, blocked: bool = True) -> None:
        """Block a page, or let it in again. Idempotent."""
        self._world.change(self.thread(person, page), blocked=blocked)

    def mute(self, person: Person, page: Page, *, muted: bool = True) -> None:
        """Take no more messages from a page, or take them again. Idempotent."""
        self._world.change(self.thread(person, page), muted=muted)

    def delete(self, person: Person, page: Page) -> None:
        """Delete the thread: the person begins anew the next time. Idempotent."""
        thread = self._world.get(Thread, thread_id(page.id, person.id))
        if thread is not None and not thread.deleted:
            self._world.change(thread, deleted=True, since=self._world.clock(), owner=None)

    # The page.

    def messages(self, thread: Thread) -> list[Message]:
        """Give what the person sees of a thread, oldest first."""
        every = [self._world.one(Message, i) for i in self._world.under("messages", thread.id)]
        return [m for m in every if thread.since is None or m.at > thread.since]

    def page_says(self, thread: Thread, body: Json, *, app: str, **more: Any) -> Message:
        """Let the page write; what is allowed was decided before."""
        self._kept(thread)
        text = str(body.get("text", ""))
        message = self._put(thread, "page", text, body, app=app, **more)
        self._hooks.echo(thread, message)
        mark = {"mids": [message.id], "watermark": milliseconds(message.at)}
        self._hooks.tell(thread, "message_deliveries", {"delivery": mark})
        return message

    def answer_by_hand(self, thread: Thread, text: str) -> Message:
        """Let one of the page's people answer in its inbox."""
        return self.page_says(thread, {"text": text}, app=INBOX, way="by hand")

    def hand_over(self, thread: Thread, app: str | None) -> None:
        """Let the page's people give a thread to an application; None to all of them."""
        old = thread.owner
        thread = self._world.change(thread, owner=app)
        if app not in {None, INBOX, old}:
            body = {"previous_owner_app_id": INBOX, "new_owner_app_id": app, "metadata": ""}
            self._hooks.tell(thread, "messaging_handovers", {"pass_thread_control": body}, only=app)

    def enforce(self, page: Page, action: str, reason: str) -> None:
        """Let the platform tell a page that it has broken, or keeps again, its rules."""
        self._hooks.enforced(page, action, reason)

    # How it is done.

    def _said(self, thread: Thread, text: str, body: Json) -> Message:
        thread = self._acts(thread, speaks=True)
        message = self._put(thread, "person", text, body)
        self._hooks.said(thread, message)
        return message

    def _acts(self, thread: Thread, *, speaks: bool = False) -> Thread:
        """Restart the window; whoever speaks opens the thread.

        Raises:
            BlockedError: they have blocked the page.
        """
        if thread.blocked:
            raise BlockedError("Let the page in again before you say something to it.")
        now = self._world.clock()
        values: Json = {"acted_at": now, "read_at": now}
        if speaks:
            begun = thread.spoke_at if thread.is_open else now
            values |= {"deleted": False, "spoke_at": begun}
        return self._world.change(thread, **values)

    def _kept(self, thread: Thread) -> Thread:
        return self._world.get(Thread, thread.id) or self._world.put(thread)

    def _note(self, thread: Thread, text: str) -> Message:
        return self._put(thread, "note", text, {})

    def _put(self, thread: Thread, by: Any, text: str, body: Json, **more: Any) -> Message:
        return self._world.put(
            Message(
                id="m_" + secrets.token_urlsafe(66),
                thread=thread.id,
                at=self._world.clock(),
                by=by,
                text=text,
                body=body,
                **more,
            )
        )

    def _attachment(self, kind: str) -> Json:
        photo = self._world.put(Photo(id=self._world.new_id("photo"), seed="chat"))
        url = address(self._world, self._world.address, photo, longest=SCALED)
        if kind != "sticker":
            return {"type": "image", "payload": {"url": url}}
        named = self._world.clock() >= STICKERS_ARE_STICKERS
        payload = {"url": url, "sticker_id": STICKER}
        return {"type": "sticker" if named else "image", "payload": payload}


def buttons_of(message: Message) -> list[Json]:
    """Give the buttons of a template, those of each card one after another."""
    payload = message.body.get("attachment", {}).get("payload", {})
    found = list(payload.get("buttons", ()))
    for card in payload.get("elements", ()):
        found += card.get("buttons", ())
    return [one for one in found if isinstance(one, dict)]


def _referral(ref: str) -> Json:
    return {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}
