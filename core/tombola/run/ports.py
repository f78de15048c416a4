"""Whether a port is free, before anything starts."""

import socket
from collections.abc import Sequence

#: Seconds that a listener on this machine has to accept.
TIMEOUT = 1.0

#: Where a browser looks for localhost, the first it tries first.
LOOPBACK = (
    (socket.AF_INET6, "::1"),
    (socket.AF_INET, "127.0.0.1"),
)


def first_taken(ports: Sequence[int]) -> int | None:
    """The first of these ports on which this machine's browsers would meet somebody else."""
    return next((port for port in ports if _is_taken(port)), None)


def _is_taken(port: int) -> bool:
    answered = any(_answers(family, host, port) for family, host in LOOPBACK)
    return answered or not _can_listen(port)


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as line:
            line.settimeout(TIMEOUT)
            return line.connect_ex((host, port)) == 0
    except OSError:  # this machine does not speak that family
        return False


def _can_listen(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Without this, connections of the last run that are still closing would count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(1)
        except OSError:
            return False
    return True
