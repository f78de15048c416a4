"""From a line of a file to an item, or to what is wrong with it. Pure."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from tombola.api import Identity, Item, Media, MediaKind, Phrase, Text
from tombola_csv_import.columns import Choices, Meaning
from tombola_csv_import.times import time_from, zone_of

#: Provider of people whom only a file names.
PROVIDER: Final = "csv_import.name"
#: Provider of addresses, as the core keeps them.
EMAIL: Final = "email"
#: Where X's numbers are X's people, if its plugin is installed.
X_PROVIDER: Final = "twitter_import.x"
X_NAMES: Final = frozenset({"x", "twitter", "x (twitter)", "x/twitter", "twitter/x", "x.com"})

_ADDRESS: Final = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+\.[^@\s,;<>\"'.]+")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
LONGEST_ID: Final = 200
MOST_WORTH: Final = 1_000_000

NO_TIME: Final = "“%(cell)s” is no time that can be read."
NO_LINK: Final = "“%(cell)s” is no address of a page."
NO_PICTURE: Final = "“%(cell)s” is no address of a picture."
NO_WORTH: Final = "“%(cell)s” is no worth: a whole number from 1 on."
NO_EMAIL: Final = "“%(cell)s” is no e-mail address."
LONG_ID: Final = "An id has at most 200 characters."
NOT_COUNTED: Final = "It did not count where it comes from: %(cell)s."


class Wrong(Exception):
    """A line that cannot be imported, with the reason in words."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Reader:
    """Reads lines of one file.

    Attributes:
        heads: names of its columns.
        choices: what they are.
        has_x: the plugin of X is installed, whose log-ins prove X's ids.
    """

    heads: Sequence[str]
    choices: Choices
    has_x: bool = False

    @cached_property
    def _zone(self) -> object:
        return zone_of(self.choices.zone) or zone_of("UTC")

    def item(self, cells: Sequence[str]) -> Item:
        """Read a line. Raises Wrong."""
        if self.choices.known == "ours":
            cells = [unharmed(cell) for cell in cells]
            self._must_have_counted(cells)
        time = self._cell(cells, Meaning.TIME)
        at = time_from(time, self._zone, self.choices.order) if time else None  # type: ignore[arg-type] # UTC is always there
        if time and at is None:
            raise Wrong(Phrase(NO_TIME, {"cell": shown(time)}))
        link = self._cell(cells, Meaning.LINK)
        return Item(
            self._id(cells),
            at,
            "line",
            author=self._author(cells),
            text=self._cell(cells, Meaning.TEXT),
            media=list(self._pictures(cells)),
            details=self._details(cells),
            worth=self._worth(cells),
            permalink=_url(link, NO_LINK) if link else None,
        )

    def _cell(self, cells: Sequence[str], meaning: Meaning) -> str:
        place = self.choices.column(meaning)
        return cells[place] if place is not None and place < len(cells) else ""

    def _id(self, cells: Sequence[str]) -> str:
        """Name the line by its id, or by all that it says: said again it is the same one."""
        named = self._cell(cells, Meaning.ENTRY)
        if len(named) > LONGEST_ID:
            raise Wrong(LONG_ID)
        if named:
            return named
        said = {head: cell for head, cell in zip(self.heads, cells, strict=False) if cell}
        written = json.dumps(said, sort_keys=True, ensure_ascii=True)
        return f"line-{hashlib.sha256(written.encode()).hexdigest()[:40]}"

    def _author(self, cells: Sequence[str]) -> Identity | None:
        """Say who it was: by a chosen address, by the network's id, by the name there.

        A display name says who somebody is called, and not who they are.
        """
        name = self._cell(cells, Meaning.NAME) or None
        email = self._cell(cells, Meaning.EMAIL)
        if email:
            if not _ADDRESS.fullmatch(email) or len(email) > LONGEST_ID:
                raise Wrong(Phrase(NO_EMAIL, {"cell": shown(email)}))
            return Identity(EMAIL, email.casefold(), name=name)
        network = (self._cell(cells, Meaning.NETWORK) or self.choices.network).casefold()
        number = self._cell(cells, Meaning.NETWORK_ID)
        handle = self._cell(cells, Meaning.USERNAME).removeprefix("@")
        if max(len(number), len(handle)) > LONGEST_ID:
            raise Wrong(LONG_ID)
        if self.has_x and network in X_NAMES and number.isdecimal():
            return Identity(X_PROVIDER, number, handle=handle or None, name=name)
        key = number or handle.casefold()
        if not key:
            return None
        kind = "id" if number else "name"
        return Identity(PROVIDER, f"{network}:{kind}:{key}", handle=handle or None, name=name)

    def _pictures(self, cells: Sequence[str]) -> Iterator[Media]:
        for place in self.choices.columns(Meaning.PICTURE):
            for address in cells[place].split():
                yield Media(MediaKind.PHOTO, url=_url(address, NO_PICTURE))

    def _worth(self, cells: Sequence[str]) -> int | None:
        cell = self._cell(cells, Meaning.WORTH)
        if not cell:
            return None
        digits = cell.replace(",", "").removesuffix(".0")
        if not digits.isascii() or not digits.isdecimal() or not 0 < int(digits[:9]) <= MOST_WORTH:
            raise Wrong(Phrase(NO_WORTH, {"cell": shown(cell)}))
        return int(digits)

    def _details(self, cells: Sequence[str]) -> dict[str, str]:
        """Give what is kept beside the entry, by name, in the order of the columns."""
        found: dict[str, str] = {}
        for place, meaning in enumerate(self.choices.meanings):
            cell = cells[place] if place < len(cells) else ""
            if not cell:
                continue
            if meaning is Meaning.DETAILS:
                found |= details_in(cell, self.heads[place])
            elif meaning is Meaning.DETAIL:
                found[self.heads[place].removeprefix("Import: ")] = cell
        name = self._cell(cells, Meaning.NAME)
        if name and self._author(cells) is None:
            found.setdefault("Name", name)
        return found

    def _must_have_counted(self, cells: Sequence[str]) -> None:
        """Refuse what an export of ours says was taken back, archived or never counted."""
        states = [cells[n] for n, head in enumerate(self.heads) if head.casefold() == "state"]
        if states and states[0] not in {"", "valid", "pending"}:
            raise Wrong(Phrase(NOT_COUNTED, {"cell": shown(states[0])}))


