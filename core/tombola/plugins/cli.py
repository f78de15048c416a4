"""``tombola plugins``: works with any plugin broken, in safe mode, and without a database."""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click

from tombola.plugins.loader import load
from tombola.plugins.observed import Observed, look
from tombola.plugins.states import Plugin
from tombola.settings import get_settings

OFFERED = (
    *("action_types", "importers", "identity_providers", "channels", "webhooks"),
    *("jobs", "features", "health_checks"),
)


@click.group()
def plugins() -> None:
    """List plugins, and say what became of them."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def list_plugins(*, as_json: bool) -> None:
    """List every installed plugin with its state."""
    found, seen = _loaded()
    if as_json:
        _write_json({"plugins": [_described(plugin, seen) for plugin in found]})
        return
    if not found:
        click.echo("No plugin is installed.")
    width = max((len(plugin.slug) for plugin in found), default=0)
    for plugin in found:
        line = f"{plugin.slug:<{width}}  {plugin.version:<10}  {_state(plugin, seen)}"
        click.echo(f"{line}  {_first_line(plugin.reason)}".rstrip())


@plugins.command()
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def why(slug: str, *, as_json: bool) -> None:
    """Say everything about one plugin; ends with 1 unless it is ready."""
    everything, seen = _loaded()
    found = [plugin for plugin in everything if plugin.slug == slug]
    if not found:
        raise click.ClickException(f"No installed distribution offers a plugin {slug!r}.")
    if as_json:
        described = [_described(plugin, seen) for plugin in found]
        _write_json(described[0] if len(described) == 1 else described)
    else:
        for plugin in found:
            _tell(plugin, seen)
    sys.exit(0 if all(plugin.ready for plugin in found) else 1)


@plugins.command()
@click.argument("slug")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def check(slug: str, options: tuple[str, ...]) -> None:
    """Run the conformance kit over a plugin; OPTIONS (after --) go to pytest."""
    if importlib.util.find_spec("pytest") is None:
        raise click.ClickException("The kit runs with pytest: pip install pytest")
    kit = [sys.executable, "-m", "tombola.testing.conformance", slug, *options]
    sys.exit(subprocess.call(kit))  # noqa: S603 - our own, in a process without our imports


def _loaded() -> tuple[list[Plugin], Observed | None]:
    settings = get_settings()
    with _output_is_ours():
        found = load(safe_mode=settings.safe_mode)
        return found, look(settings, found)


@contextlib.contextmanager
def _output_is_ours() -> Iterator[None]:
    """Send what plugins write to the output itself to the error stream, past Python too."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _state(plugin: Plugin, seen: Observed | None) -> str:
    """Say its state; a ready one that rests for somebody is in quarantine."""
    rests = plugin.ready and seen and any(rest.plugin == plugin.slug for rest in seen.rests)
    return "quarantined" if rests else plugin.state.value


def _described(plugin: Plugin, seen: Observed | None) -> dict[str, Any]:
    return {
        "slug": plugin.slug,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "target": plugin.target,
        "state": _state(plugin, seen),
        "reason": plugin.reason,
        "traceback": plugin.traceback,
        "offers": _offers(plugin),
        "observed": seen and _observed(plugin, seen),
    }


def _observed(plugin: Plugin, seen: Observed) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[Any]] = {
        "switches": seen.switches,
        "rests": seen.rests,
        "faults": seen.faults,
    }
    return {
        name: [each.model_dump(mode="json") for each in rows if each.plugin == plugin.slug]
        for name, rows in found.items()
    }


def _offers(plugin: Plugin) -> dict[str, list[str]]:
    found = {name: [part.key for part in getattr(plugin.parts, name)] for name in OFFERED}
    found["commands"] = [command.name or "" for command in plugin.parts.commands]
    return {name: sorted(keys) for name, keys in found.items() if keys}


def _tell(plugin: Plugin, seen: Observed | None) -> None:
    click.echo(f"{plugin.slug}: {_state(plugin, seen)}")
    click.echo(f"  from {plugin.distribution} {plugin.version}, {plugin.target}")
    for line in plugin.reason.splitlines():
        click.echo(f"  because {line}" if line == plugin.reason.splitlines()[0] else f"  {line}")
    for name, keys in _offers(plugin).items():
        click.echo(f"  {name.replace('_', ' ')}: {', '.join(keys)}")
    for name, rows in (_observed(plugin, seen) if seen else {}).items():
        for row in rows[:5]:
            told = ", ".join(f"{key} {value}" for key, value in row.items() if key != "plugin")
            click.echo(f"  {name.removesuffix('s').replace('switche', 'switch')}: {told}")
    if plugin.traceback:
        click.echo(plugin.traceback)


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def _write_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
