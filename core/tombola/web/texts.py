"""From the text of one control to a value, and times back to text."""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tombola.web.i18n import gettext as _
from tombola.web.schema import FieldSpec, Kind

#: Years that stand clear of the calendar's ends in every zone.
FIRST_YEAR, LAST_YEAR = 1900, 9000


class Unreadable(ValueError):
    """A text that is no value of its field; the message is for the person who wrote it."""


def value_from_texts(spec: FieldSpec, text: str, zone: ZoneInfo) -> Any:
    """One control's text as data for the model; ``text`` is not blank. Local times are in ``zone``.

    Raises:
        Unreadable: the text cannot be of this field's kind.
    """
    text = clean(text)
    if spec.kind is Kind.LINES:
        return [line.strip() for line in text.split("\n") if line.strip()]
    if spec.kind is Kind.MOMENT:
        return moment_from_text(text, zone)
    if spec.kind is Kind.JSON:
        return _json(text)
    return text if spec.kind is Kind.SECRET else text.strip()


def clean(text: str) -> str:
    """One spelling for one text: NFC, plain line ends, no NUL and no lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    text = text.encode("utf-8", "ignore").decode()
    return unicodedata.normalize("NFC", text)


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as a ``datetime-local`` control of that zone writes it."""
    local = moment.astimezone(zone)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")


def moment_from_text(text: str, zone: ZoneInfo) -> datetime:
    """The instant of a local time; of the two in a night when clocks go back, the first.

    Raises:
        Unreadable: no time, or one that the clocks skipped.
    """
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable(_("Write a date and a time, like 2026-12-31 23:59.")) from None
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise Unreadable(_("Take a year from this age."))
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local:
        raise Unreadable(_("Clocks in this zone skip that time. Take one an hour later."))
    return instant


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(_("This is not valid JSON: %(why)s") % {"why": wrong}) from None