def details_in(cell: str, head: str) -> dict[str, str]:
    """Take apart what one cell says of several details; one that says one thing stays whole."""
    if cell.startswith("{"):
        try:
            said = json.loads(cell)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            return {str(name): _words(value) for name, value in said.items()}
    pairs = [part.partition(":") for part in re.split(r"[\n;|]", cell) if part.strip()]
    if pairs and all(mark and _is_name(name, value) for name, mark, value in pairs):
        return {name.strip(): value.strip() for name, _, value in pairs}
    return {head: cell}


def _is_name(name: str, value: str) -> bool:
    """Tell a name before a colon from the beginning of an address."""
    return 0 < len(name.strip()) <= LONGEST_NAME and not value.startswith("//")


LONGEST_NAME: Final = 60


def unharmed(cell: str) -> str:
    """Take off the apostrophe that an export of ours puts before what looks like a formula."""
    bare = cell.removeprefix("'")
    return bare if cell != bare and bare.lstrip(" ").startswith(_FORMULA) else cell


def shown(cell: str) -> str:
    """Give the beginning of a cell, for a message."""
    return cell if len(cell) <= SHOWN else f"{cell[: SHOWN - 1]}…"


SHOWN: Final = 60


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _url(address: str, words: str) -> str:
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in address
    except ValueError:
        good = False
    if not good or len(address) > _LONGEST_URL:
        raise Wrong(Phrase(words, {"cell": shown(address)}))
    return address


_LONGEST_URL: Final = 2_000
