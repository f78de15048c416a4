"""`tombola draw verify`: no installation, no network, and an exit code for each end."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tombola.cli import main


@pytest.fixture
def kit() -> Any:
    spec = importlib.util.spec_from_file_location("kit", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kit"] = module
    spec.loader.exec_module(module)
    return module


def run(*options: Any) -> Any:
    return CliRunner().invoke(main, ["draw", "verify", *map(str, options)])


def test_honest_proof_is_told_in_words(kit, tmp_path):
    file = tmp_path / "draw.json"
    file.write_text(kit.Forge().text())
    done = run(file)
    assert done.exit_code == 0
    assert "FAILS" not in done.output
    assert "8 people, 57 tickets" in done.output
    assert "One beacon" in done.output
    assert done.output.count("Lamp\n") == 2


def test_cheating_exits_with_one_and_says_where(kit, tmp_path):
    file = tmp_path / "draw.json"
    file.write_text(kit.Forge().changed(lambda d: d["pool"].pop()))
    done = run(file)
    assert done.exit_code == 1
    assert "FAILS  pool: The pool is not the one" in done.output
    assert "Do not trust" in done.output


def test_junk_and_missing_logs_exit_with_two(kit, tmp_path):
    file, junk = tmp_path / "draw.json", tmp_path / "junk"
    file.write_text(kit.Forge(grade="D").text())
    junk.write_bytes(b"\xff\xfe junk")
    assert run(junk).exit_code == 2
    assert run(tmp_path / "nowhere").exit_code == 2
    assert run(file, "--log", junk).exit_code == 2
    (tmp_path / "list").write_text("[]")
    assert run(file, "--log", tmp_path / "list").exit_code == 2


def test_void_draw_exits_with_three(kit, tmp_path):
    file = tmp_path / "draw.json"
    file.write_text(kit.Forge(grade="D", void=True).text())
    done = run(file)
    assert done.exit_code == 3
    assert "declared void" in done.output


def test_log_commitment_and_json(kit, tmp_path):
    forged = kit.Forge(grade="D")
    file, log = tmp_path / "draw.json", tmp_path / "log.json"
    file.write_text(forged.text())
    log.write_text(json.dumps({"kind": "tombola/log/1", "records": forged.head()["log"]}))
    said = run(file, "--log", log, "--commitment", "0" * 64, "--json")
    found = json.loads(said.output)
    assert said.exit_code == 1
    assert [each["name"] for each in found["checks"] if each["ok"] is False] == ["noted"]
    assert not any(each["ok"] is None for each in found["checks"])


@pytest.mark.slow
def test_it_needs_no_installation_and_no_database(kit, tmp_path):
    file = tmp_path / "draw.json"
    file.write_text(kit.Forge(grade="D").text())
    program = (
        "import sys\nfrom tombola.cli import main\n"
        f"sys.argv = ['tombola', 'draw', 'verify', {str(file)!r}]\n"
        "try:\n    main()\nfinally:\n"
        "    assert not {'sqlalchemy', 'flask', 'redis'} & set(sys.modules), 'too much'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={"PATH": "", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == [file]
