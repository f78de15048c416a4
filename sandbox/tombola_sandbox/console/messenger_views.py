"""What the console's pages about Messenger show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from tombola_sandbox.console.views import MOVES
from tombola_sandbox.meta.messenger_acts import buttons_of
from tombola_sandbox.meta.messenger_errors import TROUBLES
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.messenger_models import INBOX, Message, Profile, Template, Thread
from tombola_sandbox.meta.messenger_rules import (
    ENDED_TAGS,
    HUMAN_AGENT,
    HUMAN_FEATURE,
    ONCE_FEATURE,
    TAGS_END,
    is_within,
    tag_is_alive,
    window_end,
)
from tombola_sandbox.meta.messenger_sending import UTILITY_SCOPE, acted_at
from tombola_sandbox.meta.models import App, Json, Page, Person
from tombola_sandbox.meta.realm import Meta

REVIEWS: Final = ((0, "no time"), (5, "five seconds"), (60, "a minute"), (3_600, "an hour"))
SHOWN: Final = 40
ONCE: Final = "One-time notification"


def overview(meta: Meta) -> dict[str, Any]:
    """What the first page shows: threads, pages, templates, and what is allowed by date."""
    things = meta.things
    now = things.clock()
    threads = [_thread(meta, thread) for thread in list(things.all(Thread).values())]
    threads.sort(key=lambda one: one["at"], reverse=True)
    templates = [t for t in list(things.all(Template).values()) if not t.deleted]
    return {
        "threads": threads[:SHOWN],
        "people": _people(meta),
        "pages": [_page(meta, page) for page in list(things.all(Page).values())],
        "apps": _apps(meta),
        "templates": [_template(meta, template) for template in reversed(templates)],
        "tags": _tags(meta, now),
        "troubles": [(name, said) for name, (said, _) in TROUBLES.items()],
        "trouble": things.trouble,
        "reviews": REVIEWS,
        "review_s": int(things.review_lasts.total_seconds()),
        "moves": MOVES,
    }


def chat(meta: Meta, page: Page, person: Person, ref: str = "") -> dict[str, Any]:
    """What the page of one chat shows."""
    thread = meta.messenger.thread(person, page)
    profile = meta.things.get(Profile, page.id)
    return {
        **live(meta, page, person),
        "ref": ref,
        "get_started": bool(profile and profile.get_started) and not thread.is_open,
        "greeting": _greeting(profile, person),
        "psid": meta.things.psid(page.id, person.id),
        "apps": [*_apps(meta), (INBOX, "The page's inbox")],
        "moves": MOVES,
    }


def live(meta: Meta, page: Page, person: Person) -> dict[str, Any]:
    """What changes in a chat by itself: what is said, and what the page may still say."""
    thread = meta.messenger.thread(person, page)
    now = meta.things.clock()
    said = [_message(meta, message) for message in meta.messenger.messages(thread)]
    return {
        "page": page,
        "person": person,
        "thread": thread,
        "path": f"/console/messenger/chat/{page.id}/{person.id}",
        "messages": said,
        "ends": _end(meta, thread),
        "ways": _ways(meta, thread, now),
        "owner": _name_of(meta, thread.owner or page.primary),
    }


def _thread(meta: Meta, thread: Thread) -> Json:
    messages = meta.messenger.messages(thread)
    last = messages[-1] if messages else None
    oldest = datetime.min.replace(tzinfo=meta.things.clock().tzinfo)
    return {
        "thread": thread,
        "person": meta.things.one(Person, thread.person),
        "page": meta.things.one(Page, thread.page),
        "last": _summary(last) if last else "Nothing was said yet.",
        "at": last.at if last else (thread.acted_at or oldest),
        "ends": _end(meta, thread),
    }


def _end(meta: Meta, thread: Thread) -> datetime | None:
    """Say when the window closes; None where it is closed."""
    acted = acted_at(meta.things, thread)
    return window_end(acted) if is_within(acted, meta.things.clock()) else None


def _summary(message: Message) -> str:
    if message.taken_back:
        return "Taken back"
    attachment = _attachment(message)
    return message.text or _title(attachment) or "A " + str(attachment.get("type", "message"))


def _title(attachment: Json) -> str:
    payload = attachment.get("payload", {})
    return str(payload.get("text") or payload.get("title") or "")


def _attachment(message: Message) -> Json:
    found = message.body.get("attachment") or (message.body.get("attachments") or [{}])[0]
    return dict(found)


def _message(meta: Meta, message: Message) -> Json:
    attachment = _attachment(message)
    payload = attachment.get("payload", {})
    sender = meta.access.app(message.app) if message.app else None
    return {
        "message": message,
        "kind": attachment.get("type", ""),
        "template": payload.get("template_type", ""),
        "title": _title(attachment),
        "cards": payload.get("elements", ()),
        "buttons": list(enumerate(buttons_of(message))),
        "replies": list(enumerate(message.body.get("quick_replies", ()))),
        "sender": sender.name if sender else "",
    }


def _ways(meta: Meta, thread: Thread, now: datetime) -> Sequence[tuple[str, bool, str]]:
    """Say how the demo's application may write now, and why not."""
    acted, app = acted_at(meta.things, thread), meta.access.demo
    if thread.blocked or thread.muted:
        return [("Anything", False, "the person has blocked the page or takes no messages")]
    within, human = is_within(acted, now), is_within(acted, now, human=True)
    has_human = HUMAN_FEATURE in app.features
    alive = acted is not None and tag_is_alive(ENDED_TAGS[0], now)
    why = "more than 24 hours since the last act" if acted else "the person has done nothing yet"
    said_human = "" if has_human else "the app lacks the feature"
    said_tags = f"over since {TAGS_END:%Y-%m-%d}" if now >= TAGS_END else why
    return [
        ("RESPONSE and UPDATE", within, "" if within else why),
        (HUMAN_AGENT, human and has_human, said_human or ("" if human else "more than 7 days")),
        ("The three older tags", alive, "" if alive else said_tags),
        ("UTILITY", UTILITY_SCOPE in app.advanced, "with an approved template"),
    ]


