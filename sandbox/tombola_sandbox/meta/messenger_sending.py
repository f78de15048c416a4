"""``POST /{page}/messages``: the whole of the Send API, with everything it refuses.

Source: Meta, "Send API", "Messenger Platform Policy Overview", "Private Replies", "One-Time
Notification"; read 2026-11.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn

from tombola_sandbox.meta import errors, messenger_errors
from tombola_sandbox.meta.messenger_acts import MessengerActs
from tombola_sandbox.meta.messenger_body import check_message, fill_template, read, utility_of
from tombola_sandbox.meta.messenger_hooks import controls
from tombola_sandbox.meta.messenger_models import Message, OnceToken, Template, Thread
from tombola_sandbox.meta.messenger_rules import (
    ENDED_TAGS,
    HUMAN_AGENT,
    HUMAN_FEATURE,
    ONCE_LIVES,
    REPLY_WINDOW,
    TAGS_END,
    TYPES,
    is_within,
)
from tombola_sandbox.meta.models import Comment, Json, Page, Person, Post
from tombola_sandbox.meta.rights import is_own, need, tasks_on
from tombola_sandbox.meta.view import Ask, View
from tombola_sandbox.meta.world import MetaWorld

MESSAGING: Final = "pages_messaging"
UTILITY_SCOPE: Final = "pages_utility_messaging"
"""So the dialog has it; the documents say ``page_utility_messaging``."""
ACTIONS: Final = ("mark_seen", "typing_off", "typing_on")


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom a message goes.

    Attributes:
        person: who.
        comment: the comment that is answered privately.
        token: the leave to notify once.
    """

    person: Person
    comment: Comment | None = None
    token: OnceToken | None = None


def send(view: View, page: Page, ask: Ask) -> Json:
    """Say something to somebody, or show that the page is typing; one after another."""
    with view.world.sending:
        return _send(view, page, ask)


def _send(view: View, page: Page, ask: Ask) -> Json:
    need_messaging(view, page)
    view.world.trouble.check()
    to = _addressee(view, page, read(ask.args, "recipient"))
    acts = MessengerActs(view.world, view.access)
    thread = acts.thread(to.person, page)
    if not controls(page, thread, view.caller.app.id):
        raise messenger_errors.other_app_controls()
    _need_reachable(view, to.person, thread)
    psid = view.world.psid(page.id, to.person.id)
    if action := ask.args.get("sender_action"):
        if action not in ACTIONS:
            raise errors.parameter(f"Param sender_action must be one of {{{', '.join(ACTIONS)}}}")
        _need_window(view, thread)
        return {"recipient_id": psid}
    message = read(ask.args, "message")
    way, body = _allowed(view, page, thread, to, ask, message)
    comment = to.comment.id if to.comment else None
    said = acts.page_says(thread, body, app=view.caller.app.id, way=way, comment=comment)
    if to.token is not None:
        view.world.change(to.token, used_at=view.now)
    return {"recipient_id": psid, "message_id": said.id}


def refuse_person(_: View, __: Person, ___: Ask) -> NoReturn:
    """Refuse a person's token: ``me`` is no page then."""
    raise errors.wants_page_token()


def need_messaging(view: View, page: Page) -> None:
    """Let in the page itself, with the permission, through somebody who may write for it.

    Raises:
        GraphError: 190 for a person's token, 100 for another page's, 200 for a permission or task.
    """
    if view.caller.kind != "PAGE":
        raise errors.wants_page_token()
    if not is_own(view, page):
        raise errors.no_object(page.id, "post")
    need(view.caller, MESSAGING)
    if "MESSAGING" not in tasks_on(view, page):
        raise errors.GraphError(200, "(#200) The person has no task MESSAGING on this Page.")


def person_of(view: View, page: Page, psid: Any) -> Person:
    """Find whose page-scoped id this is.

    Raises:
        GraphError: nobody's on this page (100/2018001).
    """
    if not isinstance(psid, (str, int)):
        raise errors.parameter("Param recipient[id] must be a valid ID string")
    people = view.world.all(Person)
    found = view.world.scoped.find("psid", page.id, str(psid), list(people))
    if found is None:
        raise messenger_errors.nobody()
    return people[found]


def acted_at(world: MetaWorld, thread: Thread) -> datetime | None:
    """Say when the person last did what opens the window, a comment or a post among it."""
    found = [thread.acted_at, world.acted_at(thread.page, thread.person)]
    return max((at for at in found if at is not None), default=None)


