"""A transport that decides about the address at the socket, and ends on time.

The name is resolved once, here, and the socket goes to what was checked, so that a name that
changes its mind between check and use (DNS rebinding) wins nothing. Host and SNI stay the name.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import httpcore2
import httpx2

from tombola.toolkit.addresses import Lookup, choose


class Deadline:
    """An instant on the monotonic clock after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Give the seconds left, at most ``at_most``.

        Raises:
            httpcore2.ReadTimeout: none are left.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the whole exchange took too long")
        return left if at_most is None else min(left, at_most)


class Wire(httpx2.BaseTransport):
    """Sends each request over a connection of its own. Safe for threads and forks."""

    def __init__(self, lookup: Lookup, exempt: frozenset[str]) -> None:
        self.lookup = lookup
        self.exempt = exempt

    @cached_property
    def _ssl(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send. ``request.extensions["deadline"]`` bounds all of it, the body's stream too."""
        deadline: Deadline = request.extensions["deadline"]
        pool = httpcore2.ConnectionPool(
            ssl_context=self._ssl if request.url.scheme == "https" else None,
            network_backend=_Guard(self, deadline),
        )
        try:
            answer = pool.handle_request(_lowered(request))
        except BaseException:
            pool.close()
            raise
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(pool, answer), request=request
        )

    def address_of(self, host: str, port: int) -> str:
        """Give the one address to connect to; raises HttpRefused and HttpFailed."""
        found = self.lookup(host, port)
        if f"{host}:{port}" in self.exempt and found:
            return found[0]
        return choose(host, found)


class _Guard(httpcore2.NetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, wire: Wire, deadline: Deadline) -> None:
        self.wire = wire
        self.deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        address = self.wire.address_of(host, port)
        left = self.deadline.left(timeout)
        backend = httpcore2.SyncBackend()
        stream = backend.connect_tcp(address, port, left, local_address, socket_options)
        return _TimedStream(stream, self.deadline)


class _TimedStream(httpcore2.NetworkStream):
    """Clips each wait to what is left, so that a trickle of bytes ends too."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.deadline.left(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self.deadline.left(timeout)
        secure = self.stream.start_tls(ssl_context, server_hostname, left)
        return _TimedStream(secure, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class _Body(httpx2.SyncByteStream):
    """The answer's bytes; closing them closes the connection."""

    def __init__(self, pool: httpcore2.ConnectionPool, answer: httpcore2.Response) -> None:
        self.pool = pool
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self.answer.iter_stream()

    def close(self) -> None:
        self.answer.close()
        self.pool.close()


def _lowered(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        ),
        headers=request.headers.raw,
        content=request.read(),
        extensions={"timeout": request.extensions["timeout"]},
    )
