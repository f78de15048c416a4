"""Sets: the statements that differ between the databases mean the same."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, UniqueConstraint, select

from tombola.db.sets import add_up, insert_ignore, insert_new, members, update_each
from tombola.db.types import JsonDoc, RowId, UtcDateTime

NOW = datetime(2026, 6, 1, 12, 30, 15, 123456, tzinfo=UTC)
metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("slot", Text),
    Column("at", UtcDateTime),
    Column("doc", JsonDoc),
    UniqueConstraint("slot"),
)
tally = Table(
    "tally",
    metadata,
    Column("b", Integer, primary_key=True),
    Column("a", Text, primary_key=True),
    Column("n", Integer, nullable=False),
)
COLUMNS = ("key", "slot", "at", "doc")


@pytest.fixture
def conn(database):
    with database.write() as conn:
        metadata.create_all(conn)
    with database.write() as conn:
        yield conn


def test_rows_come_back_as_they_went_in(conn):
    full, bare = ("a", None, NOW, {"x": ["ü", 1, None]}), ("b", "s", None, None)
    insert_new(conn, thing, COLUMNS, [full, bare])
    rows = conn.execute(select(*(thing.c[name] for name in COLUMNS)).order_by(thing.c.key)).all()
    assert [tuple(row) for row in rows] == [full, bare]


def test_only_new_rows_are_answered_whichever_index_refuses(conn):
    first = insert_new(conn, thing, COLUMNS, [("a", "s", NOW, {}), ("b", None, NOW, {})])
    again = insert_new(
        conn, thing, COLUMNS, [("a", "t", NOW, {}), ("c", "s", NOW, {}), ("d", None, NOW, {})]
    )
    assert len(first) == 2
    keys = conn.execute(select(thing.c.key).where(members(conn, thing.c.id, again))).scalars()
    assert list(keys) == ["d"]


def test_members_of_words_and_of_nothing(conn):
    insert_new(conn, thing, COLUMNS, [(key, None, NOW, {}) for key in ("a", "b'\"", "ü")])
    found = conn.execute(
        select(thing.c.key).where(members(conn, thing.c.key, ["ü", "b'\"", "z"])).order_by("key")
    ).scalars()
    assert sorted(found) == ["b'\"", "ü"]
    assert conn.execute(select(thing).where(members(conn, thing.c.key, []))).all() == []


def test_totals_add_up(conn):
    add_up(conn, tally, ("a", "b", "n"), [("x", 2, 5), ("y", 1, 1)], ("n",))
    add_up(conn, tally, ("a", "b", "n"), [("x", 2, -2), ("z", 1, 1)], ("n",))
    rows = conn.execute(select(tally.c.a, tally.c.n).order_by(tally.c.a)).all()
    assert [tuple(row) for row in rows] == [("x", 3), ("y", 1), ("z", 1)]


def test_ignored_rows_stay_as_they_were(conn):
    insert_ignore(conn, tally, ("a", "b", "n"), [("x", 1, 1)])
    insert_ignore(conn, tally, ("a", "b", "n"), [("x", 1, 9), ("y", 1, 2)])
    assert sorted(conn.execute(select(tally.c.n)).scalars()) == [1, 2]


def test_each_row_gets_its_own_values(conn):
    ids = insert_new(conn, thing, COLUMNS, [(key, None, NOW, {}) for key in "ab"])
    values = [(ids[0], "one", {"n": 1}), (ids[1], None, None)]
    update_each(conn, thing, "id", ("slot", "doc"), values)
    rows = conn.execute(select(thing.c.slot, thing.c.doc).order_by(thing.c.id)).all()
    assert [tuple(row) for row in rows] == [("one", {"n": 1}), (None, None)]
