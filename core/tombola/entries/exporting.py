"""Entries as files: CSV for spreadsheets, JSON Lines for programs; one batch in memory."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import Any

from sqlalchemy import select

from tombola.campaigns.service import of_team
from tombola.db.sets import document_keys
from tombola.entries import listing
from tombola.entries.filters import Filter, conditions
from tombola.entries.listing import Line, Position
from tombola.entries.models import entry
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: Lines read at a time: one short read transaction each, so that a slow client holds none open.
BATCH = 500
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


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is written while it is read: its name, its type, and its parts in order."""

    name: str
    media_type: str
    parts: Iterator[bytes]


def export(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    wanted: Filter,
    shape: Shape,
    *,
    bom: bool = False,
) -> Export:
    """Begin a file of a campaign's entries, newest own time first, and write it into the audit log.

    Entries that come while the file is read may or may not be in it; none is in it twice.

    Args:
        inst: The installation.
        actor: An editor or more; another team's campaign is not found.
        campaign_uid: The campaign.
        wanted: The list's own filters.
        shape: CSV after RFC 4180, with a column for each detail's name; or one JSON object a line.
        bom: Begin a CSV with the mark by which some spreadsheets know UTF-8.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    filters = sorted(wanted.model_dump(exclude_defaults=True))  # their names: a person is no detail
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        told = {"shape": shape.value, "filters": filters}
        audit(conn, actor, "entries.exported", found.uid, told, now)
    lines = _lines(inst, actor, campaign_uid, wanted)
    name = f"entries-{found.key}-{now:%Y-%m-%d}.{shape.value}"
    if shape is Shape.JSON_LINES:
        return Export(name, "application/jsonl", _json_lines(lines))
    details = _details(inst, actor, campaign_uid, wanted)
    return Export(name, "text/csv; charset=utf-8", _csv(lines, details, bom=bom))


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


def _details(
    inst: Installation, actor: Actor, campaign_uid: str, wanted: Filter
) -> tuple[str, ...]:
    """The names of all details among the wanted entries, sorted, as many as get a column."""
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        names = document_keys(
            conn,
            select(entry.c.details).where(*conditions(conn, found, wanted)),
            limit=MOST_DETAILS,
        )
    return tuple(names)


def _lines(inst: Installation, actor: Actor, campaign_uid: str, wanted: Filter) -> Iterator[Line]:
    after: Position | None = None
    while True:
        page = listing.page(inst, actor, campaign_uid, wanted, after, BATCH)
        yield from page.lines
        if page.next is None:
            return
        after = page.next


def _csv(lines: Iterator[Line], details: Sequence[str], *, bom: bool) -> Iterator[bytes]:
    written = StringIO(newline="")
    writer = csv.writer(written)  # its own way is RFC 4180: commas, double quotes, CR LF
    writer.writerow(header(details))
    if bom:
        yield b"\xef\xbb\xbf"
    known = frozenset(details)
    for line in lines:
        values = _values(line)
        rest = {name: value for name, value in line.details.items() if name not in known}
        own = (line.details.get(name, "") for name in details)
        cells = (*values.values(), *own, _json(rest) if rest else "")
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
        if written.tell() > BATCH * 100:
            yield _taken(written)
    yield _taken(written)


def _json_lines(lines: Iterator[Line]) -> Iterator[bytes]:
    for line in lines:
        yield f"{_json({**_values(line), 'details': line.details})}\n".encode()


def _values(line: Line) -> dict[str, Any]:
    """What every entry says of itself, in the order of ``COLUMNS``; unknown is None."""
    said = (
        line.uid, line.who, line.network, line.handle, line.action, line.worth, line.state.value,
        line.reason, line.cause, line.proof, _time(line.occurred_at), _time(line.recorded_at),
        "recorded_at" if line.occurred_at is None else "occurred_at", line.permalink, line.text,
    )  # fmt: skip
    return dict(zip(COLUMNS, said, strict=True))


def _taken(written: StringIO) -> bytes:
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text.encode("utf-8", "replace")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _time(at: datetime | None) -> str | None:
    """ISO 8601 in UTC, with as many parts of a second as are known."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")
