import contextlib
import gzip
import threading
import time
import zlib

import httpx2
import pytest

from tombola.api import HttpFailed, HttpRefused
from tombola.toolkit.fetch import AT_ONCE, Bounds, Fetcher, Wanted
from tombola.toolkit.unpack import Unpacker


def fetcher(server, **more):
    return Fetcher(exempt=frozenset({server.place}), **more)


def test_an_exempt_place_is_fetched_with_its_headers_and_params(server):
    server.says("/a?q=%C3%A4+b", b"yes", X_Thing="1")
    answer = fetcher(server).get(server.url("/a"), params={"q": "ä b"}, headers={"X-Mine": "2"})
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (200, b"yes", "1")
    assert server.last["x-mine"] == "2"
    assert server.last["user-agent"] == "Tombola"
    assert server.last["host"] == server.place


def test_an_error_status_is_an_answer(server):
    server.says("/", b'{"title": "no"}', status=402)
    answer = fetcher(server).get(server.url())
    assert (answer.status, answer.ok, answer.json()) == (402, False, {"title": "no"})


def test_json_and_forms_are_posted(server):
    server.says("/")
    here = fetcher(server)
    here.post(server.url(), json={"a": [1]})
    assert (server.body, server.last["content-type"]) == (b'{"a":[1]}', "application/json")
    here.post(server.url(), form={"grant_type": "x y"})
    assert server.body == b"grant_type=x+y"
    assert server.last["content-type"] == "application/x-www-form-urlencoded"


def test_a_post_is_not_redirected(server):
    server.says("/", status=307, Location="/elsewhere")
    assert fetcher(server).post(server.url(), json={}).status == 307
    assert server.hits["/elsewhere"] == 0


def test_redirects_are_followed_three_times_and_no_more(server):
    for n in range(5):
        server.says(f"/{n}", status=302, Location=f"/{n + 1}")
    server.says("/3", b"end")
    answer = fetcher(server).get(server.url("/0"))
    assert (answer.body, answer.url) == (b"end", server.url("/3"))
    server.says("/3", status=302, Location="/4")
    with pytest.raises(HttpRefused, match="more than 3 redirects"):
        fetcher(server).get(server.url("/0"))


def test_secrets_do_not_follow_to_another_origin(server):
    port = server.port
    server.says("/", status=302, Location=f"http://localhost:{port}/there")
    server.says("/there")
    here = Fetcher(exempt=frozenset({server.place, f"localhost:{port}"}))
    here.get(server.url(), headers={"Authorization": "Bearer x", "Cookie": "a=b", "X-Keep": "1"})
    assert server.hits["/there"] == 1
    assert {"authorization", "cookie"}.isdisjoint(server.last)
    assert server.last["x-keep"] == "1"


def test_a_body_larger_than_the_cap_is_cut_off(server):
    server.says("/", b"x" * 2000)
    with pytest.raises(HttpRefused, match="larger than 1999 bytes"):
        fetcher(server).get(server.url(), wanted=Wanted(size_bytes=1999))
    assert len(fetcher(server).get(server.url(), wanted=Wanted(size_bytes=2000)).body) == 2000


def test_an_endless_body_is_cut_off(server):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"x" * 65536)

    server.answers["/"] = endless
    with pytest.raises(HttpRefused, match="larger than 1000000 bytes"):
        fetcher(server, bounds=Bounds(size_bytes=1_000_000)).get(server.url())


def test_a_packed_bomb_does_not_unfold(server):
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 100_000
    server.says("/", bomb, Content_Encoding="gzip")
    with pytest.raises(HttpRefused, match="larger than"):
        fetcher(server, bounds=Bounds(size_bytes=1_000_000)).get(server.url())


def test_a_packed_answer_is_unpacked_though_nobody_asked(server):
    server.says("/", gzip.compress(b"hello"), Content_Encoding="gzip")
    assert fetcher(server).get(server.url()).body == b"hello"


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


HELLO = b"hello, there " * 5000
PACKED = {
    "gzip": gzip.compress(HELLO),
    "x-gzip": gzip.compress(HELLO),
    "deflate": zlib.compress(HELLO),
    "Deflate": raw_deflate(HELLO),
}


