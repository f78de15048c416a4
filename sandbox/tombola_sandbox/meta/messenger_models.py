"""What exists at Messenger, as the sandbox keeps it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from tombola_sandbox.meta.models import Json, Thing

INBOX: Final = "263902037430900"
"""The application that people of a page answer with by hand.

Source: Meta, "Handover Protocol", Page Inbox, read 2026-11.
"""


def thread_id(page: str, person: str) -> str:
    """Name what a page and a person say to each other."""
    return f"{page}:{person}"


class Thread(Thing):
    """What a page and a person say to each other; ``id`` names both.

    Attributes:
        person: the sandbox's own id.
        spoke_at: when the person first wrote or tapped Get Started; None before, as when a page
            has privately answered a comment.
        acted_at: when the person last did what opens the window of 24 hours.
        read_at: up to when they have read.
        owner: the application that has control; None for the page's primary one, or for all.
        blocked: the person has blocked the page.
        muted: the person takes no messages.
        deleted: the person has deleted it: they begin anew, with Get Started.
        since: from when they see what was said, where they have deleted what was before.
    """

    page: str
    person: str
    spoke_at: datetime | None = None
    acted_at: datetime | None = None
    read_at: datetime | None = None
    owner: str | None = None
    blocked: bool = False
    muted: bool = False
    deleted: bool = False
    since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the person has begun, and not deleted it since."""
        return self.spoke_at is not None and not self.deleted


class Message(Thing):
    """One thing that was said; ``id`` is its ``mid``.

    Attributes:
        by: whose it is; ``note`` for what is no message: Get Started, a link, a button.
        app: which application sent it.
        body: what was sent, as it came: text, quick replies, an attachment.
        way: how it was allowed: ``RESPONSE``, ``UPDATE``, a tag, ``UTILITY``, a token.
        comment: the comment to which it is a private reply.
        delivered: has reached the person.
        taken_back: the person has unsent it.
        reaction: what the person said to it with one sign.
    """

    thread: str
    at: datetime
    by: Literal["person", "page", "note"]
    app: str | None = None
    text: str = ""
    body: Mapping[str, Any] = {}
    way: str = ""
    comment: str | None = None
    delivered: bool = True
    taken_back: bool = False
    reaction: str = ""


class OnceToken(Thing):
    """The leave to notify somebody once; ``id`` is the token."""

    page: str
    person: str
    app: str
    title: str
    payload: str
    given_at: datetime
    used_at: datetime | None = None


class Template(Thing):
    """A utility template of a page.

    Attributes:
        decided_at: when its review ends.
        verdict: what the review says then.
        reason: why it is rejected.
        deleted: taken away.
    """

    page: str
    app: str
    name: str
    language: str
    category: str
    components: tuple[Json, ...]
    made_at: datetime
    decided_at: datetime
    verdict: Literal["APPROVED", "REJECTED"]
    reason: str = ""
    deleted: bool = False

    def status(self, now: datetime) -> str:
        """Say how its review stands: ``PENDING``, ``APPROVED`` or ``REJECTED``."""
        return self.verdict if now >= self.decided_at else "PENDING"

    @property
    def text(self) -> str:
        """What its body says, places in it as ``{{1}}``."""
        return next((str(c.get("text", "")) for c in self.components if c["type"] == "BODY"), "")


class Profile(Thing):
    """How a page presents itself at Messenger; ``id`` is the page's."""

    properties: Mapping[str, object] = {}

    @property
    def get_started(self) -> str:
        """The payload of the button Get Started, "" where there is none."""
        found = self.properties.get("get_started")
        return str(found.get("payload", "")) if isinstance(found, dict) else ""
