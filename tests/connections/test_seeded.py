"""Accounts whose keys are at hand: connected without a window, once, and checked like others."""

import pytest
from sqlalchemy import select

from tombola.api import Forbidden, NotFound
from tombola.connections import joining
from tombola.connections.models import connection
from tombola.connections.rules import ConnectionState
from tombola.testing.harbour import CONNECTOR, pier


def rows(port):
    with port.inst.db.read() as conn:
        return conn.execute(select(connection).order_by(connection.c.id)).mappings().all()


def test_account_with_its_keys_is_connected_and_joined(port):
    joining.connect(port.inst, port.house.actor(), CONNECTOR, [pier("7"), pier("8")])
    assert [row["state"] for row in rows(port)] == [ConnectionState.WORKS] * 2
    port.house.work("connection_check")
    assert sorted(port.pier.joined) == ["7", "8"]


def test_account_that_is_known_stays_as_it_is(port):
    joining.connect(port.inst, port.house.actor(), CONNECTOR, [pier("7", token="first-token")])
    before = rows(port)
    joining.connect(port.inst, port.house.actor(), CONNECTOR, [pier("7", token="second-token")])
    assert rows(port) == before


def test_broken_account_gets_its_new_keys(port):
    joining.connect(port.inst, port.house.actor(), CONNECTOR, [pier("7")])
    with port.inst.db.write() as conn:
        conn.execute(connection.update().values(state=ConnectionState.BROKEN))
    joining.connect(port.inst, port.house.actor(), CONNECTOR, [pier("7")])
    assert [row["state"] for row in rows(port)] == [ConnectionState.WORKS]


def test_strangers_and_viewers_connect_nothing(port):
    with pytest.raises(NotFound):
        joining.connect(port.inst, port.house.actor(), "nobody.there", [pier("7")])
    with pytest.raises(Forbidden):
        joining.connect(port.inst, port.house.actor("viewer"), CONNECTOR, [pier("7")])
    assert rows(port) == []
