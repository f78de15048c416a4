"""Hashtags: as teams type them, and as they stand in texts at Instagram. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

#: Longer ones cannot be typed there. Ours.
HASHTAG_MAX: Final = 100

#: Letters, marks and digits of any script, and the underscore.
#: Source: Instagram Platform, “IG Hashtag Search”, ``q`` (no sign, no emoji); read 2026-11-21.
_SIGNS: Final = frozenset("#\uff03")
_IN_TEXT: Final = re.compile("[#\uff03]([\\w\u200c\u200d]+)")


def hashtag(typed: str) -> str:
    """Tidy a hashtag as people type it: no ``#`` in front, no spaces around, NFC.

    Raises:
        ValueError: it cannot be a hashtag at Instagram; the message says why.
    """
    tag = unicodedata.normalize("NFC", typed).strip()
    tag = tag[1:] if tag[:1] in _SIGNS else tag
    if not tag:
        raise ValueError("a hashtag is missing")
    if wrong := next((char for char in tag if not _may_stand(char)), None):
        what = "a space" if wrong.isspace() else f"“{wrong}”"
        raise ValueError(
            f"“{tag[:20]}” is no hashtag: it contains {what}. "
            "Letters and digits of any script and _ are possible, without # in front"
        )
    if not any(unicodedata.category(char).startswith("L") for char in tag):
        raise ValueError(f"“{tag[:20]}” is no hashtag: Instagram wants at least one letter in it")
    if len(tag) > HASHTAG_MAX:
        raise ValueError(f"“{tag[:20]}…” is longer than {HASHTAG_MAX} characters")
    return tag


def tidied(typed: Iterable[str]) -> tuple[str, ...]:
    """Tidy hashtags and keep each once, in the first of its ways to be written."""
    tags: dict[str, str] = {}
    for tag in map(hashtag, typed):
        tags.setdefault(folded(tag), tag)
    return tuple(tags.values())


def folded(tag: str) -> str:
    """Give the form in which equal hashtags are equal; Instagram tells no capitals apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", tag).lower())


def tags_in(text: str) -> frozenset[str]:
    """Give the hashtags of a text, folded."""
    found = _IN_TEXT.findall(unicodedata.normalize("NFC", text))
    return frozenset(map(folded, found))


def missing(wanted: Iterable[str], text: str) -> tuple[str, ...]:
    """Give those of ``wanted`` that a text does not have, in their order."""
    there = tags_in(text)
    return tuple(tag for tag in wanted if folded(tag) not in there)


def _may_stand(char: str) -> bool:
    return char in "_\u200c\u200d" or unicodedata.category(char)[0] in "LM" or char.isdecimal()
