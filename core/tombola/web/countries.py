"""Countries by their two letters (ISO 3166-1), with their names in the reader's language.

The codes are those of ``iso3166.tab``, which comes with the time zone database; the names are
Unicode's (CLDR), by way of Babel.
"""

from functools import cache, lru_cache
from importlib.resources import files
from unicodedata import normalize

from babel import Locale, UnknownLocaleError


@cache
def codes() -> frozenset[str]:
    """All of them, such as ``DE``."""
    text = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in text.splitlines() if line and not line.startswith("#"))


def name(code: str, tag: str) -> str:
    """What a language calls a country; the code where nobody knows."""
    return _names(tag).get(code, code)


@lru_cache(maxsize=16)
def listed(tag: str) -> tuple[tuple[str, str], ...]:
    """Every country as (code, name), in the order of the names without their accents."""
    found = [(code, name(code, tag)) for code in codes()]
    return tuple(sorted(found, key=lambda each: (normalize("NFD", each[1].casefold()), each[0])))


@lru_cache(maxsize=16)
def _names(tag: str) -> dict[str, str]:
    try:
        territories = Locale.parse(tag, sep="-").territories
    except (UnknownLocaleError, ValueError):
        territories = Locale("en").territories
    return {code: str(territories[code]) for code in codes() if code in territories}
