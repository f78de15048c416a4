"""What a program sends, read by its model: every complaint with the field that it is about."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_origin

from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from tombola.api import Invalid, NotFound
from tombola.web import strict_json
from tombola.web.words import complaint

M = TypeVar("M", bound=BaseModel)


def places(given: Mapping[str, str]) -> dict[str, str]:
    """The names in an address. Raises NotFound for what no name can be."""
    if not all(strict_json.speakable(text) for text in given.values()):
        raise NotFound("There is nothing of that name.")
    return dict(given)


def query(model: type[M] | None, args: "MultiDict[str, str]") -> M | None:
    """The words behind the question mark.

    Raises:
        Invalid: By word: unknown, written twice, or not what its model takes.
    """
    fields = model.model_fields if model else {}
    errors = {
        name: "There is no such word here." + _known(fields) for name in args if name not in fields
    }
    values: dict[str, Any] = {}
    for name in fields:
        texts = args.getlist(name)
        if not all(strict_json.speakable(text) for text in texts):
            errors[name] = "It holds characters that no text can have."
        elif get_origin(fields[name].annotation) is list:
            values |= {name: texts} if texts else {}
        elif len(texts) > 1:
            errors[name] = "Write it once."
        elif texts:
            values[name] = texts[0]
    if errors:
        raise Invalid({_plain(name): said for name, said in errors.items()})
    if model is None:
        return None
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        raise invalid(wrong) from wrong


def body(model: type[M], request: Request) -> M:
    """The document that was sent.

    Raises:
        Invalid: By field with dots, such as ``entries.3.email``; "" for the whole.
        UnsupportedMediaType: It is no JSON by its own word.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    raw = request.get_data()
    try:
        strict_json.loads(raw)
        return model.model_validate_json(raw, strict=True)
    except strict_json.NotJson as wrong:
        raise Invalid({"": str(wrong)}) from wrong
    except ValidationError as wrong:
        raise invalid(wrong) from wrong


def read(model: type[M], values: Mapping[str, Any]) -> M:
    """Values that were put together here from what was sent. Raises Invalid as ``body``."""
    return judged(lambda: model.model_validate(values))


def judged(make: Callable[[], M]) -> M:
    """A model that is made elsewhere of what was sent. Raises Invalid as ``body``."""
    try:
        return make()
    except ValidationError as wrong:
        raise invalid(wrong) from wrong


def invalid(wrong: ValidationError) -> Invalid:
    """Pydantic's complaints by field; one that blames a field by name stands there."""
    found: dict[str, str] = {}
    for error in wrong.errors():
        context: Mapping[str, Any] = error.get("ctx", {})
        steps = [*map(str, error["loc"]), *([str(context["field"])] if "field" in context else [])]
        said = complaint(error)
        if error["type"] in {"enum", "literal_error"}:
            said = f"It is one of {context['expected']}."
        found.setdefault(_plain(".".join(steps)), said)
    return Invalid(found)


def _known(fields: Mapping[str, Any]) -> str:
    return f" Known ones: {', '.join(fields)}." if fields else ""


def _plain(name: str) -> str:
    """A name that a stranger has made up, as text that every reader can hold."""
    return name.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:200]
