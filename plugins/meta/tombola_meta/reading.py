"""Values of foreign JSON, of which every field may be missing or of another kind. Pure."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

Raw = Mapping[str, Any]

#: Levels of nesting that are kept; nothing that Meta documents has more than eight. Ours.
DEPTH_MAX: Final = 20


def parsed(body: bytes) -> Any:
    """Parse JSON as ``clean`` gives it.

    Raises:
        ValueError: it is no JSON, or nested beyond reason.
    """
    try:
        return clean(json.loads(body))
    except (ValueError, RecursionError):
        raise ValueError("this is no JSON, or nested too deeply") from None


def clean(value: Any, *, depth: int = 0) -> Any:
    """Give JSON that every database keeps, with ids as text.

    NUL and halves of surrogate pairs, which JSON can say and databases refuse, are taken out;
    numbers that are none, and what is nested deeper than ``DEPTH_MAX``, become null. Ids were
    numbers in older answers and are texts today: both become text.
    """
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list):
        return value
    if depth == DEPTH_MAX:
        return None
    if isinstance(value, list):
        return [clean(each, depth=depth + 1) for each in value]
    return {
        _storable(name): _id_text(name, clean(each, depth=depth + 1))
        for name, each in value.items()
    }


def mapping(value: Any) -> Raw:
    """Give an object; an empty one for whatever else came."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> Iterator[Raw]:
    """Give the objects of a list, leaving out what is none."""
    return (
        (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())
    )


def words(value: Any) -> tuple[str, ...]:
    """Give the texts of a list."""
    if not isinstance(value, list):
        return ()
    return tuple(each for each in value if isinstance(each, str))


def text(value: Any) -> str | None:
    """Give a text; None for whatever else came or is empty."""
    return value or None if isinstance(value, str) else None


def uid(value: Any) -> str | None:
    """Give an id, which is text today and was a number in older answers; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def number(value: Any) -> float | None:
    """Give a number that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def _storable(value: str) -> str:
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def _id_text(name: str, value: Any) -> Any:
    is_id = name == "id" or name.endswith("_id")
    return str(value) if is_id and isinstance(value, int) and not isinstance(value, bool) else value
