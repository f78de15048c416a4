"""Which plugins are installed, and whether their requirements are met. Imports none of them."""

import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tombola.plugins.states import Plugin, State

GROUP = "tombola.plugins.v1"
SLUG = re.compile(r"[a-z][a-z0-9_]{1,31}")
#: The core's own requirements were met when the core was installed.
CORE = "tombola"


def discover() -> list[Plugin]:
    """Give every installed plugin, those first that others require, then by slug.

    A plugin that cannot be imported safely is INCOMPATIBLE or INVALID already.
    """
    found = [_examined(entry) for entry in metadata.entry_points(group=GROUP)]
    claims = Counter(plugin.slug for plugin in found)
    for plugin in found:
        if claims[plugin.slug] > 1:
            names = sorted(each.distribution for each in found if each.slug == plugin.slug)
            plugin.stop(State.INVALID, f"the slug is claimed by {' and '.join(names)}")
    return _ordered(found)


def _examined(entry: metadata.EntryPoint) -> Plugin:
    distribution = entry.dist
    name = str(distribution.name) if distribution else "?"
    plugin = Plugin(entry.name, entry.value, name, distribution.version if distribution else "?")
    if not SLUG.fullmatch(entry.name):
        plugin.stop(
            State.INVALID,
            f"slug {entry.name!r} must be 2 to 32 lower-case letters, digits and underscores, "
            "beginning with a letter",
        )
    elif distribution is not None:
        seen: set[str] = set()
        complaints = sorted(set(_unmet(distribution, seen)))
        plugin.needs = frozenset(seen)
        if complaints:
            plugin.stop(State.INCOMPATIBLE, "; ".join(complaints))
    return plugin


def _unmet(
    distribution: metadata.Distribution, seen: set[str], extras: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Give what is missing or of the wrong version, here and beneath; fills ``seen``."""
    for line in distribution.requires or ():
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            yield f"{distribution.name} has an unreadable requirement {line!r}"
            continue
        if wanted.marker and not any(
            wanted.marker.evaluate({"extra": extra}) for extra in (extras or {""})
        ):
            continue
        yield from _unmet_one(wanted, distribution.name, seen)


def _unmet_one(wanted: Requirement, by: str, seen: set[str]) -> Iterator[str]:
    try:
        installed = metadata.distribution(wanted.name)
    except metadata.PackageNotFoundError:
        yield f"{by} requires {wanted}, which is not installed"
        return
    if not wanted.specifier.contains(installed.version, prereleases=True):
        yield f"{by} requires {wanted}, installed is {installed.version}"
    name = canonicalize_name(wanted.name)
    if name != CORE and name not in seen:
        seen.add(name)
        yield from _unmet(installed, seen, frozenset(wanted.extras))


def _ordered(found: list[Plugin]) -> list[Plugin]:
    """Sort by slug, then move what others require before them; a circle stays sorted by slug."""
    by_slug = sorted(found, key=lambda plugin: (plugin.slug, plugin.distribution))
    owners: dict[str, list[int]] = {}
    for index, plugin in enumerate(by_slug):
        owners.setdefault(canonicalize_name(plugin.distribution), []).append(index)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, plugin in enumerate(by_slug):
        needed = {owner for name in plugin.needs for owner in owners.get(name, ())}
        sorter.add(index, *sorted(needed - {index}))
    try:
        sorter.prepare()
    except CycleError:
        return by_slug
    order: list[int] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return [by_slug[index] for index in order]
