"""A load generator in one thread: kept-alive connections, each with one request on its way.

It shares the machine with what it measures, so it does as little as it can: requests are ready
bytes, and of an answer only its status and its length are read.
"""

import contextlib
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
BITE = 65_536

#: The n-th request of a run, as bytes.
Request = Callable[[int], bytes]


@dataclass(slots=True)
class Result:
    """What came back within the time.

    Attributes:
        seconds: from the first request to the last answer.
        statuses: answers by status; 0 counts connections that broke.
        waits: seconds from request to answer, sorted.
        told: for each answered request its number and status, if asked for.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    def quantile(self, part: float) -> float:
        """The wait in seconds that ``part`` of all answers keep to."""
        return self.waits[min(len(self.waits) - 1, int(part * len(self.waits)))]


class _Line:
    """One connection and the answer that is on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0
        self.sent_at = 0.0
        self.heard = b""

    def ask(self, number: int, request: bytes) -> None:
        """Send a request."""
        self.number, self.heard = number, b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int | None:
        """Read what is there: the answer's status once it is whole, 0 when the line broke."""
        try:
            heard = self.socket.recv(BITE)
        except OSError:
            return 0
        if not heard:
            return 0
        self.heard += heard
        end = self.heard.find(_END)
        if end < 0:
            return None
        found = _LENGTH.search(self.heard, 0, end)
        length = int(found[1]) if found else 0
        return int(self.heard[9:12]) if len(self.heard) >= end + len(_END) + length else None


def load(
    port: int,
    request: Request,
    *,
    connections: int,
    seconds: float,
    first: int = 0,
    keep: bool = False,
) -> Result:
    """Ask for a while, each connection as fast as it is answered.

    Args:
        port: On this machine.
        request: Makes the requests; numbers rise from ``first`` on.
        connections: Kept alive; one that breaks is opened again.
        seconds: Until no new request is sent.
        first: Number of the first request.
        keep: Keep number and status of every answered request.
    """
    result, number = Result(), first
    poll, lines = select.epoll(), {}
    begun = time.perf_counter()
    for _ in range(connections):
        line = _Line(port)
        lines[line.socket.fileno()] = line
        poll.register(line.socket, select.EPOLLIN)
        line.ask(number, request(number))
        number += 1
    while lines and time.perf_counter() - begun < seconds + 30:
        for descriptor, _ in poll.poll(1):
            line = lines[descriptor]
            status = line.status()
            if status is None:
                continue
            now = time.perf_counter()
            result.statuses[status] += 1
            if status:
                result.waits.append(now - line.sent_at)
                if keep:
                    result.told.append((line.number, status))
            if now - begun < seconds and status:
                line.ask(number, request(number))
                number += 1
                continue
            poll.unregister(descriptor)
            del lines[descriptor]
            line.socket.close()
            if now - begun < seconds:
                with contextlib.suppress(OSError):
                    line = _Line(port)
                    lines[line.socket.fileno()] = line
                    poll.register(line.socket, select.EPOLLIN)
                    line.ask(number, request(number))
                    number += 1
    result.seconds = time.perf_counter() - begun
    result.waits.sort()
    poll.close()
    return result
