"""A file or text of lines that somebody sends for one field of a form."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO

from werkzeug.datastructures import FileStorage, MultiDict

from tombola.api import Upload
from tombola.web.i18n import gettext as _
from tombola.web.texts import Unreadable, clean

#: What a request with a list may bring; other forms stay at the application's own limit.
LARGEST_BYTES = 8 * 1024 * 1024
MOST_LINES = 100_000
LONGEST_LINE = 1000
#: Spreadsheets write what their country writes.
_SEPARATORS = (";", "\t", ",")


@dataclass(frozen=True, slots=True)
class _Sent:
    raw: bytes
    is_table: bool


def upload_of(
    name: str, form: "MultiDict[str, str]", files: Mapping[str, FileStorage]
) -> Upload | None:
    """What was sent for a field by its controls' names, None for nothing. A file wins over a text.

    Raises:
        Unreadable: no text, no line, too many, or too long ones; says which.
    """
    do = form.get(f"{name}!do", "")
    if do == "remove":
        return Upload(())
    sent = _sent(name, form, files)
    if sent is None:
        return None
    rows = _rows(sent)[int(f"{name}!heading" in form) :]
    lines = [row for row in rows if row]
    if not lines:
        raise Unreadable(_("There is no line in it."))
    if len(lines) > MOST_LINES:
        raise Unreadable(_("These are more than 100,000 lines. Take several actions."))
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            words = _("Line %(n)d is longer than 1,000 characters.")
            raise Unreadable(words % {"n": number})
    return Upload(tuple(lines), add=do == "add", empty=len(rows) - len(lines))


def _sent(name: str, form: "MultiDict[str, str]", files: Mapping[str, FileStorage]) -> _Sent | None:
    file = files.get(f"{name}!file")
    if file is not None and file.filename:
        with file.stream:
            return _Sent(file.read(), file.filename.lower().endswith((".csv", ".tsv")))
    text = form.get(f"{name}!text", "")
    return _Sent(text.encode(), is_table=False) if text.strip() else None


def _rows(sent: _Sent) -> list[str]:
    """All rows from the first that says something to the last."""
    text = _decoded(sent.raw).strip()
    rows = _first_column(text) if sent.is_table else text.split("\n")
    return [row.strip() for row in rows]


def _first_column(text: str) -> list[str]:
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    try:
        return [row[0] if row else "" for row in csv.reader(StringIO(text), delimiter=separator)]
    except csv.Error as wrong:
        raise Unreadable(_("This CSV cannot be read: %(why)s") % {"why": str(wrong)}) from wrong


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean(raw.decode("utf-16", "replace"))
    if b"\x00" in raw or raw.startswith(b"PK\x03\x04"):
        raise Unreadable(_("This is no text. Save the spreadsheet as CSV first."))
    try:
        return clean(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return clean(raw.decode("cp1252", "replace"))
