"""From the bytes of a file to its heads and lines. Pure.

Spreadsheets write what their country writes: other separators, other encodings. Which it is is
found out, and never asked.

Source: RFC 4180; Unicode, “Byte Order Mark”; read 2026-11-21.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final
from unicodedata import normalize

from tombola.api import Invalid, Phrase, Text

#: Ours, for one file; more goes into several.
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_LINES: Final = 100_000
MOST_COLUMNS: Final = 200
#: Longer cells are cut by nothing later on, so that they are refused here.
LONGEST_CELL: Final = 10_000

_SEPARATORS: Final = (",", ";", "\t", "|")
#: Records from which the separator is told.
_LOOKED_AT: Final = 20

TOO_LARGE: Final = "The file is larger than 8 MiB. Cut it into several."
NO_TEXT: Final = "This is no text. Save the spreadsheet as CSV, and send that."
EMPTY: Final = "There is nothing in this file."
NO_LINES: Final = "There is a line of headings and nothing below it."
TOO_LONG: Final = "The file has more than 100,000 lines. Cut it into several."
TOO_WIDE: Final = "The file has more than 200 columns. Take away what is not needed."
UNREADABLE: Final = "Line %(line)s cannot be read: %(why)s"
LONG_CELL: Final = "Line %(line)s has a cell of more than 10,000 characters."


@dataclass(frozen=True, slots=True)
class Lines:
    """A file as it is kept: names of its columns, and (line, cells) of each record."""

    heads: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def lines_of(raw: bytes) -> Lines:
    """Read a file.

    Raises:
        Invalid: it is empty, no text, or beyond a bound; under ``file``, with the line.
    """
    if len(raw) > MOST_BYTES:
        raise refused(TOO_LARGE)
    text = _decoded(raw)
    records = _records(text, _separator(text))
    first = next(records, None)
    if first is None:
        raise refused(EMPTY)
    heads = _heads(first[1])
    rows: list[tuple[int, tuple[str, ...]]] = []
    for line, cells in records:
        if len(rows) == MOST_LINES:
            raise refused(TOO_LONG)
        rows.append((line, _fitted(cells, len(heads))))
    if not rows:
        raise refused(NO_LINES)
    width = max(len(cells) for _, cells in rows)
    if width > MOST_COLUMNS:
        raise refused(TOO_WIDE)
    return Lines(_heads([*heads, *[""] * (width - len(heads))]), tuple(rows))


def refused(words: Text) -> Invalid:
    """Say what is wrong with the file as a whole."""
    return Invalid({"file": words})


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    elif raw.startswith(b"PK\x03\x04"):
        raise refused(NO_TEXT)
    elif b"\x00" in raw:
        text = _wide(raw)
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
    return normalize("NFC", text.replace("\x00", "").encode("utf-8", "ignore").decode())


def _wide(raw: bytes) -> str:
    """Read UTF-16 that comes without its mark: every other byte of plain letters is nothing."""
    head = raw[:400]
    for codec, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if zeros.count(0) * 2 > len(zeros):
            return raw.decode(codec, "replace")
    raise refused(NO_TEXT)


def _separator(text: str) -> str:
    """Take what cuts the headings, and then the most lines into as many cells."""

    def even(separator: str) -> tuple[bool, int, int]:
        widths = []
        try:
            for cells in csv.reader(StringIO(text, newline=""), delimiter=separator):
                if any(cells):
                    widths.append(len(cells))
                if len(widths) == _LOOKED_AT:
                    break
        except csv.Error:
            return False, 0, 0
        heads = widths[0] if widths else 1
        return heads > 1, widths.count(heads), heads

    return max(_SEPARATORS, key=even)


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Give (line, cells) of each record that holds anything."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise refused(Phrase(UNREADABLE, {"line": str(line), "why": str(error)})) from error
        if cells is None:
            return
        cells = [cell.strip() for cell in cells]
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise refused(Phrase(LONG_CELL, {"line": str(line)}))
        if any(cells):
            yield line, cells


def _heads(cells: Sequence[str]) -> tuple[str, ...]:
    """Name every column, each differently."""
    if len(cells) > MOST_COLUMNS:
        raise refused(TOO_WIDE)
    heads: list[str] = []
    for number, cell in enumerate(cells, 1):
        head = wanted = " ".join(cell.split())[:100] or f"Column {number}"
        more = 2
        while head.casefold() in {each.casefold() for each in heads}:
            head, more = f"{wanted} ({more})", more + 1
        heads.append(head)
    return tuple(heads)


def _fitted(cells: list[str], width: int) -> tuple[str, ...]:
    """Leave out empty cells beyond the headings, and add those that were left out."""
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return (*cells, *[""] * (width - len(cells)))
