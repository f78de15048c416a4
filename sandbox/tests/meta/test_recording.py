import json

import pytest
from click.testing import CliRunner

from tombola_sandbox.commands import play
from tombola_sandbox.console.app import console_app
from tombola_sandbox.meta.recording import RecordingError, read_folder
from tombola_sandbox.place import Place, open_world
from tombola_sandbox.world import World

BODY = {
    "data": [{"id": "1_2", "message": "kept as it was — ✓", "surprise": {"of": [1, None]}}],
    "paging": {"cursors": {"before": "MQZDZD", "after": "MgZDZD"}},
}


@pytest.fixture
def folder(tmp_path):
    pair = {
        "request": {"path": "/v19.0/100_1/comments", "query": {"fields": "id,message", "limit": 2}},
        "response": {"status": 200, "headers": {"x-app-usage": '{"call_count":2}'}, "body": BODY},
    }
    error = {"error": {"message": "…", "type": "OAuthException", "code": 10, "fbtrace_id": "A"}}
    refused = {
        "request": {"path": "/100_9/comments?fields=id"},
        "response": {"status": 403, "body": error},
    }
    again = {"request": refused["request"], "response": {"status": 200, "body": {"data": []}}}
    (tmp_path / "one.json").write_text(json.dumps(pair))
    (tmp_path / "two.json").write_text(json.dumps([refused, again]))
    return tmp_path


def test_a_recording_is_played_word_for_word_whatever_version_and_token(graph, meta, folder):
    assert meta.load(folder) == 3
    answer = graph.raw("/100_1/comments", "anybody", fields="id,message", limit="2")
    assert answer.json() == BODY
    assert answer.headers["x-app-usage"] == '{"call_count":2}'
    other = graph.raw("/100_1/comments", "anybody", fields="id", limit="2")
    assert other.json()["error"]["code"] == 190


def test_the_same_call_is_answered_in_the_order_of_its_recordings(graph, meta, folder):
    meta.load(folder)
    said = [graph.raw("/100_9/comments", "x", fields="id").status_code for _ in range(3)]
    assert said == [403, 200, 200]


def test_a_folder_is_taken_once_and_stays(graph, world, meta, folder, now):
    meta.load(folder)
    assert meta.load(folder) == 0
    again = World(clock=now, ledger=world.ledger)
    assert len(again.meta.player) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "bad.json"), ("{}", "request"), ('{"request": {"path": ""}}', "path")],
)
def test_a_file_that_is_no_recording_is_named_and_nothing_taken(meta, folder, text, said):
    (folder / "bad.json").write_text(text)
    with pytest.raises(RecordingError, match=said):
        meta.load(folder)
    assert len(meta.player) == 0


def test_the_command_fills_the_folder_of_a_sandbox_that_does_not_run(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TOMBOLA_PORT", "19340")
    monkeypatch.setenv("TOMBOLA_DATA_DIR", str(tmp_path / "var"))
    done = CliRunner().invoke(play, [str(folder)])
    assert (done.exit_code, done.output.strip()) == (0, "3 new recorded answers, 3 in all")
    with open_world(tmp_path / "var" / "sandbox") as world:
        assert len(world.meta.player) == 3
    (folder / "bad.json").write_text("{")
    wrong = CliRunner().invoke(play, [str(folder)])
    assert wrong.exit_code == 1
    assert "bad.json is no recording" in wrong.output


def test_the_running_sandbox_takes_recordings(world, network, meta, folder, tmp_path):
    place = Place(8000, tmp_path, "http://localhost:8000")
    console = console_app(world, network, place).test_client()
    answer = console.post("/console/api/play", json={"pairs": read_folder(folder)})
    assert answer.get_json() == {"said": "3 new recorded answers, 3 in all"}


def test_an_empty_folder_is_said(meta, tmp_path):
    with pytest.raises(RecordingError, match=r"no \.json file"):
        meta.load(tmp_path)
