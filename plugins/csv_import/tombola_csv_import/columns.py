"""What the columns of a file are: chosen by somebody, guessed from their headings. Pure.

Source of a Gleam export's headings: Gleam's public help, “Import Entries From CSV Files” and what
it says of details, read 2026-11-21; case and spelling are taken loosely. Of ours:
``docs`` of the export of entries.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field


class Meaning(StrEnum):
    """What a column is."""

    NOTHING = "nothing"
    TIME = "time"
    NETWORK = "network"
    USERNAME = "username"
    NETWORK_ID = "network_id"
    NAME = "name"
    TEXT = "text"
    LINK = "link"
    PICTURE = "picture"
    ENTRY = "entry"
    WORTH = "worth"
    EMAIL = "email"
    DETAIL = "detail"
    DETAILS = "details"


#: Several columns may be these; of anything else there is one.
MANY: Final = frozenset({Meaning.NOTHING, Meaning.DETAIL, Meaning.DETAILS, Meaning.PICTURE})

LABELS: Final[Mapping[Meaning, str]] = {
    Meaning.NOTHING: "Leave out",
    Meaning.TIME: "Time",
    Meaning.NETWORK: "Network",
    Meaning.USERNAME: "Username",
    Meaning.NETWORK_ID: "The network's id of the person",
    Meaning.NAME: "Name",
    Meaning.TEXT: "Text of the post",
    Meaning.LINK: "Link to the post",
    Meaning.PICTURE: "Address of a picture",
    Meaning.ENTRY: "Id of the entry",
    Meaning.WORTH: "Worth",
    Meaning.EMAIL: "E-mail address: enters this person",
    Meaning.DETAIL: "A detail to keep",
    Meaning.DETAILS: "Several details (JSON or “name: value”)",
}

_TIMES: Final = (
    r"date|time|timestamp|date ?time|(created|posted|published|completed|occurred)( at| on| time)?"
    r"|datum|zeit|fecha"
)
_GUESSES: Final[Sequence[tuple[Meaning, str]]] = (
    (Meaning.EMAIL, r"e-?mail( address)?"),
    (Meaning.ENTRY, r"(entry|action|post|comment|tweet|media)? ?id|entry"),
    (Meaning.NETWORK_ID, r"(user|author|account|profile|network|twitter|x) id"),
    (Meaning.TIME, _TIMES),
    (Meaning.NETWORK, r"network|platform|provider|source|site"),
    (Meaning.USERNAME, r"(user ?name|handle|screen ?name|account|login|user|author)"),
    (Meaning.NAME, r"(full |display |first )?name|entrant|person"),
    (Meaning.TEXT, r"text|message|caption|comment|post|tweet|content|body"),
    (Meaning.LINK, r"(post |entry |comment )?(link|url|permalink|address)"),
    (Meaning.PICTURE, r"(picture|photo|image|media)( ?(url|link|address))?"),
    (Meaning.WORTH, r"worth|entries|points"),
    (Meaning.DETAILS, r"details?|other details"),
)  # fmt: skip

#: Headings of our own export that say what was, and are no news: their values are made anew.
_OURS: Final = frozenset({"entry", "network", "username", "recorded_at", "occurred_at", "state"})
_OUR_MEANINGS: Final[Mapping[str, Meaning]] = {
    "entry": Meaning.ENTRY,
    "name": Meaning.NAME,
    "network": Meaning.NETWORK,
    "username": Meaning.USERNAME,
    "worth": Meaning.WORTH,
    "occurred_at": Meaning.TIME,
    "permalink": Meaning.LINK,
    "text": Meaning.TEXT,
    "other_details": Meaning.DETAILS,
    **dict.fromkeys(("action", "state", "reason", "how", "proof"), Meaning.NOTHING),
    **dict.fromkeys(("recorded_at", "sorted_by"), Meaning.NOTHING),
}
#: A Gleam export has these; whatever else it has says more about the entrant or the action.
_GLEAM: Final = (
    {"date", "time", "date time", "created at"},
    {"email", "email address"},
    {"action"},
)
_GLEAM_MEANINGS: Final[Mapping[str, Meaning]] = {
    **dict.fromkeys(("date", "date time", "created at", "time"), Meaning.TIME),
    **dict.fromkeys(("name", "full name"), Meaning.NAME),
    **dict.fromkeys(("email", "email address"), Meaning.NOTHING),
    "worth": Meaning.WORTH,
    "details": Meaning.DETAILS,
    "id": Meaning.ENTRY,
}

Known = Literal["", "ours", "gleam"]


class Choices(BaseModel):
    """What somebody has said about a file.

    Attributes:
        meanings: one for each column.
        zone: name of the time zone of times without one.
        order: of day and month where a time is written with both as numbers before the year.
        network: of all lines, where no column says it; "" = none.
        known: whose export it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    meanings: tuple[Meaning, ...]
    zone: str = "UTC"
    order: Literal["dmy", "mdy"] = "dmy"
    network: str = Field(default="", max_length=40)
    known: Known = ""

    def column(self, meaning: Meaning) -> int | None:
        """Give the place of the one column that is this."""
        return self.meanings.index(meaning) if meaning in self.meanings else None

    def columns(self, meaning: Meaning) -> list[int]:
        """Give the places of the columns that are this."""
        return [place for place, each in enumerate(self.meanings) if each is meaning]

    def doubled(self) -> Meaning | None:
        """Give what several columns are and only one can be."""
        single = (each for each in Meaning if each not in MANY)
        return next((each for each in single if self.meanings.count(each) > 1), None)


