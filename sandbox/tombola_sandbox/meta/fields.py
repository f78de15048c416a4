"""Reads ``fields``: names, arguments, what is wanted of the things inside.

::

    id,from{id,name},comments.limit(2).order(chronological){message},mentioned_media.media_id(1){id}

Source: Meta, "Field Expansion", read 2026-11.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tombola_sandbox.meta import errors

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEEPEST: Final = 10


@dataclass(frozen=True, slots=True)
class Field:
    """One thing asked for.

    Attributes:
        args: what stands behind it, such as ``limit``.
        inside: what is wanted of what it holds; None for whatever comes by itself.
    """

    name: str
    args: Mapping[str, str]
    inside: "tuple[Field, ...] | None" = None

    @property
    def shown_as(self) -> str:
        """Under which name it is answered."""
        return self.args.get("as", self.name)


def named(*names: str) -> tuple[Field, ...]:
    """Make plain fields."""
    return tuple(Field(name, {}) for name in names)


def parse(text: str) -> tuple[Field, ...]:
    """Read the parameter; a name that comes twice counts once.

    Raises:
        GraphError: it is not well formed (2500).
    """
    reader = _Reader(text)
    found = reader.fields(0)
    if reader.at < len(text):
        raise reader.complaint("Expected end of string")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def fields(self, depth: int) -> tuple[Field, ...]:
        if depth > _DEEPEST:
            raise self.complaint("Expected fewer levels")
        found: dict[str, Field] = {}
        while True:
            one = self._field(depth)
            found[one.shown_as] = one
            if not self._take(","):
                return tuple(found.values())

    def complaint(self, wanted: str) -> errors.GraphError:
        seen = self._text[self.at : self.at + 1]
        there = f' instead of "{seen}"' if seen else ""
        return errors.syntax(f"{wanted}{there}.", self.at, self._text)

    def _field(self, depth: int) -> Field:
        name = self._name()
        args: dict[str, str] = {}
        while self._take("."):
            key = self._name()
            if not self._take("("):
                raise self.complaint('Expected "("')
            end = self._text.find(")", self.at)
            if end < 0:
                raise self.complaint('Expected ")"')
            args[key] = self._text[self.at : end].strip()
            self.at = end + 1
        if not self._take("{"):
            return Field(name, args)
        inside = self.fields(depth + 1)
        if not self._take("}"):
            raise self.complaint('Expected "}"')
        return Field(name, args, inside)

    def _name(self) -> str:
        self._skip()
        if (hit := _NAME.match(self._text, self.at)) is None:
            raise self.complaint("Expected name")
        self.at = hit.end()
        return hit[0]

    def _take(self, sign: str) -> bool:
        self._skip()
        if not self._text.startswith(sign, self.at):
            return False
        self.at += 1
        return True

    def _skip(self) -> None:
        while self._text[self.at : self.at + 1].isspace():
            self.at += 1


def text_of(fields: Sequence[Field]) -> str:
    """Write fields as they are asked for."""
    return ",".join(_text(field) for field in fields)


def _text(field: Field) -> str:
    args = "".join(f".{name}({value})" for name, value in field.args.items())
    inside = "" if field.inside is None else f"{{{text_of(field.inside)}}}"
    return f"{field.name}{args}{inside}"
