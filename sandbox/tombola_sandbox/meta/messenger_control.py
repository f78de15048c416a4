"""Who has a thread: passing it on, taking it back; and how a page presents itself.

Source: Meta, "Handover Protocol", "Messenger Profile API"; read 2026-11. The codes of refused
hand-overs are believed.
"""

from typing import Any, Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.messenger_acts import MessengerActs
from tombola_sandbox.meta.messenger_body import read
from tombola_sandbox.meta.messenger_errors import other_app_controls
from tombola_sandbox.meta.messenger_hooks import MessengerHooks, controls
from tombola_sandbox.meta.messenger_models import INBOX, Profile, Thread
from tombola_sandbox.meta.messenger_rules import MOST_PAYLOAD
from tombola_sandbox.meta.messenger_sending import need_messaging, person_of
from tombola_sandbox.meta.models import Json, Page
from tombola_sandbox.meta.paging import words_of
from tombola_sandbox.meta.view import Ask, View

PROPERTIES: Final = (
    "get_started",
    "greeting",
    "ice_breakers",
    "persistent_menu",
    "whitelisted_domains",
)
MOST_GREETING: Final = 160


def pass_control(view: View, page: Page, ask: Ask) -> Json:
    """Give a thread to another application, or to the page's inbox."""
    thread = _thread(view, page, ask)
    target = ask.args.get("target_app_id", "")
    if not target:
        raise errors.lacks("target_app_id")
    if target != INBOX and view.access.app(target) is None:
        raise errors.parameter("Param target_app_id must be a valid app.")
    if not controls(page, thread, view.caller.app.id):
        raise other_app_controls()
    return _hand(view, thread, view.caller.app.id, target, "pass_thread_control", ask)


def take_control(view: View, page: Page, ask: Ask) -> Json:
    """Take a thread back: only the page's primary application may."""
    thread = _thread(view, page, ask)
    me = view.caller.app.id
    if page.primary not in {None, me}:
        said = "(#10) Only the primary receiver can take control of a thread."
        raise errors.GraphError(10, said)
    return _hand(view, thread, thread.owner or page.primary, me, "take_thread_control", ask)


def owner(view: View, page: Page, ask: Ask) -> Json:
    """Say which application has a thread."""
    thread = _thread(view, page, ask)
    found = thread.owner or page.primary
    return {"data": [{"thread_owner": {"app_id": found}}] if found else []}


def _thread(view: View, page: Page, ask: Ask) -> Thread:
    need_messaging(view, page)
    psid: Any = ask.args.get("recipient", "")
    if not psid.isdigit():
        psid = read(ask.args, "recipient").get("id")
    acts = MessengerActs(view.world, view.access)
    return acts.thread(person_of(view, page, psid), page)


def _hand(view: View, thread: Thread, old: str | None, new: str, what: str, ask: Ask) -> Json:
    """Hand a thread over: the new one hears of what is passed, the old one of what is taken."""
    thread = view.world.change(thread, owner=new)
    body = {
        "previous_owner_app_id": old,
        "new_owner_app_id": new,
        "metadata": ask.args.get("metadata", ""),
    }
    told = new if what == "pass_thread_control" else old
    hooks = MessengerHooks(view.world, view.access)
    if told is not None and told != view.caller.app.id:
        hooks.tell(thread, "messaging_handovers", {what: body}, only=told)
    return {"success": True}


# How a page presents itself.


def profile(view: View, page: Page, ask: Ask) -> Json:
    """Give properties of a page's profile."""
    need_messaging(view, page)
    wanted = words_of(ask.args, "fields")
    if not wanted:
        raise errors.lacks("fields")
    _check_names(wanted)
    kept = _profile(view, page).properties
    found = {name: kept[name] for name in wanted if name in kept}
    return {"data": [found] if found else []}


def set_profile(view: View, page: Page, ask: Ask) -> Json:
    """Set properties of a page's profile; the others stay."""
    need_messaging(view, page)
    given = {name: value for name, value in ask.args.items() if name in PROPERTIES}
    if not given:
        raise errors.parameter("At least one property of the profile is required.")
    kept = _profile(view, page)
    values: Json = {}
    for name, text in given.items():
        values[name] = read_property(name, text)
    properties = {**kept.properties, **values}
    _check_menu(properties)
    view.world.change(kept, properties=properties)
    return {"result": "success"}


def drop_profile(view: View, page: Page, ask: Ask) -> Json:
    """Take properties of a page's profile away. Idempotent."""
    need_messaging(view, page)
    dropped = words_of(ask.args, "fields")
    _check_names(dropped)
    kept = _profile(view, page)
    properties = {name: v for name, v in kept.properties.items() if name not in dropped}
    _check_menu(properties)
    view.world.change(kept, properties=properties)
    return {"result": "success"}


def read_property(name: str, text: str) -> Any:
    """Read one property.

    Raises:
        GraphError: it is not well formed (100).
    """
    if name == "get_started":
        payload = read({name: text}, name).get("payload")
        if not isinstance(payload, str) or not 1 <= len(payload) <= MOST_PAYLOAD:
            raise errors.parameter("Param get_started[payload] must be a non-empty string.")
        return {"payload": payload}
    found = read({"it": f'{{"it": {text}}}'}, "it")["it"] if text.startswith("[") else None
    if not isinstance(found, list):
        raise errors.parameter(f"Param {name} must be an array.")
    if name == "greeting":
        for one in found:
            fits = isinstance(one, dict) and {"locale", "text"} <= set(one)
            if not fits or len(str(one["text"])) > MOST_GREETING:
                said = f"Param greeting needs a locale, and a text of at most {MOST_GREETING}."
                raise errors.parameter(said)
        if not any(one["locale"] == "default" for one in found):
            raise errors.parameter("Param greeting must have a default locale.")
    return found


def _check_names(names: list[str]) -> None:
    if strange := [name for name in names if name not in PROPERTIES]:
        raise errors.parameter(f"Param fields holds an unknown property: {strange[0]}")


def _check_menu(properties: Json) -> None:
    if "persistent_menu" in properties and "get_started" not in properties:
        raise errors.parameter("You must set a Get Started button if you use a persistent menu.")


def _profile(view: View, page: Page) -> Profile:
    return view.world.get(Profile, page.id) or Profile(id=page.id)
