"""The fixtures that other tests stand on."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text

from tombola.db.migrate import is_current
from tombola.testing import browser, keeper, postgres
from tombola.testing.clock import Clock
from tombola.testing.processes import is_alive, wait_for


@pytest.mark.parametrize("turn", [1, 2])
def test_database_is_migrated_and_empty_for_each_test(database, turn):
    with database.write() as conn:
        conn.execute(text("INSERT INTO plan (key, title, position) VALUES ('p', 'P', 1)"))
        assert conn.execute(text("SELECT count(*) FROM plan")).scalar() == 1
    assert is_current(database)


@pytest.mark.parametrize("turn", [1, 2])
def test_valkey_is_empty_for_each_test(valkey_url, turn):
    with Redis.from_url(valkey_url) as line:
        assert line.dbsize() == 0
        line.set("left", "over")


@pytest.mark.parametrize("turn", [1, 2])
def test_page_remembers_nothing_of_the_last_test(page, turn):
    assert page.context.cookies() == []
    page.context.add_cookies([{"name": "left", "value": "over", "url": "http://localhost/"}])
    page.set_content("<p>seen</p>")
    assert page.inner_text("p") == "seen"


def test_installation_has_the_first_plans_and_no_plugin_that_was_not_asked_for(sqlite_inst):
    assert list(sqlite_inst.plugins.all) == []
    with sqlite_inst.db.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM plan")).scalar() == 4


def test_clock_stands_until_it_is_moved():
    clock = Clock(datetime(2026, 3, 29, tzinfo=UTC))

    assert clock() == clock()
    assert clock.advance(timedelta(hours=1)) == clock() == datetime(2026, 3, 29, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 3, 29))  # noqa: DTZ001 # refused


def test_missing_browser_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("TOMBOLA_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(browser, "MACOS", ())
    monkeypatch.setattr(browser, "copied", lambda: tmp_path)

    with pytest.raises(browser.BrowserMissing, match="make browser"):
        browser.find()


def test_missing_postgresql_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("TOMBOLA_TEST_PG_URL", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(postgres, "_bundled", lambda: None)

    with (
        pytest.raises(postgres.PostgresMissing, match="make test"),
        postgres.serve(tmp_path),
    ):
        raise AssertionError("there is none")


@pytest.mark.slow
def test_missing_part_fails_its_test_and_skips_nothing(tmp_path):
    test = tmp_path / "test_it.py"
    test.write_text("def test_it(page):\n    pass\n")
    environment = {**os.environ, "TOMBOLA_CHROMIUM": "", "PATH": "", "HOME": str(tmp_path)}
    code = (
        "import sys, pytest, tombola.testing.browser as b\n"
        "b.MACOS = ()\n"
        "b.copied_program = lambda: b.Path('missing')\n"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )

    result = subprocess.run(
        [sys.executable, "-c", code, "-q", "-p", "no:cacheprovider", str(test)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert browser.REMEDY in result.stdout
    assert "1 error" in result.stdout


@pytest.mark.slow
def test_server_ends_with_its_last_user_however_that_one_ends(tmp_path):
    folder, lock, noted = tmp_path / "kept", tmp_path / "users", tmp_path / "pid"
    folder.mkdir()
    user = (
        "import json, pathlib, sys, time\n"
        "from tombola.testing import keeper\n"
        "held = keeper.hold(pathlib.Path(sys.argv[1]))\n"
        "keeper.start(keeper.Plan(**json.loads(sys.argv[2])))\n"
        "time.sleep(600)\n"
    )
    server = f"import os, time; open({str(noted)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    plan = {"command": [sys.executable, "-c", server], "folder": str(folder), "lock": str(lock)}
    command = [sys.executable, "-c", user, str(lock), json.dumps(plan)]

    with subprocess.Popen(command) as process:
        wait_for(lambda: noted.exists() and noted.read_text())
        process.kill()

    wait_for(lambda: not is_alive(int(noted.read_text())), 5)
    wait_for(lambda: not folder.exists(), 5)
    keeper.hold(lock).close()


def test_plugin_of_pytest_is_light():
    code = "import sys, tombola.testing.pytest_plugin; print(' '.join(sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    heavy = {"sqlalchemy", "flask", "playwright", "redis", "pydantic", "tombola.db"}
    assert heavy.isdisjoint(loaded)


def test_copied_browser_brings_its_fonts():
    environment = browser.copied_environment()

    assert Path(environment["FONTCONFIG_FILE"]).parent == Path(environment["FONTCONFIG_PATH"])
