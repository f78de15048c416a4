"""Checks what a page wants to say: texts, quick replies, attachments, templates.

Source: Meta, "Send API", "Quick Replies", "Templates", "Utility Messages"; read 2026-11.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.messenger_errors import ended
from tombola_sandbox.meta.messenger_models import Template
from tombola_sandbox.meta.messenger_rules import (
    MOST_ONCE_TITLE,
    MOST_PAYLOAD,
    MOST_REPLIES,
    MOST_TEXT,
    MOST_TITLE,
    ONCE_FEATURE,
    RECURRING_END,
    filled,
    places_in,
)
from tombola_sandbox.meta.models import Json
from tombola_sandbox.meta.view import View

FILES: Final = ("image", "video", "audio", "file")
BUTTONS: Final = ("web_url", "postback", "phone_number")
MOST_BUTTONS: Final = 3
MOST_BUTTON_TEXT: Final = 640
MOST_CARDS: Final = 10


def read(args: Mapping[str, str], name: str) -> Json:
    """Read a parameter that is an object; it may come as JSON or as a text of JSON.

    Raises:
        GraphError: it is missing, or none (100).
    """
    if not (text := args.get(name, "")):
        raise errors.lacks(name)
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise errors.parameter(f"Param {name} must be a JSON object.")
    return found


def check_message(view: View, message: Json) -> Json:
    """Check a message that is no utility template; what the person gets.

    Raises:
        GraphError: 100, or 10 for a feature that the application lacks.
    """
    text, attachment = message.get("text"), message.get("attachment")
    if (text is None) == (attachment is None):
        raise errors.parameter("Message must have either text or an attachment, and not both.")
    if text is not None:
        _need_text("message[text]", text, MOST_TEXT)
    else:
        _check_attachment(view, _object("message[attachment]", attachment))
    _check_replies(message.get("quick_replies"))
    return {n: message[n] for n in ("text", "attachment", "quick_replies") if n in message}


def _check_replies(replies: Any) -> None:
    if replies is None:
        return
    if not isinstance(replies, list) or not 1 <= len(replies) <= MOST_REPLIES:
        raise errors.parameter(f"Param message[quick_replies] must hold 1 to {MOST_REPLIES}.")
    for number, reply in enumerate(replies):
        where = f"message[quick_replies][{number}]"
        if _object(where, reply).get("content_type") not in {"text", "user_email"}:
            raise errors.parameter(f"Param {where}[content_type] is not supported.")
        if reply["content_type"] == "text":
            _need_text(f"{where}[title]", reply.get("title"), MOST_TITLE)
            _need_text(f"{where}[payload]", reply.get("payload"), MOST_PAYLOAD)


def _check_attachment(view: View, attachment: Json) -> None:
    kind, payload = attachment.get("type"), _object("payload", attachment.get("payload"))
    if kind in FILES:
        if not payload.get("url") and not payload.get("attachment_id"):
            raise errors.lacks("message[attachment][payload][url]")
        return
    if kind != "template":
        raise errors.parameter(f"Param message[attachment][type] is none: {kind}")
    match payload.get("template_type"):
        case "button":
            _need_text("text", payload.get("text"), MOST_BUTTON_TEXT)
            _check_buttons(payload.get("buttons"), least=1)
        case "generic":
            _check_cards(payload.get("elements"))
        case "one_time_notif_req":
            if ONCE_FEATURE not in view.caller.app.features:
                raise errors.lacks_feature(ONCE_FEATURE)
            _need_text("title", payload.get("title"), MOST_ONCE_TITLE)
            _need_text("payload", payload.get("payload"), MOST_PAYLOAD)
        case "notification_messages":
            if view.now >= RECURRING_END:
                raise ended("Recurring notifications")
            raise errors.lacks_feature("Recurring Notifications")
        case other:
            raise errors.parameter(f"Invalid template_type: {other}")


def _check_cards(cards: Any) -> None:
    if not isinstance(cards, list) or not 1 <= len(cards) <= MOST_CARDS:
        raise errors.parameter(f"Param elements must hold 1 to {MOST_CARDS} elements.")
    for card in cards:
        _need_text("elements[title]", _object("elements", card).get("title"), 80)
        _check_buttons(card.get("buttons", []), least=0)


def _check_buttons(buttons: Any, *, least: int) -> None:
    if not isinstance(buttons, list) or not least <= len(buttons) <= MOST_BUTTONS:
        raise errors.parameter(f"Param buttons must hold {least} to {MOST_BUTTONS} buttons.")
    for button in buttons:
        kind = _object("buttons", button).get("type")
        if kind not in BUTTONS:
            raise errors.parameter(f"Param buttons[type] must be one of {{{', '.join(BUTTONS)}}}")
        _need_text("buttons[title]", button.get("title"), MOST_TITLE)
        if kind != "web_url":
            _need_text("buttons[payload]", button.get("payload"), MOST_PAYLOAD)
        elif not str(button.get("url", "")).startswith(("https://", "http://")):
            raise errors.parameter("Param buttons[url] must be an address.")


def _object(name: str, value: Any) -> Json:
    if not isinstance(value, dict):
        raise errors.parameter(f"Param {name} must be an object.")
    return value


def _need_text(name: str, value: Any, most: int) -> None:
    if not isinstance(value, str) or not value.strip():
        raise errors.lacks(name)
    if len(value) > most:
        raise errors.parameter(f"Length of param {name} must be less than or equal to {most}")


def utility_of(message: Json) -> Json | None:
    """Give what names a utility template, in either of its two shapes; None where none is."""
    if isinstance(found := message.get("template"), dict):
        return found
    payload = (message.get("attachment") or {}).get("payload") or {}
    return payload if payload.get("template_type") == "utility_messages" else None


def fill_template(view: View, templates: Sequence[Template], asked: Json) -> Json:
    """Fill a utility template; what the person gets.

    Raises:
        GraphError: there is none of this name in this language, it is not approved, or the values
            do not fit its places (100).
    """
    language = asked.get("language")
    code = language.get("code") if isinstance(language, dict) else language
    named = [t for t in templates if t.name == asked.get("name") and t.language == code]
    if not named:
        said = f"Template name ({asked.get('name')}) does not exist in the translation ({code})"
        raise errors.parameter(said)
    template = named[0]
    if (status := template.status(view.now)) != "APPROVED":
        raise errors.parameter(f"Template {template.name} is not approved: {status}")
    values = _values(asked.get("components") or [])
    wanted = places_in(template.text)
    if len(values) != wanted:
        said = f"Number of parameters does not match the template: {len(values)} for {wanted}"
        raise errors.parameter(said)
    return {"text": filled(template.text, values)}


def _values(components: Any) -> list[str]:
    if not isinstance(components, list):
        raise errors.parameter("Param components must be an array.")
    found: list[str] = []
    for part in components:
        if str(_object("components", part).get("type", "")).lower() != "body":
            continue
        for value in part.get("parameters", ()):
            if _object("parameters", value).get("type") != "text":
                raise errors.parameter("Param components[parameters][type] must be text.")
            _need_text("components[parameters][text]", value.get("text"), MOST_TEXT)
            found.append(value["text"])
    return found