def _addressee(view: View, page: Page, recipient: Json) -> Addressee:
    given = [n for n in ("id", "comment_id", "one_time_notif_token") if recipient.get(n)]
    if "notification_messages_token" in recipient:
        raise messenger_errors.ended("Recurring notifications")
    if len(given) != 1:
        raise errors.parameter("Param recipient must be a valid recipient.")
    match given[0]:
        case "comment_id":
            return _of_comment(view, page, str(recipient["comment_id"]))
        case "one_time_notif_token":
            return _of_token(view, page, str(recipient["one_time_notif_token"]))
        case _:
            return Addressee(person_of(view, page, recipient["id"]))


def _of_comment(view: View, page: Page, comment_id: str) -> Addressee:
    """A comment on the page's post is answered privately once, within seven days."""
    comment = view.world.get(Comment, comment_id)
    post = view.world.get(Post, comment.post) if comment else None
    person = view.world.get(Person, comment.author) if comment else None
    gone = comment is None or comment.deleted
    if comment is None or gone or post is None or post.page != page.id or person is None:
        raise errors.no_object(comment_id, "post")
    if any(m.comment == comment_id for m in list(view.world.all(Message).values())):
        raise messenger_errors.replied_already()
    if view.now - comment.created_at >= REPLY_WINDOW:
        raise messenger_errors.too_late_to_reply()
    return Addressee(person, comment=comment)


def _of_token(view: View, page: Page, text: str) -> Addressee:
    """The leave to notify once works once, for a year."""
    token = view.world.get(OnceToken, text)
    own = token is not None and (token.page, token.app) == (page.id, view.caller.app.id)
    if token is None or not own or token.used_at is not None:
        raise errors.parameter("Invalid one_time_notif_token, or it was used already.")
    if view.now - token.given_at >= ONCE_LIVES:
        raise errors.parameter("The one_time_notif_token has expired.")
    return Addressee(view.world.one(Person, token.person), token=token)


def _need_reachable(view: View, person: Person, thread: Thread) -> None:
    app = view.caller.app
    if MESSAGING not in app.advanced and person.id not in app.roles:
        raise messenger_errors.only_testers()
    if person.gone:
        raise messenger_errors.cannot_receive()
    if thread.blocked:
        raise messenger_errors.unavailable()
    if thread.muted:
        raise messenger_errors.not_receiving()


def _need_window(view: View, thread: Thread, *, human: bool = False) -> None:
    if not is_within(acted_at(view.world, thread), view.now, human=human):
        raise messenger_errors.outside_window()


def _allowed(
    view: View, page: Page, thread: Thread, to: Addressee, ask: Ask, message: Json
) -> tuple[str, Json]:
    """Decide how a message is allowed; the way, and what the person gets.

    Raises:
        GraphError: 100 for what is wrong, 10 for the window or a feature, 200 for a permission.
    """
    if to.comment is not None or to.token is not None:
        if utility_of(message) is not None:
            raise errors.parameter("A template cannot be sent to this recipient.")
        way = "private reply" if to.comment else "one-time notification"
        return way, check_message(view, message)
    kind = ask.args.get("messaging_type", "")
    if kind not in TYPES:
        raise errors.parameter(f"Param messaging_type must be one of {{{', '.join(TYPES)}}}")
    tag = ask.args.get("tag", "")
    if (kind == "MESSAGE_TAG") != bool(tag):
        raise errors.parameter("Param tag is required with messaging_type MESSAGE_TAG alone.")
    asked = utility_of(message)
    if (kind == "UTILITY") != (asked is not None):
        raise errors.parameter("messaging_type UTILITY is for utility templates, and only they.")
    if asked is not None:
        need(view.caller, UTILITY_SCOPE)
        every = (view.world.one(Template, i) for i in view.world.under("templates", page.id))
        return kind, fill_template(view, [t for t in every if not t.deleted], asked)
    if tag:
        _check_tag(view, thread, tag)
    else:
        _need_window(view, thread)
    return tag or kind, check_message(view, message)


def _check_tag(view: View, thread: Thread, tag: str) -> None:
    """Ended tags are refused from their day on; before it they are not bound to the window."""
    if tag == HUMAN_AGENT:
        if HUMAN_FEATURE not in view.caller.app.features:
            raise errors.lacks_feature(HUMAN_FEATURE)
        _need_window(view, thread, human=True)
    elif tag not in ENDED_TAGS:
        known = ", ".join((HUMAN_AGENT, *(ENDED_TAGS if view.now < TAGS_END else ())))
        raise errors.parameter(f"Param tag must be one of {{{known}}}")
    elif view.now >= TAGS_END:
        raise messenger_errors.dead_tag(tag)
    elif acted_at(view.world, thread) is None:
        raise messenger_errors.outside_window()
