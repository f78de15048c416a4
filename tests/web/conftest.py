"""The house that tests of pages visit."""

import pytest

from tombola.testing import house as houses


@pytest.fixture
def house(sqlite_database, clock, tmp_path):
    return houses.build(sqlite_database, clock, tmp_path / "data")