def guessed(heads: Sequence[str], samples: Sequence[Sequence[str]], zone: str = "UTC") -> Choices:
    """Guess what the columns are.

    An address of a person's e-mail is never taken for one: that is somebody's own decision.
    """
    plain = [plainly(head) for head in heads]
    known = _known(heads, plain)
    meanings: list[Meaning] = []
    for head, words in zip(heads, plain, strict=True):
        if known == "ours":
            found = _OUR_MEANINGS.get(head.casefold(), Meaning.DETAIL)
        elif known == "gleam":
            found = _GLEAM_MEANINGS.get(words, Meaning.DETAIL)
        else:
            found = _meaning(words)
        if found in meanings and found not in MANY:
            found = Meaning.DETAIL
        meanings.append(Meaning.NOTHING if found is Meaning.EMAIL else found)
    return Choices(
        meanings=tuple(meanings), zone=zone, order=_order(meanings, samples), known=known
    )


def plainly(head: str) -> str:
    """Give a heading without capitals and punctuation."""
    return " ".join(re.sub(r"[^\w]+|_", " ", head.casefold()).split())


def _known(heads: Sequence[str], plain: Sequence[str]) -> Known:
    if {head.casefold() for head in heads} >= _OURS:
        return "ours"
    return "gleam" if all(any(each in plain for each in one) for one in _GLEAM) else ""


def _meaning(words: str) -> Meaning:
    spaced = words.replace("e mail", "email")
    return next(
        (meaning for meaning, like in _GUESSES if re.fullmatch(like, spaced)), Meaning.DETAIL
    )


def _order(meanings: Sequence[Meaning], samples: Sequence[Sequence[str]]) -> Literal["dmy", "mdy"]:
    """Tell day and month apart by a number that no month has."""
    if Meaning.TIME not in meanings:
        return "dmy"
    place = meanings.index(Meaning.TIME)
    for cells in samples:
        found = re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", cells[place])
        if found and int(found[2]) > _MONTHS:
            return "mdy"
        if found and (int(found[1]) > _MONTHS or "." in cells[place][:3]):
            return "dmy"
    slashed = any(re.match(r"\d{1,2}/\d{1,2}/\d{4}", cells[place]) for cells in samples)
    return "mdy" if slashed else "dmy"


_MONTHS: Final = 12
