"""The plugin that is being checked, and where its files are."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tombola.plugins.loader import load
from tombola.testing.scenario import BYPASSABLE, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tombola.plugins.states import Plugin


@dataclass(frozen=True)
class Subject:
    """An installed plugin with its author's scenario."""

    plugin: Plugin
    scenario: Scenario

    @property
    def kinds(self) -> list[Any]:
        """Its action types and importers."""
        return [*self.plugin.parts.action_types, *self.plugin.parts.importers]

    def config(self, kind: Any) -> Any:
        """Give a configuration that works, from the scenario or of defaults alone."""
        given = self.scenario.configs.get(kind.key)
        if given is None:
            required = [n for n, f in kind.config_model.model_fields.items() if f.is_required()]
            assert not required, (
                f"{kind.key}: give the kit a configuration, Scenario.configs[{kind.key!r}]; "
                f"the model requires {', '.join(required)}"
            )
        return kind.config_model.model_validate(dict(given or {}))

    def files(self) -> Iterator[Path]:
        """Give the Python files of its package, tests not included."""
        spec = find_spec(self.plugin.target.partition(":")[0].partition(".")[0])
        if spec is None:
            return
        for folder in spec.submodule_search_locations or ():
            for path in sorted(Path(folder).rglob("*.py")):
                if "tests" not in path.relative_to(folder).parts:
                    yield path
        if not spec.submodule_search_locations and spec.origin:
            yield Path(spec.origin)

    def bypassed(self, rule: str) -> None:
        """Skip a test whose rule the scenario bypasses, printing the reason."""
        reason = self.scenario.bypass.get(rule)
        if reason:
            pytest.skip(f"{self.plugin.slug} bypasses {rule!r}: {reason}")


@pytest.fixture(scope="session")
def subject(request: pytest.FixtureRequest) -> Subject:
    """The plugin named by ``--tombola-plugin``."""
    slug = request.config.getoption("--tombola-plugin")
    if not slug:
        pytest.fail("say which plugin: --tombola-plugin SLUG", pytrace=False)
    return find(slug)


def find(slug: str) -> Subject:
    """Load an installed plugin and its scenario; fails the test with the reason otherwise."""
    found = [plugin for plugin in load() if plugin.slug == slug]
    if len(found) != 1:
        pytest.fail(f"{len(found)} installed distributions offer {slug!r}", pytrace=False)
    plugin = found[0]
    if not plugin.ready:
        told = f"{slug} is {plugin.state}: {plugin.reason}\n{plugin.traceback}"
        pytest.fail(told, pytrace=False)
    return Subject(plugin, _scenario(plugin))


def _scenario(plugin: Plugin) -> Scenario:
    module = plugin.target.partition(":")[0]
    name = f"{module.rpartition('.')[0]}.scenario" if "." in module else f"{module}_scenario"
    if find_spec(name) is None:
        return Scenario()
    scenario: Scenario = importlib.import_module(name).Scenario()
    for rule, reason in scenario.bypass.items():
        if rule not in BYPASSABLE or not reason.strip():
            pytest.fail(f"bypass of {rule!r} is not possible or lacks its reason", pytrace=False)
    return scenario
