"""Every way in which an installed plugin can be wrong, with real distributions and processes."""

import html
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tombola.plugins import loader, switches
from tombola.plugins.loader import load
from tombola.plugins.models import quarantine as quarantine_table
from tombola.testing import house as houses
from tombola.testing.wheels import Recipe, install

ACTION = """
from tombola.api import ActionType, Completed, Config, View
from tombola.hookspecs import hookimpl

class Visit(ActionType[Config]):
    key = "{key}"
    title = "Visit"
    config_model = Config

    def view(self, ctx, config, who):
        return View()

    def start(self, ctx, config, who):
        return Completed(proof="visit")

@hookimpl
def register_action_types():
    return [Visit]
"""

TABLES = """
from sqlalchemy import Column, Integer, MetaData, Table
from tombola.api import Storage
from tombola.hookspecs import hookimpl

metadata = MetaData()
Table("members", metadata, Column("id", Integer, primary_key=True))

@hookimpl
def register_storage():
    return Storage("{module}:metadata", "{module}")
"""


def plain(slug, source, **more):
    return Recipe(slug, source, f"plugin_{slug}", **more)


GOOD = plain("good", ACTION.format(key="good.visit"))

#: slug → (recipe, state, what the reason must say)
BROKEN = {
    recipe.slug: (recipe, state, said)
    for recipe, state, said in [
        (plain("raises", "raise RuntimeError('no luck')"), "broken", "RuntimeError: no luck"),
        (plain("leaves", "import sys\nsys.exit(3)"), "broken", "SystemExit: 3"),
        (plain("interrupts", "raise KeyboardInterrupt"), "broken", "KeyboardInterrupt"),
        (
            plain("beneath", "class Odd(BaseException): pass\nraise Odd('x')"),
            "broken",
            "Odd: x",
        ),
        (plain("grammar", "def broken(:\n"), "broken", "SyntaxError"),
        (plain("nowhere", "import a_module_that_is_not_there"), "broken", "ModuleNotFoundError"),
        (
            plain(
                "lacking", ACTION.format(key="lacking.visit"), requires=["not-installed-here>=2"]
            ),
            "incompatible",
            "requires not-installed-here>=2, which is not installed",
        ),
        (
            plain("futuristic", ACTION.format(key="futuristic.visit"), requires=["tombola>=99"]),
            "incompatible",
            "requires tombola>=99, installed is",
        ),
        (
            plain("garbled", ACTION.format(key="garbled.visit"), requires=["tombola ==== 1"]),
            "incompatible",
            "unreadable requirement",
        ),
        (
            plain(
                "misspelt",
                ACTION.format(key="misspelt.visit").replace(
                    "def register_action_types", "def register_action_type"
                ),
            ),
            "invalid",
            "there is no hook 'register_action_type', did you mean 'register_action_types'?",
        ),
        (
            plain(
                "signed",
                ACTION.format(key="signed.visit").replace(
                    "def register_action_types()", "def register_action_types(app)"
                ),
            ),
            "invalid",
            "register_action_types",
        ),
        (plain("hookless", "x = 1"), "invalid", "it implements no hook"),
        (plain("alien", ACTION.format(key="good_visit")), "invalid", "must start with 'alien.'"),
        (
            plain(
                "twin_a",
                ACTION.format(key="twin_a.visit").replace(
                    '"twin_a.visit"', '"twin_a.visit"\n    formerly = ("old.visit",)'
                ),
            ),
            "invalid",
            "key 'old.visit' is also registered by 'twin_b'",
        ),
        (
            plain(
                "twin_b",
                ACTION.format(key="twin_b.visit").replace(
                    '"twin_b.visit"', '"twin_b.visit"\n    formerly = ("old.visit",)'
                ),
            ),
            "invalid",
            "key 'old.visit' is also registered by 'twin_a'",
        ),
        (
            plain("tables", TABLES.format(module="plugin_tables")),
            "invalid",
            "table 'members' must start with 'tables_'",
        ),
        (
            plain(
                "abstract",
                ACTION.format(key="abstract.visit").replace("def start", "def begin"),
            ),
            "invalid",
            "Visit lacks the methods start",
        ),
        (
            plain(
                "listless",
                ACTION.format(key="listless.visit").replace("return [Visit]", "return 7"),
            ),
            "invalid",
            "register_action_types must return a list, not int",
        ),
        (
            plain(
                "late",
                ACTION.format(key="late.visit").replace("return [Visit]", "raise SystemExit(1)"),
            ),
            "invalid",
            "SystemExit: 1",
        ),
        (
            plain(
                "wrapper",
                ACTION.format(key="wrapper.visit")
                .replace("@hookimpl", "@hookimpl(wrapper=True)")
                .replace("return [Visit]", "return (yield)"),
            ),
            "invalid",
            "register_action_types is a wrapper, which no plugin may be",
        ),
        (
            Recipe("Bad-Slug", "x = 1", "plugin_bad_slug", name="tombola-bad-slug"),
            "invalid",
            "slug 'Bad-Slug' must be",
        ),
    ]
}

