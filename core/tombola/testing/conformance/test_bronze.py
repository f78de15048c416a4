"""Bronze: a plugin that harms nobody. Each rule is one test over everything the plugin offers."""

import ast
import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tombola.api import Flow, Invalid, Lane, Redirect, Upload, View, Window, render
from tombola.plugins.dispatch import implementations
from tombola.plugins.validation import LISTS, SINGLES, load_target
from tombola.testing.conformance.subject import Subject
from tombola.testing.ctx import FakeCtx
from tombola.web.schema import Kind, fields_of, leaves

__all__ = [
    "test_a_connector_begins_without_a_network_and_refuses_as_promised",
    "test_configuration_stored_by_earlier_versions_is_upgraded",
    "test_configurations_round_trip_through_json",
    "test_cursors_round_trip_through_json",
    "test_every_form_can_be_made_from_its_model",
    "test_every_title_is_a_sentence_for_people",
    "test_features_that_configurations_use_are_offered",
    "test_it_imports_only_what_plugins_may",
    "test_it_is_light_to_import",
    "test_it_loads_in_a_clean_process",
    "test_lists_are_kept_by_name",
    "test_loading_it_touches_nothing",
    "test_registration_is_repeatable",
    "test_views_are_plain_data",
]

#: CPU seconds that loading one plugin may take in a process that has the core loaded.
LIGHT_CPU_S = 0.5
#: Packages that a plugin loads when it needs them, not when it is registered.
HEAVY = frozenset(
    {
        *("requests", "httpx", "httpx2", "aiohttp", "urllib3", "tweepy", "xdk", "facebook"),
        *("boto3", "google", "openai", "numpy", "pandas", "PIL", "flask", "authlib", "playwright"),
    }
)
ALLOWED = ("tombola.api", "tombola.hookspecs", "tombola.toolkit")


@pytest.fixture(scope="session")
def probe(subject: Subject) -> Any:
    """What the plugin did while a process of its own loaded it."""
    command = [sys.executable, "-m", "tombola.testing.conformance.probe", subject.plugin.slug]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_loads_in_a_clean_process(probe: Any) -> None:
    """Not only here, where other things have been imported already."""
    assert probe["states"] == ["ready"], probe["reasons"]


def test_it_is_light_to_import(subject: Subject, probe: Any) -> None:
    """Every process of the core pays for it."""
    subject.bypassed("light")
    heavy = HEAVY & set(probe["modules"])
    assert not heavy, f"import {', '.join(sorted(heavy))} inside the functions that need it"
    assert probe["cpu_s"] < LIGHT_CPU_S, f"loading took {probe['cpu_s']:.2f} s of CPU"


def test_loading_it_touches_nothing(probe: Any) -> None:
    """No socket, process, database or file is opened by import and registration."""
    assert probe["acts"] == []


def test_registration_is_repeatable(subject: Subject) -> None:
    """A ``register_`` hook gives the same things each time, and keeps no state."""
    for hook in (*LISTS, *SINGLES):
        for implementation in implementations(subject.plugin, hook):
            first, second = implementation.function(), implementation.function()
            assert _names(first) == _names(second), f"{hook} gives something else each time"


def test_it_imports_only_what_plugins_may(subject: Subject) -> None:
    """The core's inside may change any day; ``tombola.api`` may not."""
    subject.bypassed("imports")
    wrong = [
        f"{path.name}:{line} imports {name}"
        for path in subject.files()
        for name, line in _imports(path)
        if name.partition(".")[0] == "tombola"
        and not name.startswith(ALLOWED)
        and not (path.stem == "scenario" and name.startswith("tombola.testing"))
    ]
    assert not wrong, "; ".join(wrong)


def test_every_form_can_be_made_from_its_model(subject: Subject) -> None:
    """Configuration and settings are edited in forms of the core's."""
    settings = subject.plugin.parts.settings
    models = [kind.config_model for kind in subject.kinds]
    models += [m for m in (settings and settings.installation, settings and settings.team) if m]
    for model in models:
        for spec in fields_of(model):
            assert spec.label, f"{model.__name__}.{spec.name} has no words on it"


def test_every_title_is_a_sentence_for_people(subject: Subject) -> None:
    """No key stands where a title should."""
    parts = subject.plugin.parts
    named = (
        *subject.kinds,
        *parts.connectors,
        *parts.identity_providers,
        *parts.channels,
        *parts.features,
    )
    for part in named:
        title = render(part.title)
        assert title.strip() not in {"", part.key}, f"{part.key} has no title"


def test_configurations_round_trip_through_json(subject: Subject) -> None:
    """What is stored is what comes back."""
    for kind in subject.kinds:
        config = subject.config(kind)
        again = kind.config_model.model_validate_json(config.model_dump_json())
        assert again.model_dump_json() == config.model_dump_json(), kind.key


