"""The console's pages about Messenger: chatting as a person, and what a page may still say."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from flask import Flask, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from tombola_sandbox.console import messenger_views as views
from tombola_sandbox.meta.messenger_acts import BlockedError, MessengerActs
from tombola_sandbox.meta.messenger_errors import TROUBLES
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.messenger_models import INBOX, Message
from tombola_sandbox.meta.models import Page, Person
from tombola_sandbox.world import World

MESSENGER: Final = "/console/messenger"
CHAT: Final = f"{MESSENGER}/chat/<page_id>/<person_id>"
MOST_TEXT: Final = 20_000
"""Far more than a page may say: people's messages are not cut at 2000."""


def add_messenger(app: Flask, world: World) -> None:
    """Put the pages into the console."""
    _pages(app, world)
    _saying(app, world)
    _going(app, world)
    _settings(app, world)
    _page_settings(app, world)


def _pages(app: Flask, world: World) -> None:
    @app.get(MESSENGER)
    def messenger() -> str:
        return render_template("messenger.html", **views.overview(world.meta))

    @app.get(f"{MESSENGER}/chat")
    def open_chat() -> AnyResponse:
        page, person = _two(world, request.args.get("page"), request.args.get("person"))
        return redirect(f"{MESSENGER}/chat/{page.id}/{person.id}", 303)

    @app.get(CHAT)
    def chat(page_id: str, person_id: str) -> str:
        page, person = _two(world, page_id, person_id)
        ref = request.args.get("ref", "")
        return render_template("messenger_chat.html", **views.chat(world.meta, page, person, ref))

    @app.get(f"{CHAT}/live")
    def chat_live(page_id: str, person_id: str) -> str:
        page, person = _two(world, page_id, person_id)
        return render_template("_chat.html", **views.live(world.meta, page, person))


def _two(world: World, page_id: str | None, person_id: str | None) -> tuple[Page, Person]:
    page = world.meta.things.get(Page, page_id)
    person = world.meta.things.get(Person, person_id)
    if page is None or person is None:
        abort(404)
    return page, person


def _back(page: Page, person: Person) -> AnyResponse:
    return redirect(f"{MESSENGER}/chat/{page.id}/{person.id}#with", 303)


def _to(part: str) -> AnyResponse:
    return redirect(f"{MESSENGER}#{part}", 303)


def _saying(app: Flask, world: World) -> None:
    acts = world.meta.messenger

    @app.errorhandler(BlockedError)
    def blocked(error: BlockedError) -> tuple[str, int]:
        return str(error), 400

    @app.post(f"{CHAT}/say")
    def say(page_id: str, person_id: str) -> AnyResponse:
        page, person = _two(world, page_id, person_id)
        text = request.form.get("text", "").strip()[:MOST_TEXT]
        attached = request.form.get("attached", "")
        if attached not in {"", "image", "sticker"} or not (text or attached):
            abort(400, "Write something, or attach a picture.")
        acts.write(person, page, text, attached=attached)
        return _back(page, person)

    @app.post(f"{CHAT}/start")
    def start(page_id: str, person_id: str) -> AnyResponse:
        page, person = _two(world, page_id, person_id)
        acts.get_started(person, page, request.form.get("ref", ""))
        return _back(page, person)

    @app.post(f"{CHAT}/messages/<mid>/<what>")
    def touch(page_id: str, person_id: str, mid: str, what: str) -> AnyResponse:
        page, person = _two(world, page_id, person_id)
        message = world.meta.things.get(Message, mid)
        thread = acts.thread(person, page)
        if message is None or message.thread != thread.id:
            abort(404)
        if (act := TOUCHES.get(what)) is None:
            abort(404)
        try:
            act(acts, message, int(request.form.get("number", "0")))
        except (LookupError, ValueError):
            abort(400, "There is no such button.")
        return _back(page, person)


def _block(acts: MessengerActs, person: Person, page: Page, _: str) -> None:
    acts.block(person, page, blocked=not acts.thread(person, page).blocked)


def _mute(acts: MessengerActs, person: Person, page: Page, _: str) -> None:
    acts.mute(person, page, muted=not acts.thread(person, page).muted)


