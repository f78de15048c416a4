import socket
from collections.abc import Iterator

import pytest

from tombola.run.ports import first_taken


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_port_with_a_listener_is_taken(listener):
    port = listener.getsockname()[1]

    assert first_taken([port]) == port


def test_port_that_a_listener_on_all_addresses_has_is_taken():
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 # what others do
        port = server.getsockname()[1]

        assert first_taken([port]) == port


def test_port_that_is_shared_by_its_listener_is_taken_all_the_same():
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as server:
        port = server.getsockname()[1]

        assert first_taken([port]) == port


def test_port_whose_last_connection_is_still_closing_is_free(listener):
    port = listener.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        listener.accept()[0].close()
        listener.close()

        assert first_taken([port]) is None
