"""Core and plugins as others get them: wheels in a clean environment."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PLUGINS = [path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
PARTS = [ROOT, *PLUGINS, ROOT / "sandbox"]


def run(*command: str | Path, folder: Path) -> str:
    """What the command prints; fails with all that it said."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TOMBOLA_", "PYTHON", "VIRTUAL_ENV"))
    }
    result = subprocess.run(
        command,
        cwd=folder,
        env={**environment, "TOMBOLA_DATA_DIR": str(folder / "var")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """The wheel of each part of the workspace, by the part's folder."""
    built = {}
    for part in PARTS:
        folder = tmp_path_factory.mktemp("wheel")
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, folder=part)
        (built[part],) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is installed here, without the workspace's own distributions."""
    folder = tmp_path_factory.mktemp("dependencies")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "tombola" not in entry.name and entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture
def clean(tmp_path: Path, dependencies: Path) -> Callable[..., Path]:
    """A function that makes an environment with these wheels and gives its folder of programs."""

    def make(*packed: Path) -> Path:
        venv.create(tmp_path / "clean", with_pip=False)
        programs = tmp_path / "clean" / "bin"
        site = run(
            programs / "python",
            "-c",
            "import sysconfig; print(sysconfig.get_path('purelib'))",
            folder=tmp_path,
        )
        (Path(site.strip()) / "dependencies.pth").write_text(f"{dependencies}\n")
        install = ["pip", "install", "--offline", "--no-deps", "--quiet", "--python"]
        run(sys.executable, "-m", "uv", *install, programs / "python", *packed, folder=tmp_path)
        return programs

    return make


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_of_the_core_holds_what_it_needs_at_run_time_and_no_test(wheels):
    found = names(wheels[ROOT])

    suffixes = {Path(name).suffix for name in found if name.startswith("tombola/")}
    assert {".py", ".html", ".css", ".js", ".mako", ".typed"} <= suffixes
    assert not [name for name in found if name.split("/")[0] in {"core", "tests", "plugins"}]
    packed = {name for name in found if name.startswith("tombola/")}
    tracked = run("git", "ls-files", "core/tombola", folder=ROOT).split()
    there = {name.removeprefix("core/") for name in tracked if (ROOT / name).exists()}
    assert there <= packed


def test_core_alone_finds_no_plugin_and_migrates(wheels, clean, tmp_path):
    programs = clean(wheels[ROOT])

    listed = json.loads(run(programs / "tombola", "plugins", "list", "--json", folder=tmp_path))
    run(programs / "tombola", "migrate", folder=tmp_path)

    assert listed["plugins"] == []
    assert (tmp_path / "var" / "tombola.sqlite3").exists()


def bases(part: Path) -> list[Path]:
    """The parts of ours that a part says it stands on, besides the core."""
    said = tomllib.loads((part / "pyproject.toml").read_text())["project"]["dependencies"]
    named = {re.split(r"[<>=!~ ]", each)[0] for each in said}
    return [each for each in PLUGINS if f"tombola-{each.name.replace('_', '-')}" in named]


@pytest.mark.parametrize("part", PARTS[1:], ids=lambda part: part.name)
def test_part_beside_the_core_is_found_alone(part, wheels, clean, tmp_path):
    there = [part, *bases(part)]
    programs = clean(wheels[ROOT], *(wheels[each] for each in there))

    listed = json.loads(run(programs / "tombola", "plugins", "list", "--json", folder=tmp_path))

    states = {each["slug"]: each["state"] for each in listed["plugins"]}
    assert states == {each.name: "ready" for each in there}
    code = f"import tombola_{part.name} as package; print(package.__file__)"
    place = run(programs / "python", "-c", code, folder=tmp_path)
    assert Path(place).is_relative_to(tmp_path)
    assert not [name for name in names(wheels[part]) if name.startswith("tests/")]


def test_all_parts_are_ready_together(wheels, clean, tmp_path):
    programs = clean(*wheels.values())

    listed = json.loads(run(programs / "tombola", "plugins", "list", "--json", folder=tmp_path))

    assert {each["slug"]: each["state"] for each in listed["plugins"]} == {
        part.name: "ready" for part in PARTS[1:]
    }
