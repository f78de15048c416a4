"""``tombola languages``: what entrants can read, which languages say all of it, and a new file."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from tombola.plugins import catalogues, loader
from tombola.settings import get_settings
from tombola.web import i18n, pofiles

#: Where words for entrants stand, from the package's folder; what only members see is left out.
PLACES = (
    "admission/*.py",
    "claiming/rules.py",
    "claiming/service.py",
    *(
        f"draws/templates/draws/{name}.html"
        for name in ("log", "receipt", "result", "witness", "words")
    ),
    "draws/admin_announce.py",
    "entrants/*.py",
    "mail/rules.py",
    "privacy/public.py",
    "privacy/templates/privacy/my_data.html",
    "rewards/service.py",
    "web/errors.py",
    "web/forms.py",
    "web/texts.py",
    "web/words.py",
    "web/templates/web/problem*.html",
    "web/templates/web/prose.html",
    "widget/*.py",
    *(
        f"widget/templates/widget/{name}.html"
        for name in (
            "alone",
            "card",
            "claim",
            "leaving",
            "outcomes",
            "page",
            "panel",
            "prizes",
            "proof",
            "terms",
        )
    ),
)
NOT_THESE = frozenset({"admin.py", "console.py", "doctor.py"})
#: Functions that translate or mark, and where in their arguments the messages stand.
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None, "N_": None}


@dataclass(frozen=True, slots=True)
class Lack:
    """A message that a language does not say, or says with other places than the English one."""

    language: str
    message: str
    why: str


def messages() -> Catalog:
    """Every message of the core that an entrant can see, with the places where it stands."""
    root = Path(str(import_module("tombola").__file__)).parent
    found = Catalog(project="tombola", charset="utf-8", fuzzy=False)
    for pattern in PLACES:
        for path in sorted(root.glob(pattern)):
            if path.name not in NOT_THESE:
                _collect(found, path, str(path.relative_to(root)))
    return found


def lacks(tag: str, folders: Sequence[Path]) -> Iterator[Lack]:
    """What a language does not say of the core, and of each plugin's own catalogues.

    Args:
        tag: the language.
        folders: the catalogues' folders, the core's among them.
    """
    said = _said(tag, folders)
    wanted = list(messages())
    for folder in folders:
        wanted += [each for path in folder.glob("*.po") for each in pofiles.read(path, tag)]
    for name, message in {_name(each): each for each in wanted if each.id}.items():
        why = _fault(message, said.get(name))
        if why:
            yield Lack(tag, name, why)


@click.group()
def languages() -> None:
    """Languages of the entrants' pages."""


@languages.command()
@click.argument("tags", nargs=-1)
def check(tags: tuple[str, ...]) -> None:
    """Say what each language lacks; without TAGS all that there are."""
    folders = _folders()
    known = {path.stem.replace("_", "-") for folder in folders for path in folder.glob("*.po")}
    poor = 0
    for tag in tags or sorted(known):
        missing = list(lacks(tag, folders))
        click.echo(f"{tag}: {'complete' if not missing else f'{len(missing)} missing'}")
        for lack in missing:
            click.echo(f"  {lack.why}: {lack.message!r}")
        poor += bool(missing)
    sys.exit(1 if poor else 0)


@languages.command()
@click.argument("tag")
def new(tag: str) -> None:
    """Write an empty catalogue of TAG to standard output, ready to be filled in."""
    found = Catalog(locale=tag.replace("-", "_"), charset="utf-8", fuzzy=False)
    for each in messages():
        if each.id:
            found.add(each.id, "", flags=each.flags)
    for folder in _folders():
        for path in sorted(folder.glob("*.po")):
            for each in pofiles.read(path, path.stem):
                if each.id and found.get(each.id) is None:
                    found.add(each.id, "", flags=each.flags)
    write_po(sys.stdout.buffer, found, width=100, omit_header=False)


def _folders() -> list[Path]:
    settings = get_settings()
    plugins = loader.load(safe_mode=settings.safe_mode)
    return [*catalogues.folders(plugins), i18n.FOLDER, settings.languages]


def _collect(found: Catalog, path: Path, place: str) -> None:
    method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
    with path.open("rb") as file:
        for line, told, _comments, _context in extract(method, file, keywords=_KEYWORDS):
            found.add(told, locations=[(place, line)])


def _said(tag: str, folders: Sequence[Path]) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for folder in folders:
        for path in folder.glob(f"{tag.replace('-', '[-_]')}.po"):
            found |= {_name(each): each for each in pofiles.read(path, tag) if each.string}
    return found


def _name(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _fault(wanted: Message, said: Message | None) -> str:
    if said is None or not all(_strings(said)) or said.fuzzy:
        return "missing"
    places = set().union(*(_places(each) for each in _ids(wanted)))
    if any(_places(each) - places for each in _strings(said)):
        return "unknown place"
    return "" if any(_places(each) == places for each in _strings(said)) else "place left out"


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def _places(text: str) -> set[str]:
    return {part.partition(")")[0] for part in text.split("%(")[1:]}
