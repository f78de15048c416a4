"""A form made from a pydantic model: shown, sent back, read, with each error beside its field.

``Form.of`` shows stored values, ``Form.sent`` reads what came back. A form that came back with
errors is shown
again with what the person wrote. Secrets are never shown; one left empty keeps what is stored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from tombola.api import Text
from tombola.api.text import render
from tombola.web.i18n import gettext as _
from tombola.web.schema import FieldSpec, Kind, fields_of, leaves
from tombola.web.texts import Unreadable, moment_text, value_from_texts
from tombola.web.words import complaint

M = TypeVar("M", bound=BaseModel)

_FORGET = "forget!"
_MISSING = object()


@dataclass(frozen=True)
class Form(Generic[M]):
    """One model's fields with texts and errors.

    ``texts``: what each control shows, by path; a list for several lines or choices.
    ``errors``: by path, ``""`` for the whole. ``kept``: paths of stored secrets and lists,
    ``written``: of secrets sent anew, ``forgotten``: of those to be taken away. ``value``: the
    model, once ``sent`` found no error.
    """

    model: type[M]
    fields: tuple[FieldSpec, ...]
    texts: Mapping[str, str | list[str]]
    errors: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    prefix: str = ""
    written: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
    value: M | None = None

    @classmethod
    def of(
        cls,
        model: type[M],
        stored: Mapping[str, Any] | BaseModel | None = None,
        *,
        prefix: str = "",
        zone: str = "UTC",
    ) -> "Form[M]":
        """A form to fill in, with defaults or with what is stored. Times are shown in ``zone``."""
        fields = fields_of(model)
        data = _plain(stored)
        texts = {spec.name: _shown(spec, _dig(data, spec.name), zone) for spec in leaves(fields)}
        return cls(model, fields, texts, kept=_kept(fields, data), prefix=prefix)

    @classmethod
    def sent(
        cls,
        model: type[M],
        posted: "MultiDict[str, str]",
        *,
        stored: Mapping[str, Any] | BaseModel | None = None,
        prefix: str = "",
        zone: str = "UTC",
    ) -> "Form[M]":
        """Read what came back; ``stored`` gives the secrets left empty, ``zone`` local times."""
        fields = fields_of(model)
        old = _plain(stored)
        data: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for spec in leaves(fields):
            try:
                value = _read(spec, posted, prefix, old, zone)
            except Unreadable as wrong:
                errors[spec.name] = str(wrong)
                continue
            if value is not _MISSING:
                _bury(data, spec.name, value)
        texts = {spec.name: _echo(spec, posted, prefix) for spec in leaves(fields)}
        secrets = [spec.name for spec in leaves(fields) if spec.kind is Kind.SECRET]
        form = cls(
            model,
            fields,
            texts,
            errors,
            _kept(fields, old),
            prefix,
            written=frozenset(name for name in secrets if posted.get(prefix + name)),
            forgotten=frozenset(name for name in secrets if _FORGET + prefix + name in posted),
        )
        return form._validated(data)

    def with_errors(self, errors: Mapping[str, Text]) -> "Form[M]":
        """The same form with others' complaints; a path that no field has means the whole."""
        known = {spec.name for spec in leaves(self.fields)}
        merged = dict(self.errors)
        for path, text in errors.items():
            message = render(text, _)
            place = path if path in known else ""
            merged[place] = f"{merged[place]} {message}" if place in merged else message
        return replace(self, errors=merged, value=None)

    def with_example(self, name: str, text: str) -> "Form[M]":
        """The same form with an example in the empty control of a field."""
        fields = (replace(s, placeholder=text) if s.name == name else s for s in self.fields)
        return replace(self, fields=tuple(fields))

    def with_choices(self, name: str, choices: Sequence[tuple[str, str]]) -> "Form[M]":
        """The same form with a choice of (value, words) in place of a field's text."""
        known = tuple(choices)
        fields = (
            replace(s, kind=Kind.CHOICE, choices=known, required=True) if s.name == name else s
            for s in self.fields
        )
        return replace(self, fields=tuple(fields))

    def with_label(self, name: str, text: str) -> "Form[M]":
        """The same form with other words on a field."""
        fields = (replace(s, label=text) if s.name == name else s for s in self.fields)
        return replace(self, fields=tuple(fields))

    def with_help(self, name: str, text: str) -> "Form[M]":
        """The same form with other words beneath a field's label."""
        fields = (replace(s, help=text) if s.name == name else s for s in self.fields)
        return replace(self, fields=tuple(fields))

    def given(self) -> dict[str, Any]:
        """The value's fields that somebody filled in: what was left empty is left out.

        A secret that was not written anew is left out too.
        """
        if self.value is None:
            return {}
        names = {
            spec.name.partition(".")[0]
            for spec in leaves(self.fields)
            if spec.kind is Kind.CHECK or self.texts.get(spec.name) or spec.name in self.written
        }
        return {name: getattr(self.value, name) for name in names}

    def html_name(self, spec: FieldSpec) -> str:
        """The control's name in the page."""
        return self.prefix + spec.name

    def html_id(self, spec: FieldSpec) -> str:
        """The control's id in the page."""
        return "f-" + (self.prefix + spec.name).replace(".", "-").replace("_", "-")

    def text(self, spec: FieldSpec) -> str:
        """What the control shows, lines joined."""
        shown = self.texts.get(spec.name, "")
        return "\n".join(shown) if isinstance(shown, list) else shown

    def is_chosen(self, spec: FieldSpec, value: str) -> bool:
        """Whether a choice is ticked."""
        shown = self.texts.get(spec.name, "")
        return value in shown if isinstance(shown, list) else value == shown

    @property
    def has_upload(self) -> bool:
        """Whether it has to be sent in parts, since one may be a file."""
        return any(spec.kind is Kind.UPLOAD for spec in leaves(self.fields))

    def faults(self) -> list[tuple[FieldSpec | None, str]]:
        """Errors in the order of the fields, those of the whole form first."""
        found: list[tuple[FieldSpec | None, str]] = []
        if self.errors.get(""):
            found.append((None, self.errors[""]))
        found += [(s, self.errors[s.name]) for s in leaves(self.fields) if s.name in self.errors]
        return found

    def _validated(self, data: dict[str, Any]) -> "Form[M]":
        try:
            value = self.model.model_validate(data)
        except ValidationError as wrong:
            return self.with_errors(_by_path(wrong, self.fields, set(self.errors)))
        return self if self.errors else replace(self, value=value)


