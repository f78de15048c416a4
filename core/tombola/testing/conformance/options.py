"""The kit's option and fixture, as a plugin of pytest's."""

import pytest

from tombola.testing.conformance.subject import subject


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask which plugin is to be checked."""
    parser.addoption("--tombola-plugin", default="", help="slug of the plugin to check")


__all__ = ["pytest_addoption", "subject"]
