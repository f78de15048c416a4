"""Runs the kit over one plugin, with pytest."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

#: The kit's files, read from where they are installed.
FOLDER = Path(__file__).parent


def run_kit(slug: str, options: Sequence[str] = ()) -> int:
    """Check an installed plugin; prints pytest's report and gives its exit code."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [
        *("-p", "tombola.testing.conformance.options", "-p", "no:cacheprovider"),
        *("-c", os.devnull, f"--rootdir={FOLDER}", "--import-mode=importlib", "-rs"),
        *("--tombola-plugin", slug, *options),
        *(str(path) for path in sorted(FOLDER.glob("test_*.py"))),
    ]
    return int(pytest.main(arguments))
