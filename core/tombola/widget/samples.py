"""Code for a site's backend in many languages, with a campaign's key and name filled in. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

#: Signing an event for the page to push, or sending it from the backend itself.
Use = Literal["sign", "send"]


def _quoted(text: str) -> str:
    """A literal with double quotes as JSON, Python, JavaScript, Java, C# and Go read it."""
    return json.dumps(text, ensure_ascii=False)


def _single(text: str) -> str:
    """A literal with single quotes as PHP and Ruby read it: nothing inside means anything."""
    return "'{}'".format(text.replace("\\", "\\\\").replace("'", "\\'"))


def _shell(text: str) -> str:
    """A word as every POSIX shell reads it."""
    return "'{}'".format(text.replace("'", "'\\''"))


#: Languages by the name of their files: what they are called, and how they write a text.
LANGUAGES: dict[str, tuple[str, Callable[[str], str]]] = {
    "shell": ("curl and shell", _shell),
    "php": ("PHP", _single),
    "python": ("Python", _quoted),
    "node": ("Node.js", _quoted),
    "ruby": ("Ruby", _single),
    "java": ("Java", _quoted),
    "csharp": ("C#", _quoted),
    "go": ("Go", _quoted),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A piece of code to copy; ``language`` is the name of its file."""

    language: str
    title: str
    text: str


def samples(use: Use, *, address: str, key: str, name: str) -> list[Sample]:
    """One for each language. Secrets stand in the environment of the site's backend, never here.

    Args:
        use: What for.
        address: scheme and host of this installation, without a slash at its end.
        key: the campaign's.
        name: a tracking name; any text.
    """
    endpoint = f"{address}/api/v1/campaigns/{key}/events"
    found = []
    for language, (title, write) in LANGUAGES.items():
        values = {
            "endpoint": write(endpoint),
            "key": write(key),
            "name": write(name),
            # Within the shell's single quotes.
            "name_in_json": _quoted(name).replace("'", "'\\''"),
        }
        found.append(Sample(language, title, _filled(_template(f"{use}/{language}"), values)))
    return found


#: What tracking is used for, each with the script that reports it.
RECIPES = ("purchase", "cart", "signup", "visit", "form", "status", "referral", "feature")


def recipe(use: str, name: str) -> str:
    """The script of one of ``RECIPES``, as HTML to copy."""
    return _in_page(f"recipes/{use}", name)


def signed_push(name: str) -> str:
    """How a page asks its backend for a signature and pushes it, as HTML to copy."""
    return _in_page("signed", name)


def consent() -> str:
    """How a site's consent tool is asked first, as HTML to copy."""
    return _in_page("consent", "")


def trigger(name: str, *more: str) -> str:
    """The call with which a page reports a name, for between ``<script>`` and ``</script>``.

    ``more``: JavaScript expressions for a value, and for a signature.

    >>> trigger("VIP", "order.number")
    'Tombola.push(["VIP", order.number]);'
    """
    return f"Tombola.push([{', '.join([in_script(name), *more])}]);"


def in_script(text: str) -> str:
    """A text as JavaScript inside a page's own script element."""
    return _quoted(text).replace("<", "\\u003c")


def _in_page(template: str, name: str) -> str:
    return _filled(_template(template), {"name": in_script(name)})


def _filled(template: str, values: Mapping[str, str]) -> str:
    """One pass, so that a name like a placeholder stays a name."""
    first, *parts = template.split("{{ ")
    filled = [first]
    for part in parts:
        placeholder, _, rest = part.partition(" }}")
        filled += [values[placeholder], rest]
    return "".join(filled)


@cache
def _template(name: str) -> str:
    place = files("tombola.widget").joinpath("templates", "widget", "samples")
    return place.joinpath(f"{name}.txt").read_text(encoding="utf-8").rstrip()
