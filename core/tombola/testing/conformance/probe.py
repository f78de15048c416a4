"""Loads one plugin in a process of its own and writes down, as JSON, what it did meanwhile.

Run as ``python -m tombola.testing.conformance.probe SLUG``. Python's audit hooks see every socket,
process and file, whichever library opens them.
"""

import json
import sys
import time
from importlib import metadata
from typing import Any

import tombola.hookspecs
from tombola.plugins import discovery, loader, validation
from tombola.plugins.registry import Catalog

#: Audit events that have no place in an import or a registration.
#: Source: Python documentation, "Audit events table", read 2026-11-21.
ACTS = frozenset(
    {
        *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"),
        *("subprocess.Popen", "os.system", "os.fork", "os.exec", "os.posix_spawn"),
        *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "sqlite3.connect", "shutil.rmtree"),
    }
)


class Recorder:
    """Keeps what a plugin did while it was being watched."""

    def __init__(self) -> None:
        self.acts: list[str] = []
        self.watching = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event."""
        if not self.watching:
            return
        if event in ACTS:
            self.acts.append(f"{event} {arguments[1:2] or arguments[:1]}")
        elif event == "open" and _writes(arguments):
            self.acts.append(f"open {arguments[0]} for writing")


def _writes(arguments: tuple[Any, ...]) -> bool:
    path, mode = str(arguments[0]), str(arguments[1] or "")
    return any(letter in mode for letter in "wax+") and "__pycache__" not in path


def main(slug: str) -> dict[str, Any]:
    """Load the plugin and tell state, time, modules and acts."""
    _ = tombola.hookspecs, validation, Catalog, metadata  # what a process of the core has anyway
    mine = [plugin for plugin in discovery.discover() if plugin.slug == slug]
    recorder = Recorder()
    sys.addaudithook(recorder)
    before = set(sys.modules)
    recorder.watching = True
    started = time.process_time()
    loader.load_these(mine)
    spent = time.process_time() - started
    recorder.watching = False
    return {
        "states": [plugin.state.value for plugin in mine],
        "reasons": [plugin.reason for plugin in mine],
        "cpu_s": spent,
        "modules": sorted({name.partition(".")[0] for name in set(sys.modules) - before}),
        "acts": recorder.acts,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))  # noqa: T201 - the answer
