"""Catalogues as translators write them, and dates and numbers as a language writes them."""

import gettext as catalogues
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_name
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

log = structlog.get_logger(__name__)


def load(tag: str, paths: Iterable[Path]) -> catalogues.NullTranslations:
    """One catalogue of several files, later ones winning; an unreadable one is left out and told.

    Args:
        tag: the language, such as ``pt-BR``.
        paths: its files. Each says its own plural rule; without one it is Unicode's.
    """
    whole = catalogues.NullTranslations()
    for path in paths:
        try:
            found = read(path, tag)
        except (PoFileError, ValueError, OSError):
            log.exception("catalogue_unreadable", path=str(path))
            continue
        packed = BytesIO()
        write_mo(packed, found)
        packed.seek(0)
        one = catalogues.GNUTranslations(packed)
        one.add_fallback(whole)
        whole = one
    return whole


def read(path: Path, tag: str) -> Catalog:
    """One file. Raises PoFileError, ValueError or OSError."""
    with path.open("rb") as file:
        return read_po(file, locale=_locale(tag), abort_invalid=True)


def moment(at: datetime, zone: str, tag: str) -> str:
    """An instant on the clock of a zone, with that clock's name."""
    locale = _locale(tag) or Locale("en")
    local = at.astimezone(ZoneInfo(zone))
    said = format_datetime(local, _pattern(locale), tzinfo=ZoneInfo(zone), locale=locale)
    clock = get_timezone_name(local, "short", locale=locale)
    return f"{said} {local.tzname() if clock[:1] in '+-' else clock}"


def day(at: date, tag: str) -> str:
    """A day of the calendar."""
    return format_date(at, "d MMM y", locale=_locale(tag) or Locale("en"))


def ahead(length: timedelta, tag: str) -> str:
    """About when, in the largest unit that says it well, such as in 5 hours."""
    locale = _locale(tag) or Locale("en")
    return format_timedelta(length, threshold=1.5, add_direction=True, locale=locale)


def number(value: int, tag: str) -> str:
    """A whole number with the language's marks between thousands."""
    return format_decimal(value, locale=_locale(tag) or Locale("en"))


def own_name(tag: str) -> str:
    """What a language calls itself; the tag where nobody knows."""
    locale = _locale(tag)
    return (locale.get_display_name(locale) if locale else None) or tag


def _pattern(locale: Locale) -> str:
    """The date with the month's name and the time without seconds, joined as the language does."""
    date, time = locale.date_formats["long"].pattern, locale.time_formats["short"].pattern
    joined = str(locale.datetime_formats["medium"])
    return joined.replace("{0}", time).replace("{1}", date)


@lru_cache(maxsize=128)
def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