def _tags(meta: Meta, now: datetime) -> Sequence[tuple[str, bool, str]]:
    app = meta.access.demo
    found = [
        (tag, tag_is_alive(tag, now), f"ends on {TAGS_END:%Y-%m-%d}")
        if now < TAGS_END
        else (tag, False, f"ended on {TAGS_END:%Y-%m-%d}")
        for tag in ENDED_TAGS
    ]
    others = ((HUMAN_AGENT, HUMAN_FEATURE, "for seven days"), (ONCE, ONCE_FEATURE, "once"))
    for name, feature, said in others:
        has = feature in app.features
        found.append((name, has, said if has else f"the app lacks the feature {feature}"))
    return found


def _page(meta: Meta, page: Page) -> Json:
    profile = meta.things.get(Profile, page.id)
    fields = page.subscriptions.get(meta.access.demo.id, ())
    return {
        "page": page,
        "link": f"/m.me/{page.username or page.id}?ref=hello",
        "get_started": profile.get_started if profile else "",
        "heard": [field for field in fields if field in FIELDS],
        "primary": page.primary or "",
    }


def _template(meta: Meta, template: Template) -> Json:
    return {
        "template": template,
        "status": template.status(meta.things.clock()),
        "page": meta.things.name(template.page),
    }


def _apps(meta: Meta) -> list[tuple[str, str]]:
    every = {meta.access.demo.id: meta.access.demo, **meta.things.all(App)}
    return [(app.id, app.name) for app in every.values()]


def _name_of(meta: Meta, app_id: str | None) -> str:
    if app_id is None:
        return "every subscribed app"
    app = meta.access.app(app_id)
    return app.name if app else "the page's inbox" if app_id == INBOX else app_id


def _people(meta: Meta) -> list[Person]:
    found = [p for p in list(meta.things.all(Person).values()) if not p.gone]
    return sorted(found, key=lambda person: person.name.casefold())


def _greeting(profile: Profile | None, person: Person) -> str:
    found: Any = profile.properties.get("greeting", ()) if profile else ()
    texts = {one["locale"]: one["text"] for one in found}
    said = str(texts.get(person.locale) or texts.get("default", ""))
    first, last = person.name.split(" ")[0], person.name.split(" ")[-1]
    return (
        said.replace("{{user_first_name}}", first)
        .replace("{{user_last_name}}", last)
        .replace("{{user_full_name}}", person.name)
    )
