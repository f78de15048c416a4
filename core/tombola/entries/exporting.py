"""Entries as text of files: CSV for spreadsheets, JSON Lines for programs. Pure."""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import Any

from tombola.entries.listing import Line

#: Details that get a column of their own; what lies beyond, or comes while the file is written,
#: stands together in the last column.
MOST_DETAILS = 200
COLUMNS = (
    "entry", "name", "network", "username", "action", "worth", "state", "reason", "how", "proof",
    "occurred_at", "recorded_at", "sorted_by", "permalink", "text",
)  # fmt: skip
REST = "other_details"
#: With these (the last four are full-width) a spreadsheet begins a formula.
#: Source: OWASP, "CSV Injection", read 2026-11.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Shape(StrEnum):
    """What the file is."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def header(details: Sequence[str]) -> list[str]:
    """The columns of a CSV; a detail that is named like another column says what it is.

    >>> header(["OrderID", "Worth"])[-3:]
    ['OrderID', 'Worth (details)', 'other_details']
    """
    taken = {name.casefold() for name in (*COLUMNS, REST)}
    names = list(COLUMNS)
    for detail in details:
        name = detail
        while name.casefold() in taken:
            name += " (details)"
        taken.add(name.casefold())
        names.append(harmless(name))
    return [*names, REST]


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: with an apostrophe before what could be one.

    >>> harmless("=1+1"), harmless("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def csv_head(details: Sequence[str], *, bom: bool) -> bytes:
    """The first line of a CSV; ``bom`` is the mark by which some spreadsheets know UTF-8."""
    return (b"\xef\xbb\xbf" if bom else b"") + _rows([header(details)])


def csv_lines(lines: Iterable[Line], details: Sequence[str]) -> bytes:
    """Lines of a CSV after RFC 4180: own columns, one for each named detail, and the rest."""
    known = frozenset(details)
    rows = []
    for line in lines:
        rest = {name: value for name, value in line.details.items() if name not in known}
        own = (line.details.get(name, "") for name in details)
        cells = (*_values(line).values(), *own, _json(rest) if rest else "")
        rows.append([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return _rows(rows)


def json_lines(lines: Iterable[Line]) -> bytes:
    """One JSON object a line."""
    told = ({**_values(line), "details": line.details} for line in lines)
    return b"".join(f"{_json(one)}\n".encode("utf-8", "replace") for one in told)


def _rows(rows: Iterable[Sequence[Any]]) -> bytes:
    written = StringIO(newline="")
    csv.writer(written).writerows(rows)  # its own way is RFC 4180: commas, double quotes, CR LF
    return written.getvalue().encode("utf-8", "replace")


def _values(line: Line) -> dict[str, Any]:
    """What every entry says of itself, in the order of ``COLUMNS``; unknown is None."""
    said = (
        line.uid, line.who, line.network, line.handle, line.action, line.worth, line.state.value,
        line.reason, line.cause, line.proof, _time(line.occurred_at), _time(line.recorded_at),
        "recorded_at" if line.occurred_at is None else "occurred_at", line.permalink, line.text,
    )  # fmt: skip
    return dict(zip(COLUMNS, said, strict=True))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _time(at: datetime | None) -> str | None:
    """ISO 8601 in UTC, with as many parts of a second as are known."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")
