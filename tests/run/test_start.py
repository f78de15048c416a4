"""Starts that cannot be, and what children are given."""

import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tombola.run import start, valkey
from tombola.settings import Settings


def settings(folder: Path, **given: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, **given})


def test_taken_port_is_one_line_with_the_remedy_and_starts_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {**os.environ, "TOMBOLA_PORT": str(port), "TOMBOLA_DATA_DIR": str(tmp_path)}
        result = subprocess.run(
            [sys.executable, "-m", "tombola", "run"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert f"Port {port} is taken" in line
    assert "TOMBOLA_PORT=9000 tombola run" in line
    assert not (tmp_path / "valkey").exists()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_taken_port_of_a_program_beside_is_named(tmp_path, step):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failure = start.run(
            settings(tmp_path, port=port - step),
            also={"box": ["true"]},
            seed=None,
            out=io.BytesIO(),
        )

    assert f"Port {port} is taken" in str(failure)


def test_children_share_the_embedded_valkey_and_our_programs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")

    given = start.children_environment(settings(tmp_path), tmp_path / "v.sock", demo=False)

    assert given["TOMBOLA_REDIS_URL"] == valkey.url(tmp_path / "v.sock")
    assert given["TOMBOLA_DATA_DIR"] == str(tmp_path.resolve())
    assert given["PATH"] == f"{Path(sys.executable).parent}:/usr/bin"
    assert "TOMBOLA_DEMO" not in given
    assert "TOMBOLA_SMTP_URL" not in given


def test_children_of_a_demo_may_reach_the_two_ports_beside(tmp_path):
    given = start.children_environment(
        settings(tmp_path, port=8100, fetch_allow="10.0.0.1:80"), None, demo=True
    )

    assert given["TOMBOLA_FETCH_ALLOW"] == "10.0.0.1:80,127.0.0.1:8101,127.0.0.1:8102"
    assert given["TOMBOLA_DEMO"] == "true"
    assert given["TOMBOLA_SMTP_URL"] == "smtp://127.0.0.1:8103"
    assert "TOMBOLA_REDIS_URL" not in given


def test_a_mail_server_of_the_operator_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("TOMBOLA_SMTP_URL", raising=False)
    named = settings(tmp_path, smtp_url="smtp://mx.example")

    assert start.children_environment(named, None, demo=True)["TOMBOLA_SMTP_URL"] == named.smtp_url
    assert "TOMBOLA_SMTP_URL" not in start.children_environment(named, None, demo=False)


@pytest.mark.parametrize("system", ["Darwin", "Linux"])
def test_children_may_fork_on_macos(tmp_path, monkeypatch, system):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.delenv("OBJC_DISABLE_INITIALIZE_FORK_SAFETY", raising=False)

    given = start.children_environment(settings(tmp_path), None, demo=False)

    assert ("OBJC_DISABLE_INITIALIZE_FORK_SAFETY" in given) is (system == "Darwin")


def test_web_server_that_is_away_is_not_healthy():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert not start.is_healthy(port)
