"""The kit over our plugins, over a stranger's, and over defects that it has to find."""

import os
import re
import subprocess
import sys

import pytest

from tombola.testing.conformance.subject import find
from tombola.testing.wheels import Recipe, install

pytestmark = pytest.mark.slow

GOOD = """
from collections.abc import Mapping
from tombola.api import (ActionType, Completed, Config, CredentialExpired, Cursor, Identity,
    Importer, Item, Limit, Page, SourceConfig, View)
from tombola.hookspecs import hookimpl
from datetime import timedelta

class VisitConfig(Config):
    address: str = "https://example.com"

class Visit(ActionType[VisitConfig]):
    key, title, config_model = "sample.visit", "Visit a page", VisitConfig

    def view(self, ctx, config, who):
        return View(link=config.address, props={"n": 1})

    def start(self, ctx, config, who):
        return Completed(proof="visit")

class Place(Cursor):
    page: int = 0

class Posts(Importer[SourceConfig, Place]):
    key, title, config_model, cursor_model = "sample.posts", "Posts", SourceConfig, Place
    limits = (Limit("pages", 5, timedelta(minutes=1)),)

    def open(self, ctx, config, lane, window):
        return Place(page=1)

    def fetch(self, ctx, config, cursor):
        raise CredentialExpired("no key")

@hookimpl
def register_action_types():
    return [Visit]

@hookimpl
def register_importers():
    return [Posts]
"""

#: The good plugin's text → what it becomes; one rule each.
DEFECTS = {
    "from datetime import timedelta": (
        "from datetime import timedelta\n"
        "import requests\n"
        "from tombola.db import Database\n"
        "import socket\n"
        "socket.socket().bind(('127.0.0.1', 0))"
    ),
    "    return [Visit]": (
        "    register_action_types.n = getattr(register_action_types, 'n', 0) + 1\n"
        "    return [Visit] if register_action_types.n % 2 else []"
    ),
    'address: str = "https://example.com"': (
        "address: str = 'https://example.com'\n    count: float = float('inf')"
    ),
    "class VisitConfig(Config):": (
        "class VisitConfig(Config):\n"
        "    codes: str = __import__('pydantic').Field(\n"
        "        '', json_schema_extra={'format': 'list'})"
    ),
    "    def start": (
        "    def features(self, config):\n        return ['sample.odd']\n\n    def start"
    ),
    'props={"n": 1}': 'description="<b>hi</b>"',
    "    page: int = 0": (
        "    page: int = 0\n\n    def model_post_init(self, _):\n"
        "        object.__setattr__(self, 'page', self.page + 1)"
    ),
    '"Visit a page"': '"sample.visit"',
    'raise CredentialExpired("no key")': "return Page(items=(), next=None, checkpoint=cursor)",
    "    def view": "    config_version = 3\n\n    def view",
}

#: Rule of the kit → what it says about the plugin with all of these defects.
FOUND = {
    "test_it_is_light_to_import": "import requests inside",
    "test_loading_it_touches_nothing": "socket.bind",
    "test_it_imports_only_what_plugins_may": "imports tombola.db",
    "test_registration_is_repeatable": "gives something else each time",
    "test_configurations_round_trip_through_json": "validation error for VisitConfig",
    "test_features_that_configurations_use_are_offered": "which it does not register",
    "test_lists_are_kept_by_name": "keeps no list for 'codes'",
    "test_views_are_plain_data": "writes HTML",
    "test_cursors_round_trip_through_json": "the cursor changes when it is stored",
    "test_every_title_is_a_sentence_for_people": "has no title",
    "test_a_network_that_is_away_is_an_error_of_the_contract": "answered without a network",
    "test_configuration_stored_by_earlier_versions_is_upgraded": "no example of a configuration",
}


def check(slug, *options, site=""):
    command = [sys.executable, "-m", "tombola.testing.conformance", slug, "-q", *options]
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def passed(output):
    found = re.search(r"(\d+) passed", output)
    return int(found.group(1)) if found else 0


@pytest.mark.parametrize(
    "slug", ["custom_tracking", "instagram_import", "twitter_import", "sandbox"]
)
def test_our_own_plugins_conform(slug):
    done = check(slug)
    assert done.returncode == 0, done.stdout
    assert passed(done.stdout) >= 13


def test_a_strangers_plugin_conforms(tmp_path):
    site = install([Recipe("sample", GOOD, "sample_plugin")], tmp_path / "site")
    done = check("sample", site=site)
    assert done.returncode == 0, done.stdout
    assert passed(done.stdout) == 17


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the kit says about one plugin with every defect at once."""
    source = GOOD
    for before, after in DEFECTS.items():
        assert before in source
        source = source.replace(before, after, 1)
    files = {"requests/__init__.py": ""}
    recipe = Recipe("sample", source, "sample_plugin", files=files)
    site = install([recipe], tmp_path_factory.mktemp("defects") / "site")
    done = check("sample", "--tb=short", "-rf", site=site)
    assert done.returncode == 1, done.stdout
    return done.stdout


@pytest.mark.parametrize("rule", FOUND)
def test_a_defect_is_found_by_its_rule(report, rule):
    told = re.search(rf"FAILED \S*::{rule}", report)
    assert told, report
    section = report[report.index(f"_ {rule} _") :]
    assert FOUND[rule] in section.partition("\n____")[0], section[:2000]


def test_rules_without_a_defect_hold(report):
    assert passed(report) == 17 - len(FOUND)


def test_a_bypass_without_a_reason_is_refused(tmp_path, monkeypatch):
    scenario = (
        "from tombola.testing import scenario\n"
        "class Scenario(scenario.Scenario):\n"
        "    bypass = {'imports': ' '}\n"
    )
    files = {"bypassing_plugin_scenario.py": scenario}
    source = GOOD.replace('"sample.', '"bypassing.')
    recipe = Recipe("bypassing", source, "bypassing_plugin", files=files)
    monkeypatch.syspath_prepend(str(install([recipe], tmp_path / "site")))
    with pytest.raises(pytest.fail.Exception, match="lacks its reason"):
        find("bypassing")


def test_a_plugin_that_is_not_ready_is_told_with_its_reason(tmp_path, monkeypatch):
    recipe = Recipe("failing", "raise ValueError('no')", "failing_plugin")
    monkeypatch.syspath_prepend(str(install([recipe], tmp_path / "site")))
    with pytest.raises(pytest.fail.Exception, match="failing is broken: ValueError: no"):
        find("failing")
