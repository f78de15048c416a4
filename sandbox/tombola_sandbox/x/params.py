"""Reads the parameters of a request, as strictly as the network does."""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request

from tombola_sandbox.switches import Vocabulary
from tombola_sandbox.x import dialect as words
from tombola_sandbox.x.dialect import Asked, Dialect
from tombola_sandbox.x.problems import Problem, invalid

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")
_ID = re.compile(r"[0-9]{1,19}")

SHAPE = frozenset({"expansions", "media.fields", "user.fields", "place.fields", "poll.fields"})
"""Parameters that every endpoint with posts takes, beside the fields of posts."""


FIELDS = frozenset(dialect.fields for dialect in Dialect) | {"ids"}
"""Parameters that hold a list, beside those above."""


class Params:
    """The parameters of one request; complaints are collected and raised together."""

    def __init__(self, request: Request, dialect: Dialect) -> None:
        self._args: MultiDict[str, str] = request.args
        self.dialect = dialect
        self._complaints: list[tuple[str, str, str]] = []

    def __contains__(self, name: str) -> bool:
        return name in self._args

    def text(self, name: str) -> str | None:
        """Give a parameter as it came."""
        return self._args.get(name)

    def complain(self, name: str, said: str, value: str | None = None) -> None:
        """Note what is wrong with a parameter."""
        shown = self._args.get(name, "") if value is None else value
        self._complaints.append((name, shown, said))

    def finish(self) -> None:
        """Raise what was noted.

        Raises:
            Problem: 400 with every complaint.
        """
        if self._complaints:
            raise invalid(self.dialect, *self._complaints)

    def only(self, known: Collection[str]) -> None:
        """Complain of parameters that the endpoint does not have, and of those given twice."""
        for name in self._args:
            if len(self._args.getlist(name)) > 1 and name not in SHAPE | FIELDS:
                said = f"The query parameter [{name}] can not be given more than once"
                self.complain(name, said, ",".join(self._args.getlist(name)))
            if name not in known:
                listed = ",".join(sorted(known))
                self.complain(name, f"The query parameter [{name}] is not one of [{listed}]")

    def number(self, name: str, low: int, high: int, default: int) -> int:
        """Read a whole number within bounds."""
        if (raw := self._args.get(name)) is None:
            return default
        if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
            said = f"The `{name}` query parameter value [{raw}] is not between {low} and {high}"
            self.complain(name, said)
            return default
        return int(raw)

    def one_of(self, name: str, allowed: Iterable[str], default: str) -> str:
        """Read a word out of an enumeration."""
        raw, known = self._args.get(name, default), list(allowed)
        if raw not in known:
            self.complain(name, _not_one_of(name, raw, known))
        return raw

    def id(self, name: str) -> int | None:
        """Read a post's id: one to nineteen digits."""
        if (raw := self._args.get(name)) is None:
            return None
        if not _ID.fullmatch(raw):
            said = f"The `{name}` query parameter value [{raw}] does not match ^[0-9]{{1,19}}$"
            self.complain(name, said)
            return None
        return int(raw)

    def time(self, name: str) -> datetime | None:
        """Read an RFC 3339 time, aware UTC."""
        if (raw := self._args.get(name)) is None:
            return None
        with suppress(ValueError):
            if _TIME.fullmatch(raw):
                return datetime.fromisoformat(raw).astimezone(UTC)
        said = f"The `{name}` query parameter value [{raw}] is not a valid RFC3339 timestamp"
        self.complain(name, said)
        return None

    def exclusive(self, *names: str) -> None:
        """Complain if more than one of these is given."""
        given = [name for name in names if name in self._args]
        for name in given[1:]:
            self.complain(name, f"'{given[0]}' and '{name}' are mutually exclusive")

    def listed(self, name: str, allowed: Collection[str]) -> frozenset[str]:
        """Read a list of words out of an enumeration, separated by commas."""
        raw = self._args.get(name)
        if raw is None:
            return frozenset()
        values = raw.split(",")
        for value in values:
            if value not in allowed:
                self.complain(name, _not_one_of(name, value, sorted(allowed)))
        return frozenset(values)

    def asked(self) -> Asked:
        """Read what the answer shall hold; older names from here on."""
        posts = self._fields("post", self.dialect.fields, words.POST_FIELDS[self.dialect])
        given = self.listed("expansions", words.EXPANSIONS[self.dialect])
        expansions = frozenset(_older_expansion(name) for name in given)
        return Asked(
            self.dialect,
            expansions,
            {
                "post": posts | _implied(expansions),
                "user": self._fields("user", "user.fields", words.USER_FIELDS[self.dialect]),
                "media": self._fields("media", "media.fields", words.MEDIA_FIELDS),
                "place": self._fields("place", "place.fields", words.PLACE_FIELDS),
                "poll": self._fields("poll", "poll.fields", words.POLL_FIELDS),
            },
        )

    def _fields(self, kind: str, name: str, allowed: Collection[str]) -> frozenset[str]:
        older = _OLDER_NAMES.get(kind, {})
        asked = frozenset(older.get(field, field) for field in self.listed(name, allowed))
        return asked | words.DEFAULTS[kind]


