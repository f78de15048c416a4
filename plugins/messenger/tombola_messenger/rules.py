"""Messenger's rules in the words in which teams read them beside their planned messages."""

from collections.abc import Mapping, Sequence
from typing import Final

from tombola.api import PolicyRule, Text
from tombola_messenger.ways import WAYS

_WORDS: Final[Mapping[str, tuple[Text, Text]]] = {
    "window": (
        "24 hours after their last act",
        (
            "Anything may be said, promotional or not. Each message, tapped button, followed link, "
            "reaction and comment on the page begins the 24 hours again."
        ),
    ),
    "tag:CONFIRMED_EVENT_UPDATE": (
        "Tag CONFIRMED_EVENT_UPDATE",
        (
            "Was for reminders and changes of what people had entered. Refused since 2026-04-27; "
            "utility messages have taken its place."
        ),
    ),
    "utility": (
        "Utility messages",
        "At any time, in words that Meta has approved and that advertise nothing.",
    ),
    "tag:HUMAN_AGENT": (
        "Tag HUMAN_AGENT",
        (
            "Seven days after their last act, for what a human writes to one person. Tombola sends "
            "nothing by it; your team may answer in the page's inbox at Meta."
        ),
    ),
    "one_time": (
        "One-Time Notification",
        (
            "One message for each time that somebody asked for it. Not with a confirmation, since "
            "opting in may not be rewarded; for asking about campaigns to come. Off unless the "
            "operator turns it on."
        ),
    ),
    "tag:ACCOUNT_UPDATE": ("Tag ACCOUNT_UPDATE", "Not for campaigns; refused since 2026-04-27."),
    "tag:POST_PURCHASE_UPDATE": (
        "Tag POST_PURCHASE_UPDATE",
        "Not for campaigns; refused since 2026-04-27.",
    ),
    "recurring": ("Recurring notifications", "Ended on 2026-02-10; they are never sent."),
    "marketing": (
        "Marketing messages",
        "Paid, and with an advertising account; Tombola does not send them.",
    ),
}

ALL: Final[Sequence[PolicyRule]] = tuple(
    PolicyRule(*_WORDS[way.key], source=way.source, since=way.begins, until=way.ends)
    for way in WAYS
)
