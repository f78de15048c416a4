"""The real command, its two addresses, its end and its return."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.commands import load, post
from tombola_sandbox.place import open_world, place_from_environment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parent / "pages"
BEARER = {"Authorization": f"Bearer {DEMO_APP.bearer}"}
SERVE = "from tombola_sandbox.commands import serve; serve()"
PATIENCE_S = 30


def free_port() -> int:
    """Find a port whose next three are free as well."""
    for candidate in range(21_000 + os.getpid() % 5_000, 40_000, 4):
        try:
            for port in (candidate + 1, candidate + 2, candidate + 3):
                with closing(socket.socket()) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return candidate
    pytest.fail("no free ports")


@pytest.fixture
def place(tmp_path, monkeypatch) -> int:
    port = free_port()
    monkeypatch.setenv("TOMBOLA_PORT", str(port))
    monkeypatch.setenv("TOMBOLA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("TOMBOLA_BASE_URL", raising=False)
    return port


@pytest.fixture
def start(place: int) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        running.append(process)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx2.get(f"http://127.0.0.1:{place + 2}/console/live")
            except httpx2.TransportError:
                time.sleep(0.05)
            else:
                return process
        output = process.stdout.read() if process.stdout and process.poll() is not None else b""
        pytest.fail(f"the sandbox did not start: {output.decode()}")

    yield start
    for process in running:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_it_serves_ends_quickly_and_loses_nothing(place: int, start):
    network, shop = f"http://127.0.0.1:{place + 2}", f"http://127.0.0.1:{place + 1}"
    process = start("--quiet")
    assert httpx2.get(f"{network}/").status_code == 200
    assert f"http://localhost:{place}/Tea26" in httpx2.get(f"{shop}/").text
    query = {"query": "#tombola", "max_results": "100"}
    search = f"{network}/2/tweets/search/recent"
    before = httpx2.get(search, params=query, headers=BEARER).json()
    assert before["meta"]["result_count"] == 42
    file = str(PAGES / "newer_words.jsonl")
    said = CliRunner().invoke(load, [file], catch_exceptions=False)
    assert said.output.startswith("6 posts"), said.output
    said = CliRunner().invoke(post, ["Hello #tombola", "--as", "ada_okoye"], catch_exceptions=False)
    assert "by @ada_okoye" in said.output
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    assert time.monotonic() - begun < 5
    start()
    query = {"query": "#tellerzeit"}
    assert httpx2.get(search, params=query, headers=BEARER).json()["meta"]["result_count"] == 6
    assert "Hello #tombola" in httpx2.get(f"{network}/").text
    assert "Nobody posts by themselves" in httpx2.get(f"{network}/").text


def test_a_killed_sandbox_comes_back_whole(place: int, start):
    network = f"http://127.0.0.1:{place + 2}"
    process = start()
    said = CliRunner().invoke(post, ["Before the end #tombola"], catch_exceptions=False)
    post_id = said.output.split()[0]
    process.kill()
    process.wait()
    start()
    found = httpx2.get(f"{network}/2/tweets", params={"ids": post_id}, headers=BEARER).json()
    assert found["data"][0]["text"].startswith("Before the end #tombola")
    assert "People post by themselves" in httpx2.get(f"{network}/").text


def test_a_second_sandbox_says_why_it_does_not_start(place: int, start):
    start()
    second = subprocess.run(
        [sys.executable, "-c", SERVE], capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert "another process has the world" in second.stderr


def test_taken_ports_are_named(place: int):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", place + 1))
        taken.listen()
        failed = subprocess.run(
            [sys.executable, "-c", SERVE], capture_output=True, text=True, check=False
        )
    assert failed.returncode == 1
    assert f"{place + 1}, {place + 2} and {place + 3}" in failed.stderr


def test_without_a_running_sandbox_the_folder_is_filled(place: int):
    file = str(PAGES / "older_words.jsonl")
    said = CliRunner().invoke(load, [file], catch_exceptions=False)
    assert said.output.startswith("6 posts"), said.output
    with open_world(place_from_environment().folder) as world:
        assert len(world.posts) == 7
        world.add_person("jane", "Jane")
    assert CliRunner().invoke(post, ["x", "--as", "jane"]).exit_code == 0
    wrong = CliRunner().invoke(post, ["x", "--as", "nobody"])
    assert wrong.exit_code == 1
    assert "nobody here is called" in wrong.output


def test_a_wrong_file_is_named(place: int, tmp_path):
    file = tmp_path / "wrong.jsonl"
    file.write_text("{}\n{\n")
    said = CliRunner().invoke(load, [str(file)])
    assert said.exit_code == 1
    assert "line 2 is no page of posts" in said.output


WRONG_USER = '{"data": [], "includes": {"users": [{"id": "22"}]}}'


def test_a_running_sandbox_names_a_wrong_line_in_the_same_words(place: int, start, tmp_path):
    file = tmp_path / "wrong.jsonl"
    file.write_text(WRONG_USER)
    alone = CliRunner().invoke(load, [str(file)])
    start("--quiet")
    asked = CliRunner().invoke(load, [str(file)])
    assert (asked.exit_code, asked.output) == (alone.exit_code, alone.output)
    assert asked.output.startswith("Error: line 1 is no page of posts: user username")


def test_a_file_of_another_encoding_is_named(place: int, tmp_path):
    file = tmp_path / "wrong.jsonl"
    file.write_bytes("{}\n{ä}".encode("latin-1"))
    said = CliRunner().invoke(load, [str(file)])
    assert said.exit_code == 1
    assert said.output == "Error: line 2 is no page of posts: it is not UTF-8\n"


def test_an_answer_that_is_no_json_is_said_plainly(place: int):
    def other(_: object, begin: "StartResponse") -> list[bytes]:
        begin("500 Internal Server Error", [("Content-Type", "text/html")])
        return [b"<html>no</html>"]

    file = str(PAGES / "older_words.jsonl")
    with make_server("127.0.0.1", place + 2, other, threaded=True) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = [CliRunner().invoke(load, [file]), CliRunner().invoke(post, ["x"])]
        server.shutdown()
    assert {each.exit_code for each in said} == {1}
    words = "Error: the running sandbox answered HTTP 500 and did not say why\n"
    assert {each.output for each in said} == {words}


def test_the_plugin_is_light_until_a_command_runs():
    code = (
        "import sys, tombola_sandbox.plugin as p; p.register_commands();"
        "heavy = {'flask', 'PIL', 'werkzeug', 'jinja2'} & set(sys.modules); assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
