"""What the documents of the API are made of. Times are RFC 3339 in UTC, worths whole entries."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    create_model,
)

M = TypeVar("M", bound=BaseModel)

#: Years that a moment may lie in.
FIRST_YEAR, LAST_YEAR = 1900, 2999
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:", re.ASCII)

#: Rows of one page, and what is given when nothing is asked.
MOST, USUAL = 500, 50


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


#: A moment in an answer: in UTC, written with Z.
Moment = Annotated[
    datetime,
    PlainSerializer(_in_utc, return_type=str),
    Field(json_schema_extra={"format": "date-time"}),
]


def _moment(said: Any) -> Any:
    """Text as RFC 3339 writes a moment; pydantic would take a bare number for one, too."""
    if not isinstance(said, str):
        return said
    if not _MOMENT.match(said):
        raise ValueError("Write a moment such as 2026-12-31T23:59:00Z.")
    return datetime.fromisoformat(said)


def _sane(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:  # far ones have no time in UTC, or none to add to
        raise ValueError(f"Take a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return at


#: A moment that was sent: with its offset, and in a year that every zone has.
At = Annotated[AwareDatetime, AfterValidator(_sane), BeforeValidator(_moment)]
#: The same, where one without an offset is on some zone's clock.
Local = Annotated[datetime, AfterValidator(_sane), BeforeValidator(_moment)]


def whole(said: Any) -> Any:
    """A number in an address, written as JSON writes it."""
    if not isinstance(said, str):
        return said
    if not _NUMBER.fullmatch(said):
        raise ValueError("Write a whole number.")
    return int(said)


class Shape(BaseModel):
    """A document: nothing in it is unknown, nothing is changed after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paged(Shape):
    """Which part of a list is asked for."""

    after: Annotated[
        str | None,
        Field(max_length=500, description="The `next` of the page before; empty for the first."),
    ] = None
    limit: Annotated[
        int,
        Field(ge=1, le=MOST, description="Lines of a page."),
        BeforeValidator(whole),
    ] = USUAL


class Listing(Shape):
    """A page of a list."""

    next: Annotated[
        str | None,
        Field(description="Send it as `after` for the next page; null on the last one."),
    ] = None


def partial(model: type[M], name: str, doc: str) -> type[BaseModel]:
    """The same fields, each of which may be left out: what is left out stays as it is."""
    fields: dict[str, Any] = {}
    for field_name, field in model.model_fields.items():
        given: Any = field.annotation
        for rule in field.metadata:
            given = Annotated[given, rule]
        fields[field_name] = (
            Annotated[
                given,
                Field(
                    title=field.title,
                    description=field.description,
                    json_schema_extra=field.json_schema_extra,
                ),
            ],
            Field(default_factory=lambda: None),
        )
    made: type[BaseModel] = create_model(
        name, __config__=ConfigDict(frozen=True, extra="forbid"), __doc__=doc, **fields
    )
    return made


def changed(before: M, given: BaseModel) -> dict[str, Any]:
    """The fields of ``before`` as plain data, with those of ``given`` that were sent over them."""
    sent = {name: getattr(given, name) for name in given.model_fields_set}
    return {**before.model_dump(), **sent}
