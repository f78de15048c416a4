"""Loads plugins: each alone, each with one try, so that no plugin stops another or the host."""

import contextlib
import difflib
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pluggy

import tombola.hookspecs
from tombola.plugins import containment
from tombola.plugins.discovery import discover
from tombola.plugins.states import Parts, Plugin, State
from tombola.plugins.validation import LISTS, SINGLES, Check, listed

#: How long an import or a registration may take on a slow, busy machine.
PATIENCE = timedelta(seconds=30)
#: Lists of Parts whose elements are classes; the core keeps one instance of each.
CLASSES = frozenset(
    {"action_types", "importers", "identity_providers", "connectors", "channels", "webhooks"}
)
#: Lists of Parts whose keys share a name space: an importer is offered as an action.
SPACES = (
    ("action_types", "importers"),
    ("identity_providers",),
    ("connectors",),
    ("channels",),
    ("webhooks",),
    ("jobs",),
    ("features",),
    ("health_checks",),
)


def load(*, safe_mode: bool = False) -> list[Plugin]:
    """Discover, import, register and validate every installed plugin.

    Whatever a plugin does wrong ends up in its state and reason; only a person's Ctrl-C passes.
    What plugins print goes to the error stream. With ``safe_mode`` nothing is imported.
    """
    plugins = discover()
    if not safe_mode:
        return load_these(plugins)
    for plugin in plugins:
        if plugin.state is State.DISCOVERED:
            plugin.reason = "safe mode: nothing is loaded"
    return plugins


def load_these(plugins: list[Plugin]) -> list[Plugin]:
    """Load what was discovered, in its order; gives the same list back."""
    waiting = [plugin for plugin in plugins if plugin.state is State.DISCOVERED]
    with contextlib.redirect_stdout(sys.stderr):
        for plugin in waiting:
            _load_one(plugin)
    _refuse_conflicts(plugins)
    for plugin in plugins:
        if plugin.state is State.DISCOVERED:
            plugin.state = State.READY
    return plugins


def adopt(slug: str, module: Any, version: str = "0") -> Plugin:
    """Make a plugin of a module (or any object with hook implementations), for tests.

    It goes the way of an installed one from the import on.
    """
    plugin = Plugin(slug, getattr(module, "__name__", slug), f"tombola-{slug}", version)
    _take_in(plugin, module)
    if plugin.state is State.DISCOVERED:
        plugin.state = State.READY
    return plugin


def _load_one(plugin: Plugin) -> None:
    module = _try(plugin, State.BROKEN, _imported, plugin.target)
    if plugin.state is State.DISCOVERED:
        _take_in(plugin, module)


def _take_in(plugin: Plugin, module: Any) -> None:
    _try(plugin, State.INVALID, _register, plugin, module)
    if plugin.state is State.DISCOVERED:
        _collect(plugin)


def _imported(target: str) -> Any:
    module, _, attributes = target.partition(":")
    found: Any = import_module(module.strip())
    for attribute in filter(None, attributes.strip().split(".")):
        found = getattr(found, attribute)
    return found


def _try(plugin: Plugin, state: State, work: Callable[..., Any], *arguments: Any) -> Any:
    """Run a plugin's code, within PATIENCE; whatever it raises becomes its state."""
    try:
        return containment.timed(lambda: work(*arguments), PATIENCE)
    except pluggy.PluginValidationError as error:
        plugin.stop(state, str(error).strip())
    except BaseException as error:
        if containment.is_user_interrupt(error):
            raise
        plugin.stop(state, containment.summary(error), containment.full(error))
    return None


def _register(plugin: Plugin, module: Any) -> None:
    """Hand the module to a pluggy manager of its own and look for what pluggy lets pass."""
    manager = pluggy.PluginManager("tombola")
    manager.add_hookspecs(tombola.hookspecs)
    known = set(vars(manager.hook))
    manager.register(module, plugin.slug)
    callers = manager.get_hookcallers(module) or []
    for caller in callers:
        if caller.name not in known:
            near = difflib.get_close_matches(caller.name, known, 1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            plugin.stop(State.INVALID, f"there is no hook {caller.name!r}{hint}")
        elif any(impl.wrapper or impl.hookwrapper for impl in caller.get_hookimpls()):
            plugin.stop(State.INVALID, f"{caller.name} is a wrapper, which no plugin may be")
    if not callers:
        plugin.stop(State.INVALID, "it implements no hook; is @hookimpl missing?")
    plugin.manager = manager


def _collect(plugin: Plugin) -> None:
    """Call each ``register_`` hook once and keep what is right."""
    parts = Parts()
    complaints: list[str] = []
    for hook, (attribute, check) in (LISTS | SINGLES).items():
        for given in _registered(plugin, hook):
            found = _try(plugin, State.INVALID, _checked, check, plugin.slug, given)
            if found is None:
                return
            complaints += found
            if found:
                continue
            if hook in SINGLES:
                setattr(parts, attribute, given)
                continue
            part = _try(plugin, State.INVALID, given) if attribute in CLASSES else given
            getattr(parts, attribute).append(part)
    complaints += _repeated(parts)
    if complaints:
        plugin.stop(State.INVALID, "; ".join(complaints))
    if plugin.state is State.DISCOVERED:
        plugin.parts = parts


def _checked(check: Check, slug: str, given: Any) -> list[str]:
    """Run a check to its end, here, since it touches what the plugin gave."""
    return list(check(slug, given))


def _registered(plugin: Plugin, hook: str) -> Iterator[Any]:
    if plugin.manager is None:
        return
    for implementation in getattr(plugin.manager.hook, hook).get_hookimpls():
        given = _try(plugin, State.INVALID, implementation.function)
        if plugin.state is not State.DISCOVERED or (hook in SINGLES and given is None):
            return
        if hook in SINGLES:
            yield given
            continue
        elements = _try(plugin, State.INVALID, listed, given)
        if elements is None and plugin.state is State.DISCOVERED:
            plugin.stop(State.INVALID, f"{hook} must return a list, not {type(given).__name__}")
        yield from elements or ()


def _keys(parts: Parts, space: tuple[str, ...]) -> Iterator[str]:
    for attribute in space:
        for part in getattr(parts, attribute):
            yield part.key
            yield from getattr(part, "formerly", ())


def _repeated(parts: Parts) -> Iterator[str]:
    for space in SPACES:
        seen: set[str] = set()
        for key in _keys(parts, space):
            if key in seen:
                yield f"key {key!r} is registered twice"
            seen.add(key)


def _refuse_conflicts(plugins: list[Plugin]) -> None:
    """Refuse every plugin that claims a key (or former key) of another, naming each."""
    for space in SPACES:
        owners: dict[str, list[Plugin]] = {}
        for plugin in plugins:
            for key in _keys(plugin.parts, space):
                owners.setdefault(key, []).append(plugin)
        for key, claiming in owners.items():
            for plugin in claiming if len(claiming) > 1 else ():
                others = " and ".join(repr(each.slug) for each in claiming if each is not plugin)
                plugin.stop(State.INVALID, f"key {key!r} is also registered by {others}")
