"""For all tests of this workspace: nothing outside this machine is reached."""

import ipaddress
import sys
from typing import Any


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_here(address[0]):
        raise RuntimeError(f"A test reached for {address[0]}; networks are the sandbox here.")


def _is_here(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def pytest_configure() -> None:
    """Refuse from now on, for as long as this process lives."""
    sys.addaudithook(_refuse_outside)
