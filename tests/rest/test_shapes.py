"""What documents are made of: moments, parts of a list, and changes that leave things out."""

from datetime import UTC, datetime
from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from tombola.rest.shapes import At, Local, Paged, Shape, changed, partial


class Doc(Shape):
    at: At | None = None
    local: Local | None = None
    count: Annotated[int, Field(ge=1)] = 1


@pytest.mark.parametrize(
    "text", ["2026-06-01T12:00:00Z", "2026-06-01T14:00:00+02:00", "2026-06-01 12:00:00.000Z"]
)
def test_moments_are_read_as_they_are_written(text):
    for read in (
        Doc.model_validate_json(f'{{"at": "{text}"}}', strict=True),
        Doc.model_validate({"at": text}),
    ):
        assert read.at == datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["0", "1767225600", "2026-06-01", "2026-06-01T12:00:00", "0001-01-01T00:00:00+05:00",
             "9999-12-31T23:00:00-05:00", "2026-13-01T00:00:00Z", "now", ""],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValidationError):
        Doc.model_validate({"at": text})


def test_moment_without_offset_is_for_some_fields_alone():
    assert Doc.model_validate({"local": "2026-06-01T12:00:00"}).local == datetime(2026, 6, 1, 12)  # noqa: DTZ001


@pytest.mark.parametrize("text", ["1_0", " 1", "1.0", "0x1", "٣", "0", "501", "-1", "9" * 30])
def test_limit_is_a_whole_number_as_json_writes_it(text):
    with pytest.raises(ValidationError):
        Paged.model_validate({"limit": text})


def test_what_is_left_out_of_a_change_stays():
    made = partial(Doc, "DocChange", "A change.")
    given = made.model_validate_json('{"count": 3}', strict=True)
    before = Doc(at=datetime(2026, 6, 1, tzinfo=UTC), count=2)
    assert changed(before, given) == {"at": before.at, "local": None, "count": 3}
    schema = made.model_json_schema()
    assert "required" not in schema
    assert schema["properties"]["count"] == {"minimum": 1, "title": "Count", "type": "integer"}
    with pytest.raises(ValidationError):
        made.model_validate_json('{"count": 0}', strict=True)
