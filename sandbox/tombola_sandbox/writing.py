"""Finds in a text what the network finds: hashtags, mentions, cashtags, links."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_BEFORE = r"(?<![\w&/@#$])"
HASHTAG = re.compile(_BEFORE + r"[#＃](\w*[^\W\d_]\w*)")  # noqa: RUF001 - the wide sign counts too
MENTION = re.compile(_BEFORE + r"@(\w{1,15})\b")
CASHTAG = re.compile(_BEFORE + r"\$([A-Za-z]{1,6})\b")
LINK = re.compile(r"https?://[^\s]+")
WORD = re.compile(r"\w+")


def _found(pattern: re.Pattern[str], text: str, name: str) -> list[dict[str, Any]]:
    return [
        {"start": hit.start(), "end": hit.end(), name: hit[1]} for hit in pattern.finditer(text)
    ]


def entities_of(text: str, ids: Mapping[str, str]) -> dict[str, Any]:
    """Make the ``entities`` of a post, old vocabulary; places are counted in code points.

    Args:
        text: as it will be shown.
        ids: user ids by lower-case username, for mentions of people who exist.
    """
    mentions = _found(MENTION, text, "username")
    for mention in mentions:
        if (found := ids.get(mention["username"].lower())) is not None:
            mention["id"] = found
    links = [
        {"start": hit.start(), "end": hit.end(), "url": hit[0], "expanded_url": hit[0]}
        for hit in LINK.finditer(text)
    ]
    parts = {
        "hashtags": _found(HASHTAG, text, "tag"),
        "mentions": mentions,
        "cashtags": _found(CASHTAG, text, "tag"),
        "urls": links,
    }
    return {name: part for name, part in parts.items() if part}


def words_of(text: str) -> tuple[str, ...]:
    """Cut a text into the words that search compares, case folded."""
    return tuple(WORD.findall(text.casefold()))


def has_run(words: tuple[str, ...], run: Iterable[str]) -> bool:
    """Say whether ``run`` stands somewhere in ``words``, unbroken."""
    wanted = tuple(run)
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))
