"""What every page is made with, put into an application in one call."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, url_for

from tombola.api import Audience
from tombola.api.text import Text, render
from tombola.web import errors, i18n, navigation, pofiles, prose, routing, security
from tombola.web.routing import Door

#: Line ends, and the joiners that emoji and several scripts are written with.
_HARMLESS = frozenset("\n\t\u200c\u200d")
_STATIC = Path(__file__).parent / "static"


def install(
    app: Flask,
    *,
    https: bool,
    doors: Mapping[Audience, Door],
    catalogues: Sequence[Path] = (i18n.FOLDER,),
) -> None:
    """Routes guarded, headers, errors, languages, templates and static files.

    The order is the order of the checks: number, audience, forgery. Call ``routing.check_rules``
    when all
    rooms are registered.
    """
    errors.install(app)
    routing.install(app, doors)
    security.install(app, https=https)
    i18n.install(app, catalogues)
    kit = Blueprint("web", __name__, template_folder="templates")
    app.register_blueprint(kit)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=asset, links=navigation.links)
    filters = {
        "local": local_text,
        "day": day_text,
        "words": words,
        "thousands": thousands,
        "plainly": plainly,
        "ahead": ahead_text,
        "isolated": isolated,
        "prose": prose.blocks,
        "unmarked": prose.plain,
    }
    app.jinja_env.filters.update(filters)


def static_app(name: str) -> Flask:
    """A Flask application whose ``/static/`` is the kit's folder."""
    app = Flask(name, static_folder=str(_STATIC), static_url_path="/static", template_folder=None)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000
    return app


def asset(name: str) -> str:
    """The address of a static file, with its fingerprint: it may stay in caches for a year."""
    return url_for("static", filename=name, v=_fingerprint(_STATIC / name))


@lru_cache(maxsize=64)
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def local_text(moment: datetime, zone: str = "UTC") -> str:
    """An instant in words of the page's language, on the clock of a zone."""
    if i18n.language() != i18n.SOURCE:
        return pofiles.moment(moment, zone, i18n.language())
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M} {local.tzname()}"


def day_text(day: date) -> str:
    """A day of the calendar in words of the page's language."""
    return pofiles.day(day, i18n.language())


def ahead_text(length: timedelta) -> str:
    """About when, in words of the page's language."""
    return pofiles.ahead(length, i18n.language())


def isolated(text: str) -> str:
    """A name within a sentence that runs from the right: its own direction stays its own."""
    return f"\u2068{text}\u2069" if i18n.direction() == "rtl" else text


def plainly(text: str) -> str:
    """A stranger's text with invisible and direction-changing characters made visible."""
    return "".join(f"⟨U+{ord(char):04X}⟩" if _is_trick(char) else char for char in text)


def _is_trick(char: str) -> bool:
    return char not in _HARMLESS and unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs"}


def words(text: Text) -> str:
    """A plugin's or the core's text in the reader's language."""
    return render(text, i18n.gettext)


def thousands(number: int) -> str:
    """A number with the language's marks between thousands; in English with thin spaces."""
    if i18n.language() != i18n.SOURCE:
        return pofiles.number(number, i18n.language())
    return f"{number:,}".replace(",", "\u202f")
