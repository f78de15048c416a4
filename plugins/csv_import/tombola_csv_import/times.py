"""Times as files have them. Pure."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Seconds since 1970 from here on, milliseconds from there on; smaller numbers are years or days.
_SECONDS, _MILLISECONDS = 10**8, 10**11

_SHORT: Final = re.compile(
    r"(?P<a>\d{1,2})[/.-](?P<b>\d{1,2})[/.-](?P<year>\d{4})(?:,?\s+(?P<time>.+))?"
)
_ISO_LIKE: Final = re.compile(r"(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?:[T,\s]\s*(?P<time>.+))?")
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?\s*[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_NAMED: Final = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
_WORDS: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)??"
    r"(?P<date>[A-Za-z]{3,9}\.?\s+\d{1,2},?\s+\d{4}|\d{1,2}\.?\s+[A-Za-z]{3,9}\.?\s+\d{4})"
    r"(?:,?\s+(?:at\s+)?(?P<time>.+))?"
)


def zone_of(name: str) -> ZoneInfo | None:
    """Give a time zone by its name; None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def time_from(text: str, zone: ZoneInfo, order: Literal["dmy", "mdy"]) -> datetime | None:
    """Read a time.

    Args:
        text: ISO 8601, with a space for the T if need be; day, month and year with dots, slashes
            or dashes; months by their English names; seconds or milliseconds since 1970.
        zone: of times that name none. Of the two moments of an hour that comes twice, the first.
        order: of day and month where both are numbers and the year comes last.

    Returns:
        Aware UTC; None when it is no time.
    """
    text = " ".join(text.split())
    if re.fullmatch(r"\d{9,13}(?:\.\d+)?", text):
        number = float(text)
        seconds = number / 1000 if number >= _MILLISECONDS else number
        return datetime.fromtimestamp(seconds, UTC) if number >= _SECONDS else None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    try:
        if read is None:
            read = _written(text, order)
        if read is None:
            return None
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _written(text: str, order: Literal["dmy", "mdy"]) -> datetime | None:
    if found := _ISO_LIKE.fullmatch(text):
        year, month, day = (int(part) for part in re.split(r"[-/.]", found["date"]))
        return _at(datetime(year, month, day), found["time"])  # noqa: DTZ001 - the zone follows
    if found := _SHORT.fullmatch(text):
        first, second, year = int(found["a"]), int(found["b"]), int(found["year"])
        day, month = (first, second) if order == "dmy" else (second, first)
        return _at(datetime(year, month, day), found["time"])  # noqa: DTZ001 - the zone follows
    if found := _WORDS.fullmatch(text):
        date = " ".join(re.sub(r"[.,]", " ", found["date"]).split())
        for pattern in _NAMED:
            try:
                day_read = datetime.strptime(date, pattern)  # noqa: DTZ007 - the zone follows
            except ValueError:
                continue
            return _at(day_read, found["time"])
    return None


def _at(day: datetime, time: str | None) -> datetime | None:
    """Put a time of day, with a zone if it names one, to a day."""
    if time is None:
        return day
    found = _TIME.fullmatch(time.strip())
    if found is None:
        return None
    hour = int(found["hour"])
    if half := found["half"]:
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    at = day.replace(hour=hour, minute=int(found["minute"]), second=int(found["second"] or 0))
    return at.replace(tzinfo=_offset(found["zone"])) if found["zone"] else at


def _offset(zone: str) -> timezone:
    digits = re.sub(r"[^0-9+-]", "", zone)
    if not digits:
        return UTC
    sign = -1 if digits[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5])))
