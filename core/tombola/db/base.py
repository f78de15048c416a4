"""The metadata that all tables of the core share, and the columns that most of them have."""

from typing import Any

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, MetaData, Text

from tombola.db.types import RowId, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def row_id() -> Column[int]:
    """The row's own number, for joins; never shown in an address."""
    return Column("id", RowId, primary_key=True)


def uid() -> Column[str]:
    """The row's public name (UUIDv7), for addresses and plugins."""
    return Column("uid", Text, nullable=False, unique=True)


def team_id() -> Column[int]:
    """The team that the row belongs to."""
    return Column("team_id", RowId, ForeignKey("team.id"), nullable=False)


def moment(name: str, **options: Any) -> Column[Any]:
    """A time column; required unless ``nullable=True`` is given."""
    return Column(name, UtcDateTime, nullable=options.pop("nullable", False), **options)


def within_team(table: str, column: str) -> ForeignKeyConstraint:
    """A reference that cannot point into another team's rows."""
    return ForeignKeyConstraint(["team_id", column], [f"{table}.team_id", f"{table}.id"])
