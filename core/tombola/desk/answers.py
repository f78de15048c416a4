"""What people have said to a campaign, as a file for spreadsheets."""

import csv
from collections.abc import Iterator
from io import StringIO

from tombola.admission import listing
from tombola.admission.listing import Row
from tombola.campaigns.service import Campaign
from tombola.db.types import time_text
from tombola.entries.exporting import harmless
from tombola.installation import Installation

_COLUMNS = ("person", "name", "email", "country", "minimum_age", "agreed_to", "at")
#: Answers to questions that are asked no more stand together.
_REST = "other_answers"
_DETAILS = (("phone", "phone"), ("address", "address"), ("birthday", "birthday"))


def lines(inst: Installation, found: Campaign) -> Iterator[bytes]:
    """The file in parts, each read in a transaction of its own; no cell begins a formula."""
    asked = [*_DETAILS, *((one.key, one.label) for one in found.asks.questions)]
    yield "\ufeff".encode() + _line([*_COLUMNS, *(label for _, label in asked), _REST])
    after = 0
    while True:
        with inst.db.read() as conn:
            rows = listing.page(conn, found.id, after)
        if not rows:
            return
        yield b"".join(_line(_cells(row, [key for key, _ in asked])) for row in rows)
        after = rows[-1].identity_id


def _cells(row: Row, asked: list[str]) -> list[str]:
    given = {each.key: each.value for each in row.answers}
    rest = [f"{each.label}: {each.value}" for each in row.answers if each.key not in asked]
    return [
        row.person,
        row.name or "",
        row.email or "",
        row.country or "",
        str(row.age or ""),
        " | ".join(row.agreed),
        time_text(row.at),
        *(given.get(key, "") for key in asked),
        " | ".join(rest),
    ]


def _line(cells: list[str]) -> bytes:
    out = StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode()
