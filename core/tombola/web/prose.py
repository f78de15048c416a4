"""A team's own text as paragraphs, lists and links: read into parts that a template writes out.

What it knows is a little of what people write in mails anyway: an empty line between paragraphs,
lines that begin with ``-`` or ``1.``, ``#`` before a heading, ``**bold**``, whole web addresses and
``[words](https://…)``. Everything else stays as it is; nothing is ever HTML of the author's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

_BULLET = re.compile(r"^\s{0,3}[-*•]\s+")
_NUMBER = re.compile(r"^\s{0,3}\d{1,3}[.)]\s+")
_HEADING = re.compile(r"^#{1,3}\s+")
_PART = re.compile(
    r"\*\*(?P<bold>[^*\n]{1,500})\*\*"
    r"|\[(?P<words>[^\[\]\n]{1,200})\]\((?P<to>https?://[^\s()<>]{1,500})\)"
    r"|(?P<bare>https?://[^\s<>\"]{1,500}[^\s<>\".,;:!?)\]'])"
)


class Kind(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BULLETS = "bullets"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class Part:
    """A run of characters: plain, bold, or a link."""

    text: str
    bold: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or heading with its lines, or a list with its items; each is a run of parts."""

    kind: Kind
    lines: tuple[tuple[Part, ...], ...]


def blocks(text: str) -> list[Block]:
    """Read a text. Never fails; what it does not know is plain.

    >>> [block.kind.value for block in blocks("- one")]
    ['bullets']
    """
    found = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n")):
        lines = [line for line in paragraph.split("\n") if line.strip()]
        for kind, some in groupby(lines, _kind_of):
            told = tuple(tuple(_parts(_bare(kind, line))) for line in some)
            if kind is Kind.HEADING:
                found += [Block(kind, (line,)) for line in told]
            else:
                found.append(Block(kind, told))
    return found


def plain(text: str) -> str:
    """The same as one line without marks, for descriptions of a page."""
    said = (
        part.text for block in blocks(text) for line in block.lines for part in (*line, Part(" "))
    )
    return " ".join("".join(said).split())


def _kind_of(line: str) -> Kind:
    for kind, begins in (
        (Kind.BULLETS, _BULLET),
        (Kind.NUMBERS, _NUMBER),
        (Kind.HEADING, _HEADING),
    ):
        if begins.match(line):
            return kind
    return Kind.PARAGRAPH


def _bare(kind: Kind, line: str) -> str:
    begins = {Kind.BULLETS: _BULLET, Kind.NUMBERS: _NUMBER, Kind.HEADING: _HEADING}.get(kind)
    return begins.sub("", line, count=1) if begins else line


def _parts(line: str) -> Iterator[Part]:
    end = 0
    for match in _PART.finditer(line):
        if match.start() > end:
            yield Part(line[end : match.start()])
        end = match.end()
        if match["bold"]:
            yield Part(match["bold"], bold=True)
        else:
            address = match["to"] or match["bare"]
            yield Part(match["words"] or address, href=address)
    if end < len(line):
        yield Part(line[end:])
