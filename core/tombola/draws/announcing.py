"""What a team posts about its winners: names as short as it wishes, and the layout of a picture.

Pure. The picture is drawn by the reader's browser, whose fonts know all scripts.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

#: Names of one picture; of more, the picture says how many there are besides.
MOST_NAMES = 12
#: Letters that stand for no width, and those that are twice as wide as others.
_WIDE = frozenset("WF")
#: From one line's foot to the next one's, in heights of its letters, by what the line is.
_LEAD = {"title": 1.5, "head": 1.5, "prize": 2.5, "name": 1.4}


class Names(StrEnum):
    """How much of a name is shown."""

    FULL = "full"
    FIRST = "first"
    INITIALS = "initials"
    HANDLE = "handle"


class Shape(StrEnum):
    """What the picture is made for; its value is what addresses say."""

    SQUARE = "square"
    WIDE = "wide"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as the networks ask for posts and for links."""
        return (1080, 1080) if self is Shape.SQUARE else (1200, 630)


@dataclass(frozen=True, slots=True)
class Won:
    """Somebody who won: the name as known, and what their network calls them."""

    prize: str
    name: str
    handle: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the picture: its words, the height of its letters and where they stand."""

    text: str
    size: int
    y: int
    kind: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture's layout, in pixels."""

    width: int
    height: int
    lines: tuple[Line, ...]


def shown(won: Won, names: Names) -> str:
    """A winner's name as it may be shown; "" where nothing is left to show.

    >>> [shown(Won("", "Anna Maria Ångström", "anna.m"), names) for names in Names]
    ['Anna Maria Ångström', 'Anna Å.', 'A. M. Å.', '@anna.m']
    >>> shown(Won("", "Cher", ""), Names.FIRST), shown(Won("", "", "anna"), Names.FULL)
    ('Cher', '@anna')
    """
    parts = won.name.split()
    if names is Names.HANDLE or not parts:
        return f"@{won.handle}" if won.handle else shown(won, Names.FIRST) if parts else ""
    if names is Names.INITIALS:
        return " ".join(_initial(part) for part in parts)
    if names is Names.FIRST and len(parts) > 1:
        return f"{parts[0]} {_initial(parts[-1])}"
    return " ".join(parts)


def by_prize(winners: Sequence[Won], names: Names, nobody: str) -> list[tuple[str, list[str]]]:
    """Prizes in their order, each with its winners' names; ``nobody`` stands for one without."""
    found: dict[str, list[str]] = {}
    for won in winners:
        found.setdefault(won.prize, []).append(shown(won, names) or nobody)
    return list(found.items())


def sheet(
    shape: Shape, head: str, title: str, prizes: Sequence[tuple[str, Sequence[str]]], more: str
) -> Sheet:
    """Lay the words out so that each line fits and the whole stands in the middle.

    Args:
        shape: Of the picture.
        head: Above everything, such as "The winners are".
        title: The campaign's.
        prizes: As ``by_prize``.
        more: Said of the winners beyond ``MOST_NAMES``, with ``{n}`` for their number.
    """
    width, height = shape.size
    names = sum(len(each) for _, each in prizes)
    base = height // (13 if names <= MOST_NAMES // 2 else 20)
    asked: list[tuple[str, int, str]] = [(title, base * 3 // 4, "title"), (head, base, "head")]
    left = MOST_NAMES
    for prize, each in prizes:
        if not left:
            break
        asked.append((prize, base * 5 // 8, "prize"))
        asked += [(name, base, "name") for name in each[:left]]
        left -= min(len(each), left)
    if names > MOST_NAMES:
        asked.append((more.format(n=names - MOST_NAMES), base * 5 // 8, "prize"))
    room = height * 76 // 100
    tall = sum(size * _LEAD[kind] for _, size, kind in asked)
    scale = min(1.0, room / tall)
    lines, y = [], (height * 92 // 100 - round(tall * scale)) // 2
    for text, size, kind in asked:
        fitting = min(size * scale, width * 0.86 / max(_width(text), 1))
        y += round(size * scale * _LEAD[kind])
        lines.append(Line(text, round(fitting), y, kind))
    return Sheet(width, height, tuple(lines))


def _initial(word: str) -> str:
    return f"{word[0].upper()}."


def _width(text: str) -> float:
    """About how wide a text is, in heights of its letters."""
    wide = sum(unicodedata.east_asian_width(char) in _WIDE for char in text)
    return 0.58 * (len(text) - wide) + 1.02 * wide
