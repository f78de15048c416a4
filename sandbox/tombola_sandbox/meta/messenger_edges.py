"""Where Messenger is at Graph: its paths."""

from collections.abc import Callable
from typing import Any, Final

from tombola_sandbox.meta import (
    messenger_control,
    messenger_sending,
    messenger_templates,
)
from tombola_sandbox.meta.models import Json
from tombola_sandbox.meta.view import Ask, View

EDGES: Final[dict[tuple[str, str, str], Callable[[View, Any, Ask], Json]]] = {
    ("POST", "Page", "messages"): messenger_sending.send,
    ("POST", "User", "messages"): messenger_sending.refuse_person,
    ("POST", "Page", "pass_thread_control"): messenger_control.pass_control,
    ("POST", "Page", "take_thread_control"): messenger_control.take_control,
    ("GET", "Page", "thread_owner"): messenger_control.owner,
    ("GET", "Page", "messenger_profile"): messenger_control.profile,
    ("POST", "Page", "messenger_profile"): messenger_control.set_profile,
    ("DELETE", "Page", "messenger_profile"): messenger_control.drop_profile,
    ("GET", "Page", "message_templates"): messenger_templates.listed,
    ("POST", "Page", "message_templates"): messenger_templates.make,
    ("DELETE", "Page", "message_templates"): messenger_templates.drop,
}

SENDING: Final = "messages"
"""The last part of the path that is counted by the second."""
