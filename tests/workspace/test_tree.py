"""The tree as a newcomer finds it: what must never be committed, and how big things grow."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

#: Hosts that would bind a clone to somebody's mirror; packages are found by name and hash alone.
REGISTRIES = re.compile(
    rb"pypi\.org|pythonhosted|registry\.npm|npmjs|deb\.debian|archive\.ubuntu|--index-url|"
    rb"--extra-index-url|--find-links"
)
#: Folders of one person's machine.
MACHINES = re.compile(rb"/home/[a-z]|/Users/[a-z]|/(?:root|work)/|/opt/[a-z]")
#: Locks of single machines or tools; ours are the requirements.
LOCKS = {"uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json", "yarn.lock", "pylock.toml"}
#: Lines of one file of Python, and of one of tests; what a machine writes may be longer.
LONGEST, LONGEST_TEST = 400, 600


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


FILES = tracked()


def test_every_file_names_no_registry_and_no_machine():
    this = Path(__file__)
    found = [
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in FILES
        if path != this
        for pattern in (REGISTRIES, MACHINES)
        if (match := pattern.search(path.read_bytes()))
    ]
    assert found == []


def test_requirements_hold_hashes_and_no_address():
    for name in ("uv", "run", "test"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        pins = re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+", text, re.MULTILINE)
        assert "://" not in text
        assert len(pins) == len(re.findall(r"^\S", text, re.MULTILINE))
        assert text.count("--hash=sha256:") >= len(pins)


def test_requirements_pin_what_every_part_asks_for():
    wanted = []
    for path in (ROOT, *ROOT.glob("plugins/*"), ROOT / "sandbox"):
        config = tomllib.loads((path / "pyproject.toml").read_text())
        wanted += config["project"]["dependencies"]
        wanted += config["project"].get("optional-dependencies", {}).get("embedded", [])
        wanted += [each for group in config.get("dependency-groups", {}).values() for each in group]
    text = (ROOT / "requirements" / "test.txt").read_text()
    pins = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))
    needs = [Requirement(line) for line in wanted if not line.startswith("tombola")]

    missing = [str(need) for need in needs if pins.get(canonicalize_name(need.name)) is None]
    unmet = [
        str(need)
        for need in needs
        if not need.specifier.contains(pins.get(canonicalize_name(need.name), "0"))
    ]
    assert (missing, unmet) == ([], [])


def test_no_lock_of_another_tool_is_tracked():
    assert [path for path in FILES if path.name in LOCKS] == []


def test_core_folder_is_no_package():
    assert not (ROOT / "core" / "__init__.py").exists()


def test_no_python_file_is_too_long():
    long = {
        str(path.relative_to(ROOT)): count
        for path in FILES
        if path.suffix == ".py" and "migrations" not in path.parts
        if (count := len(path.read_text().splitlines()))
        > (LONGEST_TEST if "tests" in path.parts else LONGEST)
    }
    assert long == {}


@pytest.mark.parametrize("path", sorted(ROOT.glob("plugins/*/")), ids=lambda path: path.name)
def test_plugin_is_told_to_every_tool(path: Path):
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    package = f"tombola_{path.name}"

    assert (path / package).is_dir()
    assert package in config["importlinter"]["root_packages"]
    assert f"plugins/{path.name}" in config["mypy"]["mypy_path"]


def test_contract_of_plugins_forbids_everything_that_is_not_promised():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(each for each in config["contracts"] if "promises" in each["name"])
    rooms = {path.stem for path in (ROOT / "core" / "tombola").glob("[a-z]*")} - {"py"}
    promised = {"api", "hookspecs", "toolkit", "testing"}

    assert {name.removeprefix("tombola.") for name in contract["forbidden_modules"]} == (
        rooms - promised
    )
