"""Where plugins keep their catalogues: ``locales/<language>.po`` beside the module they name."""

import sys
from collections.abc import Iterable
from pathlib import Path

from tombola.plugins.states import Plugin, State


def folders(plugins: Iterable[Plugin]) -> list[Path]:
    """The folders of the ready plugins that have one, in the plugins' order."""
    found = []
    for plugin in plugins:
        module = sys.modules.get(plugin.target.partition(":")[0])
        if plugin.state is not State.READY or module is None or not module.__file__:
            continue
        place = Path(module.__file__).parent / "locales"
        if place.is_dir():
            found.append(place)
    return found