DOUBLE = [
    Recipe("shared", ACTION.format(key="shared.visit"), f"plugin_shared_{n}", name=f"shared-{n}")
    for n in (1, 2)
]


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """What the command says with all of them installed at once, by slug."""
    recipes = [GOOD, *(recipe for recipe, _, _ in BROKEN.values()), *DOUBLE]
    site = install(recipes, tmp_path_factory.mktemp("broken") / "site")
    done = tombola(site, "plugins", "list", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["plugins"]
    return site, {plugin["slug"]: plugin for plugin in found}, found


def tombola(site, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-m", "tombola", *arguments],
        env={**os.environ, "PYTHONPATH": str(site), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("slug", BROKEN)
def test_a_broken_plugin_is_listed_by_name_with_its_reason(listed, slug):
    _, state, said = BROKEN[slug]
    plugin = listed[1][slug]
    assert plugin["state"] == state
    assert said in plugin["reason"]
    assert plugin["offers"] == {}


@pytest.mark.slow
def test_what_a_plugin_raised_comes_with_its_traceback(listed):
    assert "plugin_raises.py" in listed[1]["raises"]["traceback"]
    assert listed[1]["misspelt"]["traceback"] == ""


@pytest.mark.slow
def test_two_distributions_with_one_slug_are_both_refused_naming_each(listed):
    shared = [plugin for plugin in listed[2] if plugin["slug"] == "shared"]
    assert [plugin["state"] for plugin in shared] == ["invalid", "invalid"]
    assert all("shared-1 and shared-2" in plugin["reason"] for plugin in shared)


@pytest.mark.slow
def test_everything_else_runs_beside_twenty_broken_plugins(listed):
    _, found, _ = listed
    assert found["good"]["state"] == "ready"
    assert found["good"]["offers"]["action_types"] == ["good.visit"]
    assert found["custom_tracking"]["state"] == "ready"


@pytest.fixture
def house(listed, sqlite_database, clock, tmp_path, monkeypatch):
    """An application that has loaded all of them."""
    monkeypatch.syspath_prepend(str(listed[0]))
    return houses.build(sqlite_database, clock, tmp_path / "data", load())


@pytest.mark.slow
def test_pages_name_every_broken_plugin_and_everything_else_works(house):
    client = house.client("operator")
    plugins = html.unescape(client.get("/operator/plugins").text)
    health = html.unescape(client.get("/operator/health").text)
    told = client.get("/healthz").json
    for slug, (_, state, said) in BROKEN.items():
        assert (slug in plugins, slug in health) == (True, True)
        assert said in plugins
        assert said in health
        assert told["plugins"][slug]["state"] == state
    assert told["plugins"]["good"]["state"] == "ready"
    table = client.get("/operator/plans").text
    assert "good.visit" in table
    assert "raises.visit" not in table


@pytest.mark.slow
def test_a_team_uses_a_good_plugin_beside_the_broken_ones(house):
    campaign = house.campaign()
    added = house.action(campaign, type_key="good.visit", title="Visit", config={})
    assert added.type_key == "good.visit"
    page = house.client("owner").get(f"/team/{house.team.slug}/campaign/{campaign.key}")
    assert page.status_code == 200


@pytest.mark.slow
def test_an_incompatible_plugin_is_never_imported(listed, tmp_path):
    marker = tmp_path / "imported"
    recipe = plain(
        "early", f"open({str(marker)!r}, 'w').close()\n", requires=["not-installed-here"]
    )
    site = install([recipe], tmp_path / "site")
    assert tombola(site, "plugins", "list").returncode == 0
    assert not marker.exists()


@pytest.mark.slow
def test_why_tells_one_plugin_and_ends_with_its_state(listed):
    site = listed[0]
    good = tombola(site, "plugins", "why", "good")
    assert (good.returncode, "good: ready" in good.stdout) == (0, True)
    raises = tombola(site, "plugins", "why", "raises", "--json")
    assert raises.returncode == 1
    assert json.loads(raises.stdout)["reason"] == "RuntimeError: no luck"
    assert tombola(site, "plugins", "why", "unknown").returncode == 1


@pytest.mark.slow
def test_safe_mode_imports_nothing_and_still_lists_everything(listed):
    done = tombola(listed[0], "plugins", "list", "--json", TOMBOLA_SAFE_MODE="1")
    found = {plugin["slug"]: plugin for plugin in json.loads(done.stdout)["plugins"]}
    assert found["raises"]["state"] == "discovered"
    assert found["good"]["reason"] == "safe mode: nothing is loaded"


@pytest.mark.slow
def test_what_plugins_print_does_not_spoil_the_json(tmp_path):
    said = "import os\nprint('hello')\nos.write(1, b'from below')\nos.system('echo from beside')\n"
    site = install([plain("noisy", said)], tmp_path / "site")
    for command in (["list"], ["why", "noisy"]):
        done = tombola(site, "plugins", *command, "--json")
        assert json.loads(done.stdout)
        for words in ("hello", "from below", "from beside"):
            assert words in done.stderr


def test_a_plugin_that_hangs_at_import_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "PATIENCE", timedelta(seconds=0.3))
    hanging = plain("hanging", "import threading\nthreading.Event().wait(20)\n")
    beside = plain("beside", ACTION.format(key="beside.visit"))
    monkeypatch.syspath_prepend(str(install([hanging, beside], tmp_path / "site")))
    found = {plugin.slug: plugin for plugin in load()}
    assert found["hanging"].state == "broken"
    assert "no answer within 0.3 s" in found["hanging"].reason
    assert found["beside"].ready


@pytest.mark.slow
def test_the_command_shows_what_the_database_knows(tmp_path, sqlite_database, clock):
    folder = Path(sqlite_database.url.database).parent
    rest = {"since": clock(), "retry_at": clock(), "reason": "ValueError: x"}
    with sqlite_database.write() as conn:
        conn.execute(quarantine_table.insert().values(plugin="sandbox", team=0, **rest))
        switches.turn(conn, switches.Scope.INSTALLATION, "", "sandbox", on=False)
    done = tombola(tmp_path, "plugins", "why", "sandbox", "--json", TOMBOLA_DATA_DIR=str(folder))
    told = json.loads(done.stdout)
    assert told["state"] == "quarantined"
    assert told["observed"]["rests"][0]["reason"] == "ValueError: x"
    assert told["observed"]["switches"][0]["on"] is False


@pytest.mark.slow
def test_the_command_makes_no_database_and_waits_for_none(tmp_path):
    folder = tmp_path / "nothing"
    done = tombola(tmp_path, "plugins", "list", "--json", TOMBOLA_DATA_DIR=str(folder))
    assert json.loads(done.stdout)["plugins"][0]["observed"] is None
    assert not folder.exists()
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    done = tombola(tmp_path, "plugins", "list", "--json", TOMBOLA_DATABASE_URL=away)
    assert json.loads(done.stdout)["plugins"][0]["observed"] is None
