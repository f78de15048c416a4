"""The operators of a search query, and what each asks of a post.

Source: X, "Search operators" (standalone, conjunction-required), read 2026-11.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from tombola_sandbox.writing import has_run, words_of
from tombola_sandbox.x.facts import Facts

Test = Callable[[Facts], bool]

_HAS: Final[Mapping[str, Test]] = {
    "images": lambda f: "photo" in f.media,
    "media": lambda f: bool(f.media),
    "videos": lambda f: "video" in f.media,
    "video_link": lambda f: "video" in f.media,
    "links": lambda f: bool(f.links or f.media),
    "hashtags": lambda f: bool(f.tags),
    "mentions": lambda f: bool(f.mentions),
    "cashtags": lambda f: bool(f.cashtags),
    "geo": lambda f: f.placed,
}
_IS: Final[Mapping[str, Test]] = {
    "retweet": lambda f: "retweeted" in f.refers,
    "reply": lambda f: "replied_to" in f.refers or bool(f.answered),
    "quote": lambda f: "quoted" in f.refers,
    "verified": lambda f: f.verified,
    "nullcast": lambda _: False,
}
_STANDALONE: Final[Mapping[str, Callable[[Facts, str], bool]]] = {
    "from": lambda f, value: value in f.author,
    "to": lambda f, value: value in f.answered,
    "url": lambda f, value: any(value in link for link in f.links),
    "retweets_of": lambda f, value: value in f.reposted,
    "conversation_id": lambda f, value: f.conversation == value,
    "in_reply_to_tweet_id": lambda f, value: f.refers.get("replied_to") == value,
    "in_reply_to_post_id": lambda f, value: f.refers.get("replied_to") == value,
    "quotes_of_tweet_id": lambda f, value: f.refers.get("quoted") == value,
    "quotes_of_post_id": lambda f, value: f.refers.get("quoted") == value,
    "retweets_of_tweet_id": lambda f, value: f.refers.get("retweeted") == value,
}
_AT_LEAST: Final[Mapping[str, str]] = {
    "min_likes": "like_count",
    "min_replies": "reply_count",
    "min_reposts": "retweet_count",
}

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
_NUMBER = re.compile(r"\d{1,19}")


class UnknownOperatorError(Exception):
    """The network has no such operator, or not with this value."""


def operator_test(name: str, value: str) -> tuple[Test, bool]:
    """Find what ``name:value`` asks, and whether it may stand alone.

    Raises:
        UnknownOperatorError: there is no such operator, or it does not take this value.
    """
    value = value.casefold()
    if name == "has" and value in _HAS:
        return _HAS[value], False
    if name == "is" and value in _IS:
        return _IS[value], False
    if name == "lang" and _LANGUAGE.fullmatch(value):
        return lambda f: f.lang == value, False
    if name in _AT_LEAST and _NUMBER.fullmatch(value):
        count, floor = _AT_LEAST[name], int(value)
        return lambda f: f.counts.get(count, 0) >= floor, False
    if name in _STANDALONE and value:
        ask, wanted = _STANDALONE[name], value.removeprefix("@")
        return lambda f: ask(f, wanted), True
    raise UnknownOperatorError(f"{name}:{value}")


def word_test(word: str) -> Test:
    """Find what a bare word asks: hashtag, mention, cashtag, keyword."""
    sign, rest = word[0], word[1:].casefold()
    if sign in "#＃" and rest:  # noqa: RUF001 - the wide sign counts too
        return lambda f: rest in f.tags
    if sign == "@" and rest:
        return lambda f: rest in f.mentions
    if sign == "$" and rest.isalpha():
        return lambda f: rest in f.cashtags
    return phrase_test(word)


def phrase_test(phrase: str) -> Test:
    """Find what words in this order ask; signs that make no word are sought as they stand."""
    words, literal = words_of(phrase), phrase.casefold()
    if not words:
        return lambda f: literal in f.text
    return lambda f: has_run(f.words, words)