TOUCHES: Final[Mapping[str, Callable[[MessengerActs, Message, int], object]]] = {
    "answer": MessengerActs.answer,
    "tap": MessengerActs.tap,
    "once": lambda acts, message, _: acts.allow_once(message),
    "react": lambda acts, message, _: acts.react(message, "" if message.reaction else "❤"),
    "take-back": lambda acts, message, _: acts.take_back(message),
}
"""What a person does to one message."""

DEEDS: Final[Mapping[str, Callable[[MessengerActs, Person, Page, str], object]]] = {
    "read": lambda acts, person, page, _: acts.read(person, page),
    "block": _block,
    "mute": _mute,
    "delete": lambda acts, person, page, _: acts.delete(person, page),
    "marketing": lambda acts, person, page, _: acts.allow_marketing(person, page),
    "plugin": MessengerActs.press_plugin,
    "link": MessengerActs.follow_link,
}
"""What a person does to a whole chat; the text is the ``ref`` that a link or a button carries."""


def _going(app: Flask, world: World) -> None:
    acts = world.meta.messenger

    @app.post(f"{CHAT}/do")
    def do(page_id: str, person_id: str) -> AnyResponse:
        page, person = _two(world, page_id, person_id)
        act = DEEDS.get(request.form.get("what", ""))
        if act is None:
            abort(400, "Choose what the person does.")
        act(acts, person, page, request.form.get("ref", ""))
        return _back(page, person)

    @app.post(f"{CHAT}/by-hand")
    def by_hand(page_id: str, person_id: str) -> AnyResponse:
        page, person = _two(world, page_id, person_id)
        if not (text := request.form.get("text", "").strip()):
            abort(400, "Write something.")
        acts.answer_by_hand(acts.thread(person, page), text)
        return _back(page, person)

    @app.post(f"{CHAT}/control")
    def control(page_id: str, person_id: str) -> AnyResponse:
        page, person = _two(world, page_id, person_id)
        to = request.form.get("app", "")
        if to and to != INBOX and world.meta.access.app(to) is None:
            abort(400, "Choose an application.")
        acts.hand_over(acts.thread(person, page), to or None)
        return _back(page, person)


def _settings(app: Flask, world: World) -> None:
    things = world.meta.things

    @app.post(f"{MESSENGER}/trouble")
    def trouble() -> AnyResponse:
        name, times = request.form.get("name", ""), request.form.get("times", "0")
        if not name:
            things.trouble.mend()
        elif name not in TROUBLES or not (times.isascii() and times.isdigit()):
            abort(400, "Choose what happens, and how often.")
        else:
            things.trouble.begin(name, times=int(times) or None)
        return _to("trouble")

    @app.post(f"{MESSENGER}/webhooks")
    def webhooks() -> AnyResponse:
        world.switches.set(meta_webhooks_fail=request.form.get("fail") == "1")
        return _to("pages")

    @app.post(f"{MESSENGER}/review")
    def review() -> AnyResponse:
        seconds = request.form.get("seconds", "")
        if seconds not in {str(one) for one, _ in views.REVIEWS}:
            abort(400, "Choose how long a review takes.")
        things.review_lasts = timedelta(seconds=int(seconds))
        return _to("templates")


def _page_settings(app: Flask, world: World) -> None:
    things = world.meta.things

    @app.post(f"{MESSENGER}/pages/<page_id>/subscription")
    def subscription(page_id: str) -> AnyResponse:
        page = things.get(Page, page_id) or abort(404)
        demo = world.meta.access.demo.id
        kept = [f for f in page.subscriptions.get(demo, ()) if f not in FIELDS]
        wanted = (*kept, *(FIELDS if request.form.get("on") == "1" else ()))
        left = {name: fields for name, fields in page.subscriptions.items() if name != demo}
        things.change(page, subscriptions={**left, demo: wanted} if wanted else left)
        return _to("pages")

    @app.post(f"{MESSENGER}/pages/<page_id>/primary")
    def primary(page_id: str) -> AnyResponse:
        page = things.get(Page, page_id) or abort(404)
        chosen = request.form.get("app", "")
        if chosen and world.meta.access.app(chosen) is None:
            abort(400, "Choose an application.")
        things.change(page, primary=chosen or None)
        return _to("pages")
