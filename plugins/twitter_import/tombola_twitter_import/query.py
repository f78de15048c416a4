"""A source's configuration as a query of X's search. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from tombola_twitter_import.config import HashtagConfig, hashtag

#: Source: X, "Search Posts", query length of recent search for self-serve access, read 2026-11-21.
QUERY_MAX: Final = 512

#: Source: X, "Signing up", usernames: letters, digits and _, at most 15, read 2026-11-21.
USERNAME: Final = re.compile(r"[A-Za-z0-9_]{1,15}")

#: X cuts words where these scripts do. Elsewhere (Chinese, Japanese, Thai…) its cutting and the
#: core's plain comparison could differ, so such words are left to the core alone.
SPACED_SCRIPTS: Final = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "HEBREW", "ARABIC", "DIGIT")


def query(config: HashtagConfig) -> str:
    """Write the query.

    It never asks for less than the configuration means: required words go along where X compares
    them as the core does and where they fit, and the core looks at every post anyway.

    Source: X, "Build a query": ``#`` and ``@`` are exact; ``has:`` and ``is:`` need another
    operator beside them; a space means AND and binds tighter than OR; read 2026-11-21.
    """
    tags = _joined([f"#{tag}" for tag in config.hashtags], config.match)
    flags = [*_flags(config)]
    with_words = " ".join([tags, *_words(config), *flags])
    return with_words if len(with_words) <= QUERY_MAX else " ".join([tags, *flags])


def _flags(config: HashtagConfig) -> Iterator[str]:
    if config.photos_only:
        yield "has:images"
    yield "-is:retweet"
    if config.exclude_replies:
        yield "-is:reply"
    if config.exclude_quotes:
        yield "-is:quote"


def _words(config: HashtagConfig) -> Sequence[str]:
    """Give the required words that X can look for without missing a post that the core takes."""
    terms = [_term(word) for word in config.words]
    known = [term for term in terms if term is not None]
    if not known or (config.words_match == "any" and len(known) < len(terms)):
        return ()
    return (_joined(known, config.words_match),)


def _term(word: str) -> str | None:
    word = unicodedata.normalize("NFC", word).strip()
    if word[:1] in {"#", "\uff03"}:
        try:
            return f"#{hashtag(word)}"
        except ValueError:
            return None
    if word[:1] == "@":
        return word if USERNAME.fullmatch(word[1:]) else None
    return f'"{word}"' if word and all(map(_in_spaced_script, word)) else None


def _in_spaced_script(char: str) -> bool:
    return char.isalnum() and unicodedata.name(char, "").startswith(SPACED_SCRIPTS)


def _joined(terms: Sequence[str], match: str) -> str:
    if len(terms) == 1:
        return terms[0]
    return f"({' OR '.join(terms)})" if match == "any" else " ".join(terms)