def dialect_of(request: Request, spoken: Vocabulary) -> Dialect:
    """Find out in which vocabulary the caller speaks; nothing said means the older.

    Raises:
        Problem: 400, the network does not speak it, or the caller speaks both at once.
    """
    found = {d for d in Dialect if _speaks(request.args, d)}
    if len(found) > 1 or (found and spoken.value not in {Vocabulary.BOTH, *found}):
        stranger = Dialect.TWEET if spoken is Vocabulary.POST else Dialect.POST
        raise _stranger(request.args, stranger)
    if found:
        return found.pop()
    if spoken is Vocabulary.BOTH and _asks_newer(request.args):
        return Dialect.POST
    return Dialect.POST if spoken is Vocabulary.POST else Dialect.TWEET


def _asks_newer(args: Mapping[str, str]) -> bool:
    """Say whether the fields of users alone are in the newer vocabulary."""
    asked = set(args.get("user.fields", "").split(","))
    return bool(asked & set(words.USER_NEWER.values()))


def _speaks(args: Mapping[str, str], dialect: Dialect) -> bool:
    expansions = set(args.get("expansions", "").split(","))
    mine = words.EXPANSIONS[dialect]
    other = words.EXPANSIONS[Dialect.TWEET if dialect is Dialect.POST else Dialect.POST]
    return dialect.fields in args or bool(expansions & (mine - other))


def _stranger(args: Mapping[str, str], dialect: Dialect) -> Problem:
    name = dialect.fields if dialect.fields in args else "expansions"
    mother = Dialect.TWEET if dialect is Dialect.POST else Dialect.POST
    return invalid(mother, (name, args.get(name, ""), f"The query parameter [{name}] is not known"))


def _older_expansion(name: str) -> str:
    older = name.replace("referenced_posts", "referenced_tweets").replace("_post_ids", "_tweet_ids")
    return "referenced_tweets.id" if older == "referenced_tweets" else older


_OLDER_NAMES: Mapping[str, Mapping[str, str]] = {"post": words.OLDER, "user": words.USER_OLDER}

_IMPLIED: Mapping[str, str] = {
    "author_id": "author_id",
    "attachments.media_keys": "attachments",
    "attachments.poll_ids": "attachments",
    "entities.mentions.username": "entities",
    "geo.place_id": "geo",
    "in_reply_to_user_id": "in_reply_to_user_id",
    "referenced_tweets.id": "referenced_tweets",
    "referenced_tweets.id.author_id": "referenced_tweets",
}


def _implied(expansions: Iterable[str]) -> frozenset[str]:
    """Give the fields that an expansion brings along: the ids it expands."""
    return frozenset(_IMPLIED[name] for name in expansions if name in _IMPLIED)


def _not_one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    return f"The `{name}` query parameter value [{value}] is not one of [{','.join(allowed)}]"
