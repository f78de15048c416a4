"""For all tests of this workspace: nothing outside is reached, templates are compiled once."""

import ipaddress
import sys
from pathlib import Path
from typing import Any

import flask
import pytest
from jinja2 import FileSystemBytecodeCache


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


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(session_folder: Path) -> None:
    """Share compiled templates: every application of a test would compile them anew."""
    folder = session_folder / "templates"
    folder.mkdir(exist_ok=True)
    kept = FileSystemBytecodeCache(str(folder))
    flask.Flask.jinja_options = {**flask.Flask.jinja_options, "bytecode_cache": kept}
