import os
import stat
import subprocess
from pathlib import Path

import pytest
from redis import Redis

from tombola.run import valkey
from tombola.testing.processes import wait_for


def test_socket_belongs_to_the_folder_and_to_its_owner_alone(tmp_path):
    listen = valkey.socket_path(tmp_path)

    assert listen == valkey.socket_path(tmp_path / "x" / "..")
    assert listen != valkey.socket_path(tmp_path / "other")
    assert stat.S_IMODE(listen.parent.stat().st_mode) == 0o700
    assert len(os.fsencode(listen)) < 104
    listen.parent.rmdir()


def test_socket_in_a_folder_that_others_may_enter_is_refused(tmp_path):
    folder = valkey.socket_path(tmp_path).parent
    folder.chmod(0o755)

    with pytest.raises(PermissionError, match="only you"):
        valkey.socket_path(tmp_path)

    folder.rmdir()


def test_no_program_is_explained(monkeypatch):
    monkeypatch.setattr(valkey, "_bundled", lambda: None)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(valkey.ValkeyMissing, match="apt install"):
        valkey.find_server()


def test_program_on_path_is_found_without_the_wheel(monkeypatch, tmp_path):
    program = tmp_path / "redis-server"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setattr(valkey, "_bundled", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert valkey.find_server() == program


def test_nobody_on_the_socket_is_no_answer(tmp_path):
    assert not valkey.answers(tmp_path / "v.sock")


@pytest.mark.slow
def test_what_was_acknowledged_a_second_ago_survives_a_kill(tmp_path):
    listen = valkey.socket_path(tmp_path)
    command = valkey.command(valkey.find_server(), Path(os.path.relpath(tmp_path)), listen)

    with subprocess.Popen(command) as server:
        wait_for(lambda: valkey.answers(listen))
        with Redis.from_url(valkey.url(listen)) as line:
            line.set("kept", "1")
            wait_for(lambda: line.info("persistence")["aof_pending_bio_fsync"] == 0)
            appended = tmp_path / "appendonlydir"
            wait_for(lambda: any(b"kept" in path.read_bytes() for path in appended.iterdir()))
        server.kill()
    with subprocess.Popen(command) as server:
        wait_for(lambda: valkey.answers(listen))
        with Redis.from_url(valkey.url(listen)) as line:
            assert line.get("kept") == b"1"
        server.terminate()
    listen.parent.rmdir()
