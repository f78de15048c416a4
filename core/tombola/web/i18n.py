"""Texts in the reader's language: gettext catalogues, in templates and in Python as ``_``."""

import gettext as catalogues
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, g, has_request_context, request

_DOMAIN = "tombola"
_SOURCE = "en"
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def install(app: Flask, folder: Path | None = None) -> None:
    """Give templates ``_`` and ``language``; ``folder`` holds ``<lang>/LC_MESSAGES/tombola.mo``."""
    place = folder or Path(__file__).parent / "locale"
    app.extensions["tombola_locale"] = place
    app.jinja_env.add_extension("jinja2.ext.i18n")
    install_callables = vars(app.jinja_env)["install_gettext_callables"]  # the extension's own
    install_callables(gettext, ngettext, newstyle=True)
    app.jinja_env.globals.update(language=language, direction=direction)


def language() -> str:
    """The running request's language: the best of those we have for what the browser asks for."""
    if not has_request_context():
        return _SOURCE
    if "language" not in g:
        known = [_SOURCE, *_known(_folder())]
        g.language = request.accept_languages.best_match(known, _SOURCE) or _SOURCE
    return str(g.language)


def direction() -> str:
    """``rtl`` where the running request's language is written from right to left."""
    return "rtl" if language().split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def gettext(message: str) -> str:
    """The message in the reader's language."""
    return _catalogue().gettext(message) if message else ""  # "" is the catalogue's own header


def ngettext(one: str, many: str, n: int) -> str:
    """The message for a number, in the reader's language."""
    return _catalogue().ngettext(one, many, n)


def _catalogue() -> catalogues.NullTranslations:
    if not has_request_context():
        return catalogues.NullTranslations()
    return _load(_folder(), language())


def _folder() -> Path:
    folder: Path = current_app.extensions["tombola_locale"]
    return folder


@lru_cache(maxsize=64)
def _load(folder: Path, wanted: str) -> catalogues.NullTranslations:
    return catalogues.translation(_DOMAIN, folder, languages=[wanted], fallback=True)


@lru_cache(maxsize=8)
def _known(folder: Path) -> tuple[str, ...]:
    return tuple(
        sorted(path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{_DOMAIN}.mo"))
    )
