"""Texts in the reader's language: one ``.po`` file a language, in templates and Python as ``_``.

Members' pages are in English. Pages of visitors speak what ``listen`` or ``speak`` choose, from the
catalogues of the core, of the plugins, and of the operator's own folder, where one more file is one
more language. Catalogues are read as they are; nothing is compiled beforehand.
"""

import gettext as catalogues
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, g, has_request_context, request

from tombola.web import pofiles

SOURCE = "en"
#: The core's own catalogues.
FOLDER = Path(__file__).parent / "locales"
_PLAIN = catalogues.NullTranslations()
#: Scripts of these languages run from right to left (CLDR 48, layout/orientation).
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


def install(app: Flask, folders: Sequence[Path] = (FOLDER,)) -> None:
    """Give templates ``_`` and ``language``; ``folders`` hold ``<language>.po``, later ones win."""
    app.extensions["tombola_locales"] = tuple(folders)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    install_callables = vars(app.jinja_env)["install_gettext_callables"]  # the extension's own
    install_callables(gettext, ngettext, newstyle=True)
    app.jinja_env.globals.update(language=language, direction=direction)


def language() -> str:
    """The running request's language: English unless its page speaks the visitor's."""
    return str(g.get("language", SOURCE)) if has_request_context() else SOURCE


def listen() -> None:
    """Speak what the visitor asks for: ``lang`` in the address or form, then the browser's wish."""
    g.language = asked() or _accepted()


def speak(wanted: str) -> None:
    """Speak this language for the rest of the request, if there is a catalogue of it."""
    found = _same(wanted)
    if found:
        g.language = found


def asked() -> str:
    """The language that the address or the form names, if we have it; else ""."""
    return _same(request.values.get("lang", "")[:20])


def known() -> tuple[str, ...]:
    """The languages there are, English first."""
    return (SOURCE, *_known(_folders()))


def name_of(tag: str) -> str:
    """What a language calls itself."""
    return pofiles.own_name(tag)


def direction(tag: str | None = None) -> str:
    """``rtl`` where a language, the running request's by default, is written from the right."""
    return "rtl" if (tag or language()).split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def gettext(message: str) -> str:
    """The message in the reader's language."""
    return _catalogue().gettext(message) if message else ""  # "" is the catalogue's own header


def ngettext(one: str, many: str, n: int) -> str:
    """The message for a number, in the reader's language."""
    return _catalogue().ngettext(one, many, n)


def in_language(tag: str, message: str) -> str:
    """The message in a language that is not the running request's."""
    return _load(_folders(), tag).gettext(message) if tag != SOURCE else message


def marked(message: str) -> str:
    """Mark a message for the catalogues that is translated where it is shown."""
    return message


def _accepted() -> str:
    return request.accept_languages.best_match(known(), SOURCE) or SOURCE


def _same(wanted: str) -> str:
    """The known language of a tag, or of its first part; "" for none."""
    tags = {tag.lower(): tag for tag in known()}
    tag = wanted.lower().replace("_", "-")
    return tags.get(tag) or tags.get(tag.split("-")[0], "")


def _catalogue() -> catalogues.NullTranslations:
    spoken = language()
    return _load(_folders(), spoken) if spoken != SOURCE else _PLAIN


def _folders() -> tuple[Path, ...]:
    folders: tuple[Path, ...] = current_app.extensions["tombola_locales"]
    return folders


@lru_cache(maxsize=64)
def _load(folders: tuple[Path, ...], wanted: str) -> catalogues.NullTranslations:
    return pofiles.load(wanted, (path for folder in folders for path in _files(folder, wanted)))


@lru_cache(maxsize=16)
def _known(folders: tuple[Path, ...]) -> tuple[str, ...]:
    found = {tag for folder in folders for path in folder.glob("*.po") if (tag := _tag(path))}
    return tuple(sorted(found - {SOURCE}))


def _files(folder: Path, wanted: str) -> Iterable[Path]:
    return (path for path in sorted(folder.glob("*.po")) if _tag(path) == wanted)


def _tag(path: Path) -> str:
    """The language of a catalogue, from its name: ``pt_BR.po`` is ``pt-BR``."""
    return path.stem.replace("_", "-")