def test_configuration_stored_by_earlier_versions_is_upgraded(subject: Subject) -> None:
    """Each earlier version has an example in ``Scenario.old_configs``."""
    for kind in subject.kinds:
        old = subject.scenario.old_configs.get(kind.key, {})
        for version in range(1, kind.config_version):
            assert version in old, f"{kind.key}: no example of a configuration of {version}"
            kind.config_model.model_validate(kind.upgrade_config(dict(old[version]), version))


def test_features_that_configurations_use_are_offered(subject: Subject) -> None:
    """A feature that nobody registered is in no plan, so nobody could ever use it."""
    offered = {kind.key for kind in subject.kinds}
    offered |= {feature.key for feature in subject.plugin.parts.features}
    for kind in subject.kinds:
        unknown = set(kind.features(subject.config(kind))) - offered
        assert not unknown, f"{kind.key} uses the features {unknown}, which it does not register"


def test_views_are_plain_data(subject: Subject) -> None:
    """``view`` needs no network, answers for a stranger too, and writes no HTML."""
    for kind in subject.kinds:
        for who in {None: None, "one": subject.scenario.who()}.values():
            view = kind.view(FakeCtx(), subject.config(kind), who)
            assert isinstance(view, View), kind.key
            json.dumps(dict(view.props))
            for text in (view.label, view.description, view.link_label, view.hint):
                assert "</" not in render(text), f"{kind.key} writes HTML"


def test_lists_are_kept_by_name(subject: Subject) -> None:
    """A field with the format ``list`` holds the name that the plugin gives to what was sent."""
    storage = subject.plugin.parts.storage
    ctx = FakeCtx(metadata=None if storage is None else load_target(storage.metadata))
    for kind in subject.plugin.parts.action_types:
        config = subject.config(kind)
        for spec in leaves(fields_of(kind.config_model)):
            if spec.kind is not Kind.UPLOAD:
                continue
            done = kind.take_upload(ctx, config, spec.name, Upload(("first", "second")))
            named = {**config.model_dump(), spec.name: done.value}
            held = kind.config_model.model_validate(named)
            assert getattr(held, spec.name) == done.value, f"{kind.key}: {spec.name}"
            assert render(kind.about_upload(ctx, held, spec.name)).strip(), (
                f"{kind.key}: about_upload says nothing of a list that was kept in {spec.name}"
            )
            gone = kind.take_upload(ctx, held, spec.name, Upload(()))
            assert gone.value == "", f"{kind.key}: {spec.name} keeps a name after the list is gone"


def test_cursors_round_trip_through_json(subject: Subject) -> None:
    """A cursor is stored between pages."""
    for importer in subject.plugin.parts.importers:
        ctx = FakeCtx()
        window = Window(since=ctx.now - timedelta(days=1))
        for lane in sorted(importer.lanes, key=list(Lane).index):
            cursor = importer.open(ctx, subject.config(importer), lane, window)
            assert isinstance(cursor, importer.cursor_model)
            again = importer.cursor_model.model_validate_json(cursor.model_dump_json())
            assert again == cursor, f"{importer.key}: the cursor changes when it is stored"
            assert importer.cost(subject.config(importer), again).keys() <= {
                limit.bucket for limit in importer.limits
            }, f"{importer.key}.cost names a bucket that limits lack"


def test_a_connector_begins_without_a_network_and_refuses_as_promised(subject: Subject) -> None:
    """``ready`` and ``begin`` are pure; ``finish`` without a code raises ``Invalid`` alone."""
    for connector in subject.plugin.parts.connectors:
        flow = Flow("state-1", "v" * 43, f"http://localhost:8000/connected/{connector.key}")
        assert connector.ready(FakeCtx()) in {True, False}, connector.key
        first, second = (connector.begin(subject.scenario.make_ctx(), flow) for _ in range(2))
        assert isinstance(first, Redirect), f"{connector.key}.begin gives no Redirect"
        assert first == second, f"{connector.key}.begin gives something else each time"
        assert flow.state in unquote(first.url), f"{connector.key}.begin leaves the state out"
        assert flow.verifier not in first.url, f"{connector.key}.begin tells the PKCE verifier"
        refused = {"state": flow.state, "error": "access_denied"}
        try:
            connector.finish(subject.scenario.make_ctx(), flow, refused)
        except Invalid:
            continue
        raise AssertionError(f"{connector.key}.finish took a refusal for a log-in")


def _names(given: Any) -> Any:
    if isinstance(given, list | tuple | set | frozenset):
        return [_names(each) for each in given]
    if isinstance(given, type):
        return given
    if dataclasses.is_dataclass(given):
        return type(given), getattr(given, "key", repr(given))
    return type(given), getattr(given, "name", repr(given))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "tombola":
                yield from ((f"tombola.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno
