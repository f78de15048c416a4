"""The plugin pages say what is true: headings are hooks, and the tutorial's files work."""

import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tombola import hookspecs
from tombola.testing.wheels import Recipe, install

DOCS = Path(__file__).parents[2] / "docs" / "plugins"
HOOKS = {
    name: function
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
    if hasattr(function, "tombola_spec")
}


def test_every_hook_has_a_heading_and_every_heading_is_a_hook():
    headings = re.findall(r"^## (\w+)$", (DOCS / "hooks.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(HOOKS)


def test_arguments_are_those_of_the_hooks():
    text = (DOCS / "hooks.md").read_text()
    for name, function in HOOKS.items():
        if name.startswith("register_"):
            continue
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        written = section.partition("`")[2].partition("`")[0]
        asked = [
            p.name if p.default is p.empty else f"{p.name}={p.default}"
            for p in inspect.signature(function).parameters.values()
        ]
        assert written == ", ".join(asked), name


def tutorial():
    """The tutorial's files by name."""
    text = (DOCS / "writing-a-plugin.md").read_text()
    return dict(re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


@pytest.mark.slow
def test_the_tutorials_plugin_is_installed_tested_and_conforms(tmp_path):
    files = tutorial()
    project = tomllib.loads(files.pop("pyproject.toml"))["project"]
    ((slug, module),) = project["entry-points"]["tombola.plugins.v1"].items()
    files["tombola_riddle/__init__.py"] = ""
    source = files.pop("tombola_riddle/plugin.py")
    path = module.replace(".", "/")
    recipe = Recipe(slug, source, path, files=files, requires=project["dependencies"])
    site = install([recipe], tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    def run(*command):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "2 passed" in run("pytest", "-q", "-p", "no:cacheprovider", str(site / "tests"))
    assert "riddle: ready" in run("tombola", "plugins", "why", slug)
    assert "17 passed" in run("tombola", "plugins", "check", slug, "--", "-q")
