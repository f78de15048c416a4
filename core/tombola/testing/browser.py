"""Where the tests' Chromium is, and how to get one where there is none.

``python -m tombola.testing.browser`` (``make browser``) gets one when :func:`find` knows none.
"""

import os
import platform
import shutil
import sys
from pathlib import Path

#: Programs that speak Chromium's protocol, the preferred first.
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
)
MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)

REMEDY = (
    "No Chromium found. Run `make browser`, or install one (apt install chromium, "
    "brew install --cask chromium), or set TOMBOLA_CHROMIUM to its program."
)


class BrowserMissing(Exception):
    """No browser is on this machine; the message holds the remedy."""


def find() -> tuple[Path, dict[str, str]]:
    """The browser's program and the environment that it needs beside the usual one.

    Raises:
        BrowserMissing: there is none.
    """
    given = os.environ.get("TOMBOLA_CHROMIUM")
    if given:
        return Path(given), {}
    installed = _installed() or _playwrights()
    if installed is not None:
        return installed, {}
    if copied_program().exists():
        return copied_program(), copied_environment()
    raise BrowserMissing(REMEDY)


def copied() -> Path:
    """The folder of the copy that ``make browser`` unpacks: inside the virtual environment."""
    return Path(sys.prefix) / "chromium"


def copied_program() -> Path:
    """The program of the unpacked copy, whether it exists or not."""
    return copied() / "chromium"


def copied_environment() -> dict[str, str]:
    """What the unpacked copy needs: its own libraries, and its own fonts, else text has no size."""
    folder = copied()
    return {
        "LD_LIBRARY_PATH": f"{folder / 'lib'}:{folder}",
        "FONTCONFIG_PATH": str(folder / "fonts"),
        "FONTCONFIG_FILE": str(folder / "fonts" / "fonts.conf"),
    }


def _installed() -> Path | None:
    found = (shutil.which(name) for name in NAMES)
    program = next((Path(path) for path in found if path), None)
    if program is None and platform.system() == "Darwin":
        return next((path for path in map(Path, MACOS) if path.exists()), None)
    return program


def _playwrights() -> Path | None:
    """The browser that `playwright install` keeps in its cache, newest first."""
    default = {"Darwin": "~/Library/Caches/ms-playwright"}.get(
        platform.system(), "~/.cache/ms-playwright"
    )
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", default)).expanduser()
    names = ("chrome-headless-shell", "headless_shell", "chrome", "Chromium")
    found = [
        path
        for name in names
        for path in cache.glob(f"chromium*/**/{name}")
        if path.is_file() and os.access(path, os.X_OK)
    ]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


if __name__ == "__main__":
    from tombola.testing.browser_install import main

    sys.exit(main())
