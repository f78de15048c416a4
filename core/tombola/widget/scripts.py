"""The scripts and styles that other sites load, with address and campaign key baked in."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

#: Scripts that put the widget into a page: at its own place, behind a tab, in place of links.
Kind = Literal["embed", "ol", "e"]


@cache
def built(name: str) -> str:
    """The committed text of a built file of ``static/``.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return files("tombola.widget").joinpath("static", name).read_text(encoding="utf-8")


@cache
def tracker(address: str, key: str) -> bytes:
    """``trk.js`` for one campaign.

    Args:
        address: scheme and host of this installation, without a slash at its end.
        key: the campaign's five characters; "" for campaigns that are found later.
    """
    return _baked("trk.min.js", {"host": address, "key": key}).encode()


def place(address: str, kind: Kind, key: str, words: Mapping[str, str | bool]) -> bytes:
    """``embed.js``, ``ol.js`` or ``e.js``: the tracker, and the widget's places behind it.

    Args:
        address: As for ``tracker``.
        kind: Which of them.
        key: As for ``tracker``.
        words: What it says to people, as ``static_src/place.js`` names them.
    """
    said: dict[str, object] = {"host": address, "kind": kind, "key": key, "words": dict(words)}
    return tracker(address, key) + b"\n" + _baked("place.min.js", said).encode()


def snippet(address: str, key: str) -> str:
    """What a site puts into its pages: the queue, and what loads ``trk.js``. HTML, as text."""
    text = files("tombola.widget").joinpath("templates", "widget", "snippet.txt")
    found = text.read_text(encoding="utf-8").rstrip()
    return found.replace("{{ address }}", address).replace("{{ key }}", key)


@cache
def fingerprint(name: str) -> str:
    """A short hash of a built file, for addresses that may be cached for good."""
    return hashlib.sha256(built(name).encode()).hexdigest()[:12]


def _baked(name: str, values: Mapping[str, object]) -> str:
    """A built script with its values, which are safe inside a page's own script element, too."""
    text = built(name)
    for each, value in values.items():
        text = text.replace(f'"{{{{{each}}}}}"', json.dumps(value).replace("<", "\\u003c"))
    return text
