"""Fixtures for the tests of Tombola and of its plugins; pytest loads them by itself.

Everything real: a fresh migrated SQLite file or PostgreSQL database, a Valkey, a Chromium. What a
test asks for and this machine lacks fails the test with the remedy; nothing is skipped.

This module is loaded in every run of pytest, so whatever is heavy is imported inside a fixture.
"""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tombola.db import Database
    from tombola.installation import Installation
    from tombola.testing.clock import Clock
    from tombola.testing.postgres import Server

MARKERS = {
    "slow": "starts processes or takes seconds; not part of `make quick`",
    "postgresql": "needs the test PostgreSQL; set by the fixtures",
    "valkey": "needs the test Valkey; set by the fixtures",
    "browser": "needs a Chromium; set by the fixtures",
    "plugins(*slugs)": "the installed plugins that the installation of this test loads",
}
#: Fixtures whose users get the marker.
NEEDS = {"valkey_url": "valkey", "browser": "browser", "postgresql": "postgresql"}


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, so that --strict-markers takes them."""
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it needs, so that `-m "not postgresql"` and its like select."""
    for item in items:
        for fixture, marker in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test moves it."""
    from tombola.testing.clock import Clock

    return Clock()


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test session have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def postgresql(session_folder: Path) -> Iterator[Server]:
    """The session's PostgreSQL server."""
    from tombola.testing import postgres

    try:
        with postgres.serve(session_folder) as server:
            yield server
    except postgres.PostgresMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Server) -> Iterator[str]:
    """The name of a migrated PostgreSQL database; every test gets a copy of it."""
    from tombola.testing import postgres

    with postgres.template(postgresql, _migrate) as name:
        yield name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file; every test gets a copy of it."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh migrated SQLite file."""
    path = tmp_path / "tombola.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql: Server, postgresql_template: str) -> Iterator[str]:
    """The address of a fresh migrated PostgreSQL database, dropped after the test."""
    name = f"tombola_test_{uuid.uuid4().hex[:12]}"
    yield postgresql.create(name, postgresql_template)
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh migrated database, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh migrated database; the test runs on SQLite and on PostgreSQL."""
    with _opened(database_url) as database:
        yield database


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A fresh migrated SQLite database, for tests that need any database and must be quick."""
    with _opened(sqlite_url) as database:
        yield database


@pytest.fixture
def inst(
    request: pytest.FixtureRequest, database: Database, clock: Clock, tmp_path: Path
) -> Installation:
    """An installation on ``database``, with the plugins that the marker ``plugins`` names."""
    return _installation(request, database, clock, tmp_path)


@pytest.fixture
def sqlite_inst(
    request: pytest.FixtureRequest, sqlite_database: Database, clock: Clock, tmp_path: Path
) -> Installation:
    """As ``inst``, on SQLite only, for tests of what no database can change."""
    return _installation(request, sqlite_database, clock, tmp_path)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """The address of this worker's Valkey."""
    from tombola.run.valkey import ValkeyMissing
    from tombola.testing import valkey

    try:
        with valkey.serve() as url:
            yield url
    except ValkeyMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture
def valkey_url(valkey_server: str) -> str:
    """The address of an empty Valkey."""
    from redis import Redis

    with Redis.from_url(valkey_server) as line:
        line.flushall()
    return valkey_server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """This worker's Chromium."""
    from playwright.sync_api import sync_playwright

    from tombola.testing.browser import BrowserMissing, find

    try:
        program, environment = find()
    except BrowserMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, env={**os.environ, **environment}
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty tab of a browser without any cookies; broken scripts fail the test."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    page.set_default_timeout(10_000)
    broken: list[str] = []
    context.on("weberror", lambda error: broken.append(str(error.error)))
    yield page
    context.close()
    assert not broken, f"a script on the page failed: {broken}"


def _installation(
    request: pytest.FixtureRequest, database: Database, clock: Clock, folder: Path
) -> Installation:
    from tombola.testing import installation

    marked = request.node.iter_markers("plugins")
    slugs = {slug for marker in marked for slug in marker.args}
    return installation.make(database, clock, folder, slugs=slugs)


def _migrate(url: str) -> None:
    from tombola.db import migrate
    from tombola.plugins import storage
    from tombola.plugins.loader import load

    with _opened(url) as database:
        migrate.upgrade(database)
        for plugin in load():
            if plugin.ready and plugin.parts.storage is not None:
                storage.upgrade(database, plugin.slug, plugin.parts.storage)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    from tombola.db import Database

    database = Database(url)
    try:
        yield database
    finally:
        database.close()
