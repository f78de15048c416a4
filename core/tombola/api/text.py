"""Words for people: written once in English, translated where they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence with values, translatable as one.

    Attributes:
        key: the English sentence with ``%(name)s`` places; it is the message id.
        values: a word for each place.
    """

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Give the English sentence."""
        return render(self)


Text = str | Phrase


def render(text: Text, translate: Callable[[str], str] = str) -> str:
    """Say ``text`` through ``translate`` (gettext); plain text is its own message id.

    A translation with an unknown place falls back to the English sentence.
    """
    if isinstance(text, str):
        return translate(text)
    try:
        return translate(text.key) % text.values
    except (KeyError, TypeError, ValueError):
        return text.key % text.values
