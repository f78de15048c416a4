"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

#: Row numbers: 64 bits everywhere (SQLite numbers rows by itself only for INTEGER).
RowId = BigInteger().with_variant(Integer, "sqlite")

#: A JSON document. Its pydantic model and version belong to the room that owns the column.
JsonDoc = JSON().with_variant(JSONB, "postgresql")

TEXT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def time_text(at: datetime) -> str:
    """An aware time as fixed-width UTC text, whose order as text is its order in time."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    # isoformat takes a third of strftime's time, and imports write three moments a row.
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def text_time(text: str) -> datetime:
    """The aware UTC time that :func:`time_text` wrote."""
    return datetime.fromisoformat(text)  # ten times as fast as strptime


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: timestamptz on PostgreSQL, fixed-width UTC text on SQLite.

    Naive times are refused, since nobody can say which moment they mean.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Text on SQLite, the native type elsewhere."""
        kind = Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime has no place in the database; attach its zone.")
        return time_text(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database, aware and in UTC."""
        if value is None:
            return None
        moment: datetime = text_time(value) if dialect.name == "sqlite" else value.astimezone(UTC)
        return moment
