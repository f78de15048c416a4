"""JSON as programs send it, read in one way only: what two readers would read differently is none.

Refused are keys that stand twice, numbers that JSON does not have, numbers beyond 64 bits, and
characters that no text of ours can hold (NUL and halves of surrogate pairs).
"""

import json
import math
from typing import Any

#: Levels of nesting: more than any of our models has, less than a reader's stack bears.
DEEPEST = 40
_LARGEST = 2**63


class NotJson(ValueError):
    """The text is no JSON that we read; the message says where and why, for a program's author."""


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once: for ``json.loads(…, object_pairs_hook=once_each)``."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("A key stands twice in one object.")
    return found


def loads(raw: bytes) -> Any:
    """Read a document in UTF-8. Raises NotJson."""
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=once_each, parse_constant=_no_number
        )
    except NotJson:
        raise
    except UnicodeDecodeError as wrong:
        raise NotJson("The body is no UTF-8.") from wrong
    except (ValueError, RecursionError) as wrong:
        raise NotJson("The body is no JSON.") from wrong
    _check(value, 0)
    return value


def speakable(text: str) -> bool:
    """Whether a database and every reader can hold a text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _no_number(name: str) -> Any:
    raise NotJson(f"{name} is no number in JSON.")


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise NotJson("The body is nested too deeply.")
    if isinstance(value, str):
        if not speakable(value):
            raise NotJson("A text holds the character NUL, or half a surrogate pair.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, depth)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    elif isinstance(value, int | float) and (
        not math.isfinite(value) or not -_LARGEST <= value < _LARGEST
    ):
        raise NotJson("A number is larger than 64 bits can hold.")