def _read(
    spec: FieldSpec,
    posted: "MultiDict[str, str]",
    prefix: str,
    old: Mapping[str, Any],
    zone: str,
) -> Any:
    name = prefix + spec.name
    texts = posted.getlist(name)
    if spec.kind is Kind.UPLOAD:
        return _dig(
            old, spec.name
        )  # only the plugin that took the lines writes what stands for them
    if spec.kind is Kind.CHECK:
        return bool(texts)
    if spec.kind is Kind.CHOICES:
        return texts
    text = texts[-1] if texts else ""
    if text.strip():
        return value_from_texts(spec, text, ZoneInfo(zone))
    if spec.kind is Kind.SECRET:
        return _stored_secret(spec, old, forget=_FORGET + name in posted)
    return _nothing(spec)


def _nothing(spec: FieldSpec) -> Any:
    """What an empty control means."""
    if spec.kind is Kind.LINES:
        return []
    if spec.nullable:
        return None
    return "" if spec.kind in {Kind.TEXT, Kind.LONG_TEXT} and not spec.required else _MISSING


def _stored_secret(spec: FieldSpec, old: Mapping[str, Any], *, forget: bool) -> Any:
    stored = _dig(old, spec.name)
    if stored in (None, "") or (forget and not spec.required):
        return None if spec.nullable else _MISSING
    return stored


def _by_path(
    wrong: ValidationError, fields: tuple[FieldSpec, ...], known: set[str]
) -> dict[str, str]:
    """Pydantic's errors by the path of the field to mend, except those of ``known`` paths."""
    paths = {spec.name for spec in leaves(fields)}
    found: dict[str, str] = {}
    for error in wrong.errors():
        path, line = "", None
        for step in error["loc"]:
            longer = f"{path}.{step}" if path else str(step)
            if path in paths:
                line = step if isinstance(step, int) else line
                break
            path = longer
        place = path if path in paths else _named(error, paths)
        words = complaint(error)
        if line is not None:
            words = _("Line %(n)d: %(words)s") % {"n": line + 1, "words": words}
        if place not in known:
            found.setdefault(place, words)
    return found


def _named(error: ErrorDetails, paths: set[str]) -> str:
    """The field that a whole model's validator blames, "" for none.

    A validator names it with ``PydanticCustomError(type, words, {"field": name})``.
    """
    name = str(error.get("ctx", {}).get("field", ""))
    path = ".".join([*map(str, error["loc"]), name])
    return path if path in paths else ""


def _plain(stored: Mapping[str, Any] | BaseModel | None) -> dict[str, Any]:
    """Stored values as plain data; secrets in clear, to be kept and never shown."""
    if stored is None:
        return {}
    data = stored.model_dump(mode="python") if isinstance(stored, BaseModel) else dict(stored)
    return cast("dict[str, Any]", _opened(data))


def _opened(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {key: _opened(inner) for key, inner in value.items()}
    return value


def _kept(fields: tuple[FieldSpec, ...], data: Mapping[str, Any]) -> frozenset[str]:
    unseen = [s.name for s in leaves(fields) if s.kind in {Kind.SECRET, Kind.UPLOAD}]
    return frozenset(name for name in unseen if _dig(data, name) not in (None, "", _MISSING))


def _shown(spec: FieldSpec, value: Any, zone: str) -> str | list[str]:
    if value is _MISSING:
        value = spec.default
    if spec.kind in {Kind.SECRET, Kind.UPLOAD} or value is None:
        return ""
    if spec.kind is Kind.CHECK:
        return "on" if value else ""
    if spec.kind is Kind.MOMENT:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment_text(moment, ZoneInfo(zone))
    if spec.kind is Kind.JSON:
        return json.dumps(value, ensure_ascii=False, indent=2, default=str)
    if isinstance(value, list | tuple | set | frozenset):
        return [str(item) for item in value]
    return str(value)


def _echo(spec: FieldSpec, posted: "MultiDict[str, str]", prefix: str) -> str | list[str]:
    name = prefix + spec.name
    if spec.kind in {Kind.SECRET, Kind.UPLOAD}:
        return ""
    if spec.kind is Kind.CHECK:
        return "on" if name in posted else ""
    if spec.kind is Kind.CHOICES:
        return posted.getlist(name)
    return posted.get(name, "")


def _dig(data: Mapping[str, Any], path: str) -> Any:
    value: Any = data
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return _MISSING
        value = value[step]
    return value


def _bury(data: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for step in way:
        data = data.setdefault(step, {})
    data[last] = value
