"""The OpenAPI 3.1 document, made from the declarations of the routes and from their models.

Pydantic writes JSON Schema 2020-12, which is the dialect of OpenAPI 3.1, so that schemas are taken
as they are. Source: OpenAPI Specification 3.1.1, sections 4.8.8 to 4.8.24, read 2026-11.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from tombola.rest.problems import KINDS, Problem
from tombola.rest.registry import Operation
from tombola.widget.idempotency import KEPT

VERSION = "1.0.0"
_REF = "#/components/schemas/{model}"
_ABOUT = (
    "Everything that a team can do on its pages, for its own programs. A token is made on the "
    "page “API tokens” and sent as “Authorization: Bearer …”. Times are RFC 3339; answers have "
    "them in UTC. Lists go on by an opaque `next`. What cannot be done is a problem after RFC 9457 "
    "with a `type` that stays. A request under an Idempotency-Key is done once and answered alike "
    f"for {KEPT.days} days."
)
#: What the names in addresses look like.
_KEY = {"type": "string", "pattern": "^[0-9A-Za-z]{5}$"}
_UID = {
    "type": "string",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$",
}
_KIND = {"type": "string", "pattern": r"^[a-z][a-z0-9_.]{0,99}$"}
_PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "campaign": (_KEY, "The campaign's key, five letters and digits."),
    "type_key": (_KIND, "The key of a type of action."),
    "language": (
        {"type": "string", "pattern": "^[A-Za-z]{2,8}(-[0-9A-Za-z]{2,8})*$"},
        "A language, such as de.",
    ),
}


def document(operations: Sequence[Operation], server: str) -> dict[str, Any]:
    """The whole description.

    Args:
        operations: Of all rooms, in the order in which people read them.
        server: The installation's address.
    """
    schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tombola", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": server}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
            "responses": {"Problem": _problem()},
        },
    }


def parameters(one: Operation) -> list[dict[str, Any]]:
    """What an operation takes besides its body: names in the address, words, headers."""
    found = [_place(name) for name in re.findall(r"{(\w+)}", one.path)]
    if one.query is not None:
        schema = inlined(one.query)
        found += [
            _word(name, each, required=name in schema.get("required", ()))
            for name, each in schema["properties"].items()
        ]
    if one.writes:
        found.append(
            _header("Idempotency-Key", "^[!-~]{1,200}$", "Do this once, however often it is sent.")
        )
    if one.versioned and one.method == "PATCH":
        found.append(
            _header("If-Match", '^"[0-9]{1,9}"$', "The ETag that was read; if it changed: 412.")
        )
    return found


class _Plain(GenerateJsonSchema):
    """Schemas without titles made from names, which say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for one in operations:
        if one.body is not None:
            wanted[one.body, "validation"] = None
        if one.answer is not None:
            wanted[one.answer, "serialization"] = None
    _map, definitions = models_json_schema(list(wanted), ref_template=_REF, schema_generator=_Plain)
    found: dict[str, Any] = definitions["$defs"]
    return found


def _operation(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": f"{one.description}\n\nScope: `{one.scope.value}`.".strip(),
        "security": [{"token": [one.scope.value]}],
        "parameters": parameters(one),
        "responses": {
            str(one.status): _success(one),
            **{str(kind.status): {"$ref": "#/components/responses/Problem"} for kind in KINDS},
        },
    }
    if one.body is not None:
        schema = {"$ref": _REF.format(model=one.body.__name__)}
        said["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return said


def _success(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {"description": "Done." if one.answer is None else "As asked."}
    if one.answer is not None:
        schema = {"$ref": _REF.format(model=one.answer.__name__)}
        said["content"] = {"application/json": {"schema": schema}}
    elif one.file:
        said["content"] = {kind: {"schema": {}} for kind in one.file}
    if one.versioned:
        said["headers"] = {
            "ETag": {"description": "The version.", "required": True, "schema": {"type": "string"}}
        }
    return said


def _problem() -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    return {
        "description": "What went wrong, with a `type` that stays.",
        "content": {"application/problem+json": {"schema": schema}},
    }


def _place(name: str) -> dict[str, Any]:
    schema, about = _PLACES.get(name, (_UID, f"The id of the {name.replace('_', ' ')}."))
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": about}


def _word(name: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    about = schema.pop("description", "")
    schema.pop("default", None) if schema.get("default", 0) is None else None
    return {
        "name": name, "in": "query", "required": required, "schema": schema, "description": about,
    }  # fmt: skip


def _header(name: str, pattern: str, about: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": about}


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """A model's schema without references, and without null, which no address can say."""
    schema = model.model_json_schema(schema_generator=_Plain)
    definitions = schema.get("$defs", {})

    def follow(each: Any) -> Any:
        if isinstance(each, list):
            return [follow(inner) for inner in each]
        if not isinstance(each, dict):
            return each
        if "$ref" in each:
            rest = {name: inner for name, inner in each.items() if name != "$ref"}
            return follow({**definitions[each["$ref"].rpartition("/")[2]], **rest})
        if "anyOf" in each:
            real = [one for one in each["anyOf"] if one.get("type") != "null"]
            rest = {name: inner for name, inner in each.items() if name != "anyOf"}
            return follow({**real[0], **rest} if len(real) == 1 else {**rest, "anyOf": real})
        return {name: follow(inner) for name, inner in each.items()}

    found: dict[str, Any] = follow(schema)
    return found
