"""Statements over whole sets of rows: the one file in which the two databases differ.

A set is a list of tuples. Rows go in by one driver call on SQLite (``executemany``) and by one
``unnest`` on PostgreSQL; both take conflicts in silence, so that what can come twice may.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    any_,
    collate,
    func,
    select,
    text,
    true,
)
from sqlalchemy import literal as sql_literal
from sqlalchemy.dialects.postgresql import ARRAY

from tombola.db.types import UtcDateTime, time_text

Row = Sequence[Any]


def members(conn: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> Any:
    """The condition that ``column`` is one of ``values``; one parameter for any number of them."""
    listed = list(values)
    if conn.dialect.name == "sqlite":
        each = func.json_each(json.dumps(listed)).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(sql_literal(listed, ARRAY(column.type)))


def document_keys(conn: Connection, documents: Select[Any], *, limit: int) -> list[str]:
    """The keys of many JSON objects, each once, sorted, at most ``limit`` of them.

    ``documents`` selects one column of objects. It is read through once, inside the database.
    """
    each = documents.subquery()
    document = each.c[0]
    if conn.dialect.name == "sqlite":
        keys = func.json_each(document).table_valued("key", name="document")
        found = select(keys.c.key.label("key")).select_from(each).join(keys, true()).distinct()
    else:
        found = select(func.jsonb_object_keys(document, type_=Text).label("key")).distinct()
    key = found.subquery().c.key
    # In the order of code points on both, whatever language a database speaks.
    order = key if conn.dialect.name == "sqlite" else collate(key, "C")
    return list(conn.execute(select(key).order_by(order).limit(limit)).scalars())


def insert_new(
    conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> list[int]:
    """Insert the rows that no unique index knows yet.

    Args:
        conn: A write transaction. On SQLite it is the only writer, which makes ids above the
            previous highest one the new rows.
        table: Has a column ``id`` that the database numbers.
        columns: Names, in the order of each row's values.
        rows: At most ``Database.set_size``. The caller orders them by the conflict key, so that
            two writers of PostgreSQL take their locks in one order.

    Returns:
        The ids of the rows that are new, in ascending order. A row that any unique index of the
        table refuses is left out.
    """
    if not rows:
        return []
    if conn.dialect.name == "sqlite":
        before = conn.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}").scalar_one()  # noqa: S608 # a name of ours
        _executemany(conn, table, columns, rows)
        found = conn.exec_driver_sql(
            f"SELECT id FROM {table.name} WHERE id > ? ORDER BY id",  # noqa: S608 # a name of ours
            (before,),
        )
        return [row[0] for row in found]
    statement = f"{_unnest(table, columns)} ON CONFLICT DO NOTHING RETURNING id"
    result = conn.exec_driver_sql(statement, _columns_first(table, columns, rows))
    return sorted(row[0] for row in result)


def insert_ignore(
    conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert the rows that no unique index knows yet, for tables without a number of their own."""
    if not rows:
        return
    if conn.dialect.name == "sqlite":
        _executemany(conn, table, columns, rows)
        return
    statement = f"{_unnest(table, columns)} ON CONFLICT DO NOTHING"
    conn.exec_driver_sql(statement, _columns_first(table, columns, rows))


def add_up(
    conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row], sums: Sequence[str]
) -> None:
    """Insert rows of a total, or add their ``sums`` to those that are there.

    The rows are sorted here by the primary key and must not name one key twice.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    places = [columns.index(key) for key in keys]
    ordered = sorted(rows, key=lambda row: tuple(row[place] for place in places))
    added = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
    conflict = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}"
    if conn.dialect.name == "sqlite":
        statement = f"{_values(table, columns)}{conflict}"
        conn.exec_driver_sql(statement, _plain(table, columns, ordered))
        return
    statement = f"{_unnest(table, columns)}{conflict}"
    conn.exec_driver_sql(statement, _columns_first(table, columns, ordered))


def update_each(
    conn: Connection, table: Table, key: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Set ``columns`` of many rows, each by its own values: ``(key, value, …)`` a row."""
    if not rows:
        return
    names = (key, *columns)
    if conn.dialect.name == "sqlite":
        settings = ", ".join(f"{name} = ?{n}" for n, name in enumerate(columns, 2))
        statement = f"UPDATE {table.name} SET {settings} WHERE {key} = ?1"  # noqa: S608 # names of ours
        conn.exec_driver_sql(statement, _plain(table, names, rows))
        return
    settings = ", ".join(f"{name} = fresh.{name}" for name in columns)
    statement = (
        f"UPDATE {table.name} SET {settings} FROM (SELECT * FROM {_arrays(table, names)}) "  # noqa: S608 # names of ours
        f"AS fresh ({', '.join(names)}) WHERE {table.name}.{key} = fresh.{key}"
    )
    conn.exec_driver_sql(statement, _columns_first(table, names, rows))


def lock_shared(conn: Connection, campaign_id: int) -> None:
    """Hold off a freeze of this campaign until the transaction ends; others may share the hold."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock_shared(:id)"), {"id": campaign_id})


def lock_alone(conn: Connection, campaign_id: int) -> None:
    """Wait until nobody writes entries of this campaign, and keep them out until the end.

    On SQLite a write transaction is alone by itself.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": campaign_id})


def _executemany(
    conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    statement = f"{_values(table, columns)} ON CONFLICT DO NOTHING"
    conn.exec_driver_sql(statement, _plain(table, columns, rows))


def _values(table: Table, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({_names(columns)}) VALUES ({marks})"  # noqa: S608 # names of ours


def _unnest(table: Table, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table.name} ({_names(columns)}) SELECT * FROM {_arrays(table, columns)}"  # noqa: S608 # names of ours


def _arrays(table: Table, columns: Sequence[str]) -> str:
    casts = (f"%s::{_array_type(table.c[name])}[]" for name in columns)
    return f"unnest({', '.join(casts)})"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _array_type(column: Column[Any]) -> str:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 # SQLite has no use for it

    return str(column.type.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call] # untyped in SQLAlchemy


def _plain(table: Table, columns: Sequence[str], rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Rows as SQLite keeps them: times and documents become text, a column at a time."""
    by_column: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, name in enumerate(columns):
        column = table.c[name]
        if _is_document(column):
            by_column[place] = _mapped(json.dumps, by_column[place])
        elif isinstance(column.type, UtcDateTime):
            by_column[place] = _mapped(time_text, by_column[place])
    return list(zip(*by_column, strict=True))


def _mapped(write: Callable[[Any], str], values: Iterable[Any]) -> list[str | None]:
    return [None if value is None else write(value) for value in values]


def _columns_first(
    table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> tuple[list[Any], ...]:
    lists: list[list[Any]] = []
    for place, name in enumerate(columns):
        values = [row[place] for row in rows]
        lists.append(_mapped(json.dumps, values) if _is_document(table.c[name]) else values)
    return tuple(lists)


def _is_document(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)
