"""The models of the API as people read them: a line for each field, nested ones with their path."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from tombola.rest.openapi import inlined


class Line(NamedTuple):
    """A field: its path, such as ``entries[].email``, and what it is."""

    name: str
    about: str


def lines(model: type[BaseModel]) -> list[Line]:
    """A model's fields in their order."""
    return list(_fields(inlined(model), ""))


def _fields(schema: dict[str, Any], before: str) -> Iterator[Line]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        path = f"{before}{name}"
        yield Line(path, _about(each, required=name in required))
        inner = each.get("items", each) if each.get("type") == "array" else each
        mark = "[]." if each.get("type") == "array" else "."
        if isinstance(inner, dict) and "properties" in inner:
            yield from _fields(inner, path + mark)


def _about(schema: dict[str, Any], *, required: bool) -> str:
    kind = str(schema.get("type", "")) or "value"
    if "enum" in schema:
        kind = " | ".join(map(str, schema["enum"]))
    elif "format" in schema:
        kind = str(schema["format"])
    facts = [kind, *(["required"] if required else [])]
    for word, name in (
        ("at least", "minimum"),
        ("at most", "maximum"),
        ("letters at most", "maxLength"),
        ("items at most", "maxItems"),
    ):
        if name in schema:
            facts.append(f"{word} {schema[name]}")
    said = str(schema.get("description", "")).split("\n\n")[0]
    return f"{', '.join(facts)}. {said}".strip()
