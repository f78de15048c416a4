"""For the tests of the core: templates are compiled once."""

from pathlib import Path

import flask
import pytest
from jinja2 import FileSystemBytecodeCache


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(session_folder: Path) -> None:
    """Share compiled templates: every application of a test would compile them anew."""
    folder = session_folder / "templates"
    folder.mkdir(exist_ok=True)
    kept = FileSystemBytecodeCache(str(folder))
    flask.Flask.jinja_options = {**flask.Flask.jinja_options, "bytecode_cache": kept}
