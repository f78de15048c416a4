"""The form of what is asked: rows of questions and consents, read from and written to texts."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from tombola.campaigns.terms import MOST_CONSENTS, MOST_QUESTIONS, Asks
from tombola.web.i18n import gettext as _
from tombola.web.texts import clean
from tombola.web.words import complaint

#: Of everything that is asked of all: what the control is called.
NEEDS = ("name", "email", "phone", "address", "birthday")


@dataclass(frozen=True)
class AsksForm:
    """What its page shows; ``errors`` by control, "" for the whole; ``value`` once all is well."""

    texts: Mapping[str, str]
    questions: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    errors: Mapping[str, str] = field(default_factory=dict)
    value: Asks | None = None


def of(asks: Asks) -> AsksForm:
    """A form of what is asked now, with a row more of each kind."""
    texts = {name: str(getattr(asks, name)) for name in (*NEEDS, "when")}
    texts["email_of_all"] = "on" if asks.email_of_all else ""
    return AsksForm(
        texts=texts,
        questions=_one_more([each.model_dump() for each in asks.questions], MOST_QUESTIONS),
        consents=_one_more([each.model_dump() for each in asks.consents], MOST_CONSENTS),
    )


def sent(posted: "MultiDict[str, str]") -> AsksForm:
    """Read what came back. A row whose words are empty is left out."""
    questions = [
        {
            "key": _key(row.get("key", ""), "q"),
            "label": row.get("label", ""),
            "kind": row.get("kind", "text"),
            "options": [
                line.strip() for line in row.get("options", "").split("\n") if line.strip()
            ],
            "required": "required" in row,
        }
        for row in _rows(posted, "q")
        if row.get("label")
    ]
    consents = [
        {
            "key": _key(row.get("key", ""), "c"),
            "wording": row.get("wording", ""),
            "required": "required" in row,
        }
        for row in _rows(posted, "c")
        if row.get("wording")
    ]
    texts = {name: posted.get(name, "") for name in (*NEEDS, "when", "email_of_all")}
    told = {name: text for name, text in texts.items() if text}
    raw = {**told, "email_of_all": bool(texts["email_of_all"])}
    errors: dict[str, str] = {}
    value = None
    for each in questions:
        if each["kind"] != "choice":
            each["options"] = []
    try:
        value = Asks.model_validate({**raw, "questions": questions, "consents": consents})
    except ValidationError as wrong:
        errors = {
            _place(error["loc"], error.get("ctx", {})): complaint(error) for error in wrong.errors()
        }
    return AsksForm(
        texts,
        _one_more(questions, MOST_QUESTIONS),
        _one_more(consents, MOST_CONSENTS),
        errors,
        value,
    )


def _rows(posted: "MultiDict[str, str]", kind: str) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name in posted:
        match = re.fullmatch(rf"{kind}\.(\d{{1,3}})\.(\w+)", name)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = clean(posted[name]).strip()
    return [found[number] for number in sorted(found)]


def _key(said: str, kind: str) -> str:
    """The key of a row, or one for a new row that no row ever had."""
    return said if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", said) else kind + secrets.token_hex(4)


def _one_more(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    empty: list[dict[str, Any]] = [{}] if len(rows) < most else []
    return [*rows, *empty]


def _place(loc: tuple[int | str, ...], context: Mapping[str, Any]) -> str:
    """The control that an error belongs to."""
    named = [str(each) for each in loc]
    if context.get("field"):
        named.append(str(context["field"]))
    kinds = {"questions": "q", "consents": "c"}
    if named and named[0] in kinds:
        return ".".join([kinds[named[0]], *named[1:3]])
    return named[0] if named else ""


def said(errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each error with the id of its control, for the list on top of the page."""
    return [(name.replace(".", "-"), words) for name, words in errors.items()]


def needs() -> list[tuple[str, str]]:
    """Words for the details that every campaign may ask."""
    return [
        ("name", _("Name")),
        ("email", _("E-mail address")),
        ("phone", _("Phone number")),
        ("address", _("Postal address")),
        ("birthday", _("Date of birth")),
    ]