@pytest.mark.parametrize(("encoding", "packed"), PACKED.items())
def test_every_wrapping_is_unpacked_and_missed_when_it_breaks_off(server, encoding, packed):
    server.says("/", packed, Content_Encoding=encoding)
    assert fetcher(server).get(server.url()).body == HELLO
    for length in (1, 2, len(packed) // 2, len(packed) - 1):
        server.says("/", packed[:length], Content_Encoding=encoding)
        with pytest.raises(HttpFailed, match="broke off"):
            fetcher(server).get(server.url())


@pytest.mark.parametrize(("encoding", "packed"), PACKED.items())
def test_wrappings_come_in_pieces_of_any_size(encoding, packed):
    unpacker = Unpacker(encoding)
    found = b"".join(unpacker.feed(bytes([each]), 100_000) for each in packed)
    unpacker.end()
    assert found == HELLO


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_all_members_of_a_gzip_body_are_read(size):
    body = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two") + b"\x00" * 20
    unpacker = Unpacker("gzip")
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert b"".join(unpacker.feed(piece, 1000) for piece in pieces) == b"one two"
    unpacker.end()


def test_second_member_that_breaks_off_or_is_none_is_noticed(server):
    one, two = gzip.compress(b"one"), gzip.compress(b"two")
    server.says("/", one + two[:-3], Content_Encoding="gzip")
    with pytest.raises(HttpFailed, match="broke off"):
        fetcher(server).get(server.url())
    server.says("/", one + b"something else", Content_Encoding="gzip")
    with pytest.raises(HttpFailed, match="packing is broken"):
        fetcher(server).get(server.url())


def test_empty_members_without_end_are_cut_off(server):
    server.says("/", gzip.compress(b"") * 5000, Content_Encoding="gzip")
    with pytest.raises(HttpRefused, match="larger than 1000 bytes"):
        fetcher(server, bounds=Bounds(size_bytes=1000)).get(server.url())


def test_answer_without_a_body_is_whole(server):
    server.says("/", b"", Content_Encoding="gzip")
    assert fetcher(server).get(server.url()).body == b""


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_unknown_packing_is_refused(server, encoding):
    server.says("/", b"x", Content_Encoding=encoding)
    with pytest.raises(HttpRefused, match="packed as"):
        fetcher(server).get(server.url())


def test_broken_packing_is_no_answer(server):
    server.says("/", b"not gzip at all", Content_Encoding="gzip")
    with pytest.raises(HttpFailed, match="packing is broken"):
        fetcher(server).get(server.url())


def test_a_type_that_is_not_wanted_is_refused(server):
    wanted = Wanted(types=("image/jpeg",))
    server.says("/", b"<svg/>", Content_Type="image/svg+xml")
    with pytest.raises(HttpRefused, match=r"sent image/svg\+xml"):
        fetcher(server).get(server.url(), wanted=wanted)
    server.says("/", b"x", Content_Type="Image/JPEG; q=1")
    assert fetcher(server).get(server.url(), wanted=wanted).ok


def test_a_trickle_ends_at_the_deadline(server):
    released = threading.Event()

    def trickle(handler):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while not released.wait(0.05):
                handler.wfile.write(b"x")
                handler.wfile.flush()

    server.answers["/"] = trickle
    started = time.monotonic()
    with pytest.raises(HttpFailed, match=r"took too long|timed out"):
        fetcher(server, bounds=Bounds(total_s=0.5)).get(server.url())
    released.set()
    assert time.monotonic() - started < 3


def test_headers_that_trickle_end_at_the_deadline_too(server):
    released = threading.Event()

    def trickle(handler):
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
            while not released.wait(0.05):
                handler.wfile.write(b"X-Slow: 1\r\n")
                handler.wfile.flush()

    server.answers["/"] = trickle
    with pytest.raises(HttpFailed):
        fetcher(server, bounds=Bounds(total_s=0.5)).get(server.url())
    released.set()


def test_a_closed_port_and_an_unknown_name_are_no_answers(server):
    server.close()
    with pytest.raises(HttpFailed):
        fetcher(server).get(server.url())
    with pytest.raises(HttpFailed):
        Fetcher().get("http://name.invalid/")
    server.__init__()


def test_garbage_instead_of_http_is_no_answer(server):
    def garbage(handler):
        handler.wfile.write(b"\x00\x01 nothing like HTTP\r\n\r\n")

    server.answers["/"] = garbage
    with pytest.raises(HttpFailed):
        fetcher(server).get(server.url())


def test_a_mounted_application_answers_in_process():
    def app(environ, start):
        start("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    here = Fetcher(mounts={"api.example:443": httpx2.WSGITransport(app)})
    assert here.get("https://api.example/2/tweets").body == b"/2/tweets"


def test_no_more_than_a_few_requests_at_once_reach_one_host(server):
    running, peak, lock, released = [0], [0], threading.Lock(), threading.Event()

    def busy(handler):
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        released.wait(5)
        with lock:
            running[0] -= 1
        handler.send_response(204)
        handler.end_headers()

    server.answers["/"] = busy
    here = fetcher(server)
    threads = [threading.Thread(target=here.get, args=(server.url(),)) for _ in range(AT_ONCE + 4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while peak[0] < AT_ONCE and time.monotonic() < deadline:
        time.sleep(0.01)
    released.set()
    for thread in threads:
        thread.join()
    assert peak[0] == AT_ONCE
    assert server.hits["/"] == AT_ONCE + 4
