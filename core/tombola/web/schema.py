"""From a pydantic model to the fields of a form, by way of its JSON Schema.

What a model's author can say, besides types and ``Field(title=…, description=…, examples=[…])``,
goes into
``Field(json_schema_extra={…})``:

======================  ============================================================================
``"format"``            ``"textarea"`` for a text of several lines; ``"list"`` for a file of lines
                        that the plugin keeps (``ActionType.take_upload``)
``"options"``           ``"remote"``: suggestions come from the plugin's ``options()`` while typing
``"labels"``            ``{value: words}`` for the values of an enumeration
``"unit"``              words shown behind a number
======================  ============================================================================
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

_LONG_TEXT = 300
_INPUT_MODES = {"number": "decimal"}
_INPUT_TYPES = {"email": "email", "tel": "tel", "uri": "url", "url": "url", "date": "date"}


class Kind(StrEnum):
    """The control that a field gets."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    CHECK = "check"
    CHOICE = "choice"
    CHOICES = "choices"
    LINES = "lines"
    MOMENT = "moment"
    SECRET = "secret"  # noqa: S105 - the kind of a field
    REMOTE = "remote"
    UPLOAD = "upload"
    GROUP = "group"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field as its model declares it.

    ``name`` is the path with dots (``reply.text``). ``choices`` are (value, words). ``default`` is
    JSON data.
    ``optional`` fields may be ``None`` or left to their default.
    """

    name: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = False
    nullable: bool = False
    default: Any = None
    choices: tuple[tuple[str, str], ...] = ()
    input_type: str = "text"
    #: The keyboard of a phone, where the type does not tell it: HTML's ``inputmode``.
    input_mode: str = ""
    step: str = ""
    minimum: str = ""
    maximum: str = ""
    max_length: int | None = None
    placeholder: str = ""
    unit: str = ""
    children: tuple["FieldSpec", ...] = ()


def fields_of(model: type[BaseModel]) -> tuple[FieldSpec, ...]:
    """The fields of a model in their order; nested models are groups."""
    schema = model.model_json_schema()
    return tuple(_children(schema, schema.get("$defs", {}), ""))


def leaves(fields: tuple[FieldSpec, ...]) -> Iterator[FieldSpec]:
    """The fields that hold a value, groups opened."""
    for field in fields:
        if field.kind is Kind.GROUP:
            yield from leaves(field.children)
        else:
            yield field


def _children(
    schema: Mapping[str, Any], defs: Mapping[str, Any], prefix: str
) -> Iterator[FieldSpec]:
    required = set(schema.get("required", ()))
    for name, raw in schema.get("properties", {}).items():
        yield _field(raw, defs, prefix + name, required=name in required)


def _field(
    raw: Mapping[str, Any], defs: Mapping[str, Any], name: str, *, required: bool
) -> FieldSpec:
    schema, nullable = _resolve(raw, defs)
    kind = _kind(schema, defs)
    words = {
        "label": str(schema.get("title") or name.rpartition(".")[2].replace("_", " ").capitalize()),
        "help": str(schema.get("description", "")),
        "placeholder": _example(schema),
        "unit": str(schema.get("unit", "")),
    }
    return FieldSpec(
        name=name,
        kind=kind,
        required=not nullable
        and (required or (kind is Kind.CHOICE and bool(schema.get("default")))),
        nullable=nullable,
        default=schema.get("default"),
        choices=_choices(schema, defs),
        input_type=_INPUT_TYPES.get(str(schema.get("format")), "text"),
        input_mode=_INPUT_MODES.get(str(schema.get("format")), ""),
        step=_step(schema),
        minimum=_bound(schema, "minimum", "exclusiveMinimum"),
        maximum=_bound(schema, "maximum", "exclusiveMaximum"),
        max_length=schema.get("maxLength"),
        children=tuple(_children(schema, defs, f"{name}.")) if kind is Kind.GROUP else (),
        **words,
    )


def _resolve(raw: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The schema, references followed, outer words first, and whether ``null`` is allowed."""
    schema = dict(raw)
    nullable = False
    options = schema.get("anyOf")
    if options:
        real = [option for option in options if option.get("type") != "null"]
        nullable = len(real) < len(options)
        if len(real) == 1:
            del schema["anyOf"]
            schema = {**real[0], **schema}
    if "$ref" in schema:
        target = dict(defs[schema.pop("$ref").rpartition("/")[2]])
        if "enum" in target:  # its docstring is for programmers
            target.pop("description", None)
            target.pop("title", None)
        schema = {**target, **schema}
    return schema, nullable


def _kind(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Kind:
    if schema.get("options") == "remote":
        return Kind.REMOTE
    if "enum" in schema or "const" in schema:
        return Kind.CHOICE
    kinds = {
        "boolean": Kind.CHECK,
        "integer": Kind.NUMBER,
        "number": Kind.NUMBER,
        "string": _text_kind(schema),
        "array": _list_kind(schema, defs),
        "object": Kind.GROUP if schema.get("properties") else Kind.JSON,
    }
    return kinds.get(str(schema.get("type")), Kind.JSON)


def _text_kind(schema: Mapping[str, Any]) -> Kind:
    form = schema.get("format")
    if form == "password":
        return Kind.SECRET
    if form == "date-time":
        return Kind.MOMENT
    if form == "list":
        return Kind.UPLOAD
    if form == "textarea" or schema.get("maxLength", 0) > _LONG_TEXT:
        return Kind.LONG_TEXT
    return Kind.TEXT


def _list_kind(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Kind:
    items, _ = _resolve(schema.get("items", {}), defs)
    if "enum" in items:
        return Kind.CHOICES
    return Kind.LINES if items.get("type") == "string" else Kind.JSON


def _choices(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if schema.get("type") == "array":
        schema, _ = _resolve({**schema.get("items", {}), "labels": schema.get("labels", {})}, defs)
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    labels = schema.get("labels", {})
    return tuple(
        (str(v), str(labels.get(v, str(v).replace("_", " ").capitalize()))) for v in values
    )


def _step(schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "integer":
        return str(schema.get("multipleOf", 1))
    return str(schema.get("multipleOf", "any"))


def _bound(schema: Mapping[str, Any], *names: str) -> str:
    return next((str(schema[name]) for name in names if name in schema), "")


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples") or [""]
    first = examples[0]
    return "\n".join(map(str, first)) if isinstance(first, list) else str(first)
