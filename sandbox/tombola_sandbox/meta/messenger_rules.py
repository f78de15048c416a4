"""Who may be written to, when and how: pure decisions, by dates.

Source: Meta, "Messenger Platform Policy Overview", "Message Tags" (three of them end on
2026-04-27), "Recurring Notifications" (ended 2026-02-10), "Send API" (2000 characters),
"Private Replies" (once, seven days), "One-Time Notification" (one year); read 2026-11.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

WINDOW: Final = timedelta(hours=24)
HUMAN_WINDOW: Final = timedelta(days=7)
REPLY_WINDOW: Final = timedelta(days=7)
ONCE_LIVES: Final = timedelta(days=365)

MOST_TEXT: Final = 2000
MOST_PAYLOAD: Final = 1000
MOST_REF: Final = 2083
MOST_REPLIES: Final = 13
MOST_TITLE: Final = 20
MOST_ONCE_TITLE: Final = 65
SENDS_A_SECOND: Final = 300
"""For each page, of text."""

TAGS_END: Final = datetime(2026, 4, 27, tzinfo=UTC)
RECURRING_END: Final = datetime(2026, 2, 10, tzinfo=UTC)
ENDED_TAGS: Final = ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE")
HUMAN_AGENT: Final = "HUMAN_AGENT"
TYPES: Final = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")

HUMAN_FEATURE: Final = "Human Agent"
ONCE_FEATURE: Final = "One-Time Notification"

PLACE: Final = re.compile(r"\{\{(\d+)\}\}")

PROMOTIONAL: Final = re.compile(
    r"\b(discount|coupon|sale|offer|deal|promo\w*|% off|buy now|shop now|free gift|save \d+|"
    r"limited time|subscribe now|last chance)\b|\d+ ?% off",
    re.IGNORECASE,
)
"""Words for which a utility template is rejected. Meta's reviewer names none; these are ours."""


def window_end(acted_at: datetime | None, *, human: bool = False) -> datetime | None:
    """Say until when one may write freely; None where the person has done nothing yet."""
    return None if acted_at is None else acted_at + (HUMAN_WINDOW if human else WINDOW)


def is_within(acted_at: datetime | None, now: datetime, *, human: bool = False) -> bool:
    """Whether one may write freely now."""
    end = window_end(acted_at, human=human)
    return end is not None and now < end


def tag_is_alive(tag: str, now: datetime) -> bool:
    """Whether a message tag works at this time."""
    return tag == HUMAN_AGENT or (tag in ENDED_TAGS and now < TAGS_END)


def places_in(text: str) -> int:
    """Count the places of a template's text; -1 where they are not numbered 1, 2, 3."""
    found = sorted({int(number) for number in PLACE.findall(text)})
    return len(found) if found == list(range(1, len(found) + 1)) else -1


def filled(text: str, values: list[str]) -> str:
    """Put values into a template's text."""
    return PLACE.sub(lambda hit: values[int(hit[1]) - 1], text)


def verdict(components: tuple[Mapping[str, Any], ...]) -> str:
    """Review a template: why it is rejected, "" where it is approved."""
    for part in components:
        text = str(part.get("text", ""))
        wanted = places_in(text)
        if wanted < 0:
            return "INVALID_FORMAT"
        if wanted and len(example_of(part)) != wanted:
            return "INVALID_FORMAT"
        if PROMOTIONAL.search(text):
            return "PROMOTIONAL"
    return ""


def example_of(part: Mapping[str, Any]) -> list[str]:
    """Give the example values of a part of a template."""
    example = part.get("example")
    rows = example.get(f"{str(part.get('type', '')).lower()}_text") if example else None
    if not isinstance(rows, list) or not rows:
        return []
    first = rows[0] if isinstance(rows[0], list) else rows
    return [str(value) for value in first]
