"""The parts of which fake networks are built."""

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tombola.testing.network import (
    CallLog,
    FaultKind,
    Ledger,
    Network,
    Switchboard,
    TestClock,
    in_process,
    json_response,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def network() -> Network:
    network = Network(clock=TestClock(NOON), quiet=("/quiet",))

    @network.get("/members/<name>")
    def member(_: Request, name: str) -> Response:
        return json_response({"name": name, "tea": "große Kanne"})

    @network.post("/members")
    def join(request: Request) -> Response:
        return json_response({"joined": request.form["name"]}, 201)

    return network


@pytest.fixture
def client(network: Network):
    with httpx2.Client(transport=in_process(network), base_url="http://net.test") as client:
        yield client


def test_a_clock_stands_still_until_it_is_moved():
    clock = TestClock(NOON)
    assert clock() == clock() == NOON
    assert clock.advance(timedelta(hours=1)) == clock() == NOON + timedelta(hours=1)
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001


def test_routes_answer_by_method_and_path(client):
    assert client.get("/members/jane").json() == {"name": "jane", "tea": "große Kanne"}
    assert client.post("/members", data={"name": "otto"}).status_code == 201
    assert client.get("/nowhere").status_code == 404
    assert client.delete("/members/jane").status_code == 405


def test_unknown_paths_can_be_answered_in_the_networks_words(client, network: Network):
    network.when_lost(lambda _, error: json_response({"lost": error.code}, 418))
    assert client.get("/nowhere").json() == {"lost": 404}


def test_several_networks_in_one_speak_each_its_own_words(client, network: Network):
    network.when_lost(lambda *_: json_response("every"), under="")
    network.when_lost(lambda *_: json_response("one"), under="/one.example")
    network.when_lost(lambda *_: json_response("inner"), under="/one.example/inner")
    said = [client.get(path).json() for path in ("/x", "/one.example/x", "/one.example/inner/x")]
    assert said == ["every", "one", "inner"]
    network.when_broken(FaultKind.TOO_MANY, lambda _: json_response("full", 400), under="/one")
    network.faults.break_("*", FaultKind.TOO_MANY)
    assert client.get("/one.example/x").json() == "full"
    assert client.get("/members/jane").status_code == 429


@pytest.mark.parametrize(
    ("kind", "status"),
    [(FaultKind.TOO_MANY, 429), (FaultKind.OUT_OF_CREDIT, 402), (FaultKind.SERVER_ERROR, 503)],
)
def test_a_fault_answers_for_its_pattern_until_mended(client, network: Network, kind, status: int):
    network.faults.break_("/members/*", kind)
    assert client.get("/members/jane").status_code == status
    assert client.get("/members/otto").status_code == status
    assert client.post("/members", data={"name": "x"}).status_code == 201
    network.faults.mend()
    assert client.get("/members/jane").status_code == 200


def test_an_outage_is_a_page_of_html(client, network: Network):
    network.faults.break_("/*", FaultKind.SERVER_ERROR)
    answer = client.get("/members/jane")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


def test_a_counted_fault_mends_itself(client, network: Network):
    network.faults.break_("/*", FaultKind.TOO_MANY, times=2)
    seen = [client.get("/members/jane").status_code for _ in range(3)]
    assert seen == [429, 429, 200]
    assert not network.faults.standing()


def test_a_later_fault_replaces_the_one_of_its_pattern_and_stands_first():
    board = Switchboard()
    board.break_("/a/*", FaultKind.SLOW)
    board.break_("/*", FaultKind.RESET)
    board.break_("/a/*", FaultKind.HANG)
    assert [fault.kind for fault in board.standing()] == [FaultKind.HANG, FaultKind.RESET]
    taken = board.take("/a/b")
    assert taken is not None
    assert taken.kind is FaultKind.HANG
    board.mend("/a/*")
    assert [fault.kind for fault in board.standing()] == [FaultKind.RESET]


def test_garbage_and_half_an_answer_are_no_json(client, network: Network):
    for kind in (FaultKind.GARBAGE, FaultKind.TRUNCATED):
        network.faults.break_("/*", kind)
        answer = client.get("/members/jane")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        with pytest.raises(ValueError):  # noqa: PT011 - the kinds differ
            answer.json()


@pytest.mark.parametrize("says", [b"", b"<html>", b'{"a":' * 5000, b'{"name": "\\ud800 \\u0000"}'])
def test_garbage_may_be_anything(client, network: Network, says: bytes):
    network.faults.break_("/*", FaultKind.GARBAGE, says=says)
    assert client.get("/members/jane").content == says


def test_a_dropped_line_and_a_silent_one_look_as_over_a_socket(client, network: Network):
    network.faults.break_("/*", FaultKind.RESET, times=1)
    with pytest.raises(httpx2.ReadError):
        client.get("/members/jane")
    network.faults.break_("/*", FaultKind.HANG, times=1)
    with pytest.raises(httpx2.ReadTimeout):
        client.get("/members/jane")
    network.faults.break_("/*", FaultKind.SLOW, lasts=timedelta(seconds=3))
    with pytest.raises(httpx2.ReadTimeout):
        client.get("/members/jane", timeout=2)
    assert client.get("/members/jane", timeout=4).status_code == 200


def test_calls_are_logged_without_secrets(client, network: Network):
    client.get("/members/jane", params={"access_token": "s3cret", "page": "2"})
    network.faults.break_("/*", FaultKind.RESET, times=1)
    with pytest.raises(httpx2.ReadError):
        client.get("/members/otto")
    client.get("/quiet/please")
    first, second = network.calls
    assert (first.at, first.method, first.path, first.status) == (NOON, "GET", "/members/jane", 200)
    assert first.params["page"] == "2"
    assert "s3cret" not in repr(first)
    assert (second.status, second.fault) == (0, "reset")
    assert network.calls.to("/members/otto") == [second]
    assert network.calls.newest(1) == (second,)


def test_the_log_keeps_the_newest(client, network: Network):
    network.calls = CallLog(keep=5)
    for number in range(8):
        client.get(f"/members/{number}")
    assert len(network.calls) == 5
    assert network.calls.total == 8
    assert network.calls.newest(1)[0].path == "/members/7"


def kinds(path: Path) -> list[str]:
    with closing(Ledger(path)) as ledger:
        return [line.kind for line in ledger]


def test_a_ledger_on_a_file_survives_its_process(tmp_path):
    path = tmp_path / "deep" / "ledger.jsonl"
    with closing(Ledger(path)) as first:
        first.append("post.appeared", "7", {"text": "\u2028 Grüße"}, NOON)
        first.append("post.deleted", "7", {}, NOON + timedelta(hours=1))
    with closing(Ledger(path)) as second:
        assert [line.number for line in second] == [1, 2]
        assert second.of("7")[0].body == {"text": "\u2028 Grüße"}
        second.append("post.appeared", "8", {}, NOON)
    assert kinds(path) == ["post.appeared", "post.deleted", "post.appeared"]


@pytest.mark.parametrize("torn", [b'{"number": 3, "ki', b'{"number": 3}\n', b"\xff\xfe\n"])
def test_a_torn_last_line_is_cut_off(tmp_path, torn: bytes):
    path = tmp_path / "ledger.jsonl"
    with closing(Ledger(path)) as ledger:
        ledger.append("a", "1", {}, NOON)
        ledger.append("b", "1", {}, NOON)
    with path.open("ab") as file:
        file.write(torn)
    with closing(Ledger(path)) as again:
        assert [line.kind for line in again] == ["a", "b"]
        again.append("c", "1", {}, NOON)
    assert kinds(path) == ["a", "b", "c"]


@pytest.mark.slow
def test_faults_cut_a_real_line_and_hanging_calls_are_let_go(network: Network):
    server = make_server("127.0.0.1", 0, network, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/members/jane"
        assert httpx2.get(address).status_code == 200
        network.faults.break_("/*", FaultKind.RESET, times=1)
        with pytest.raises(httpx2.TransportError):
            httpx2.get(address)
        network.faults.break_("/*", FaultKind.HANG)
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(address, timeout=0.2)
        network.faults.mend()
        assert httpx2.get(address).status_code == 200
    finally:
        network.faults.mend()
        server.shutdown()
        thread.join()
        server.server_close()
