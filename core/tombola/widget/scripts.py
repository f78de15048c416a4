"""The scripts and styles that other sites load, with address and campaign key baked in."""

import hashlib
import json
from functools import cache
from importlib.resources import files


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
        key: the campaign's five characters.
    """
    text = built("trk.min.js")
    for name, value in (("host", address), ("key", key)):
        text = text.replace(f'"{{{{{name}}}}}"', json.dumps(value))
    return text.encode()


@cache
def fingerprint(name: str) -> str:
    """A short hash of a built file, for addresses that may be cached for good."""
    return hashlib.sha256(built(name).encode()).hexdigest()[:12]
