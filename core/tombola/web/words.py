"""What pydantic complains about, in words for the person at the form."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext


def complaint(error: ErrorDetails) -> str:
    """One sentence that says what to do."""
    context: Mapping[str, Any] = error.get("ctx", {})
    kind = error["type"]
    if kind in {"too_short", "too_long"} and isinstance(error["input"], str):
        kind = f"string_{kind}"
    say = _SENTENCES.get(kind)
    return say(context) if say else error["msg"]


def _fill_in(_context: Mapping[str, Any]) -> str:
    return _("Fill this in.")


def _short(context: Mapping[str, Any]) -> str:
    least = int(context["min_length"])
    if least == 1:
        return _("Fill this in.")
    return ngettext(
        "Write at least %(n)d character.", "Write at least %(n)d characters.", least
    ) % {"n": least}


def _long(context: Mapping[str, Any]) -> str:
    most = int(context["max_length"])
    return ngettext("At most %(n)d character fits.", "At most %(n)d characters fit.", most) % {
        "n": most
    }


def _few(context: Mapping[str, Any]) -> str:
    least = int(context["min_length"])
    return ngettext("Write at least %(n)d.", "Write at least %(n)d.", least) % {"n": least}


def _many(context: Mapping[str, Any]) -> str:
    return _("At most %(n)d fit here.") % {"n": context["max_length"]}


def _own_words(context: Mapping[str, Any]) -> str:
    return _(str(context["error"]))


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": _fill_in,
    "string_too_short": _short,
    "string_too_long": _long,
    "too_short": _few,
    "too_long": _many,
    "value_error": _own_words,
    "assertion_error": _own_words,
    "int_parsing": lambda _c: _("Write a whole number."),
    "int_from_float": lambda _c: _("Write a whole number."),
    "float_parsing": lambda _c: _("Write a number."),
    "decimal_parsing": lambda _c: _("Write a number."),
    "greater_than": lambda c: _("It must be more than %(n)s.") % {"n": c["gt"]},
    "greater_than_equal": lambda c: _("It must be at least %(n)s.") % {"n": c["ge"]},
    "less_than": lambda c: _("It must be less than %(n)s.") % {"n": c["lt"]},
    "less_than_equal": lambda c: _("It can be at most %(n)s.") % {"n": c["le"]},
    "multiple_of": lambda c: _("It must be a multiple of %(n)s.") % {"n": c["multiple_of"]},
    "enum": lambda _c: _("Choose one from the list."),
    "literal_error": lambda _c: _("Choose one from the list."),
    "string_pattern_mismatch": lambda _c: _("It is not written the way that is needed here."),
    "url_parsing": lambda _c: _("Write a whole web address, like https://example.com/page."),
    "url_scheme": lambda _c: _("The address must start with https:// or http://."),
    "datetime_from_date_parsing": lambda _c: _("Write a date and a time."),
    "date_from_datetime_parsing": lambda _c: _("Write a date, like 2026-12-31."),
}
