"""Single rows: the few statements that every room writes alike."""

from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table


def insert_one(conn: Connection, table: Table, **values: Any) -> int:
    """Insert a row and give the number that the database gave it."""
    result = conn.execute(table.insert().values(**values).returning(table.c.id))
    number: int = result.scalar_one()
    return number


def first(conn: Connection, statement: Select[Any]) -> RowMapping | None:
    """The first row of a query by its column names, or None."""
    return conn.execute(statement).mappings().first()
