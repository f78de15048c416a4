"""A site of somebody else for browser tests: pages on one origin, a listener on another."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tombola.widget import scripts

KEY = "y2sB7"
STUB = "window.Gleam = window.Gleam || [];"


class Shop:
    """Serves pages at http://127.0.0.1 and the script at http://localhost, which are two sites.

    ``pages``: path to (HTML, extra headers). ``pushes``: bodies of POST /t in order of arrival.
    ``answers``: statuses of the next answers; 204 when used up. ``hold``: cleared, answers wait.
    """

    def __init__(self, port: int) -> None:
        self.here = f"http://127.0.0.1:{port}"
        self.tombola = f"http://localhost:{port}"
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.pushes: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.hold = threading.Event()
        self.hold.set()

    def put(self, html: str, path: str = "/page", **headers: str) -> str:
        """Keep a page and give its address."""
        self.pages[path] = (html, {name.replace("_", "-"): text for name, text in headers.items()})
        return self.here + path

    def loader(self, key: str = KEY) -> str:
        """A script element that loads the tracking script."""
        return f'<script src="{self.tombola}/{key}/trk.js"></script>'

    @property
    def events(self) -> list[Any]:
        """All events that have arrived."""
        return [event for push in self.pushes for event in push["e"]]


@contextmanager
def open_shop() -> Iterator[Shop]:
    server = _Server(("127.0.0.1", 0), _Handler)
    shop = server.shop = Shop(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield shop
    finally:
        shop.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    shop: Shop


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self):
        shop = self.server.shop
        path = self.path.partition("?")[0]
        if path.endswith("/trk.js"):
            self._answer(200, scripts.tracker(shop.tombola, path[1:6]), "text/javascript", {})
        elif path in shop.pages:
            html, headers = shop.pages[path]
            self._answer(
                200, f"<!doctype html>{html}".encode(), "text/html; charset=utf-8", headers
            )
        else:
            self._answer(204, b"", "text/plain", {})

    def do_POST(self):
        shop = self.server.shop
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = shop.answers.pop(0) if shop.answers else 204
        shop.headers.append(dict(self.headers))
        shop.pushes.append(json.loads(body))
        shop.hold.wait(20)
        self._answer(status, b"", "text/plain", {"Access-Control-Allow-Origin": "*"})

    def _answer(self, status, body, kind, headers):
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_args):
        pass


@pytest.fixture
def shop():
    with open_shop() as shop:
        yield shop


@pytest.fixture
def console(page):
    """Everything that the pages of this test say; a test may empty it of what it expects."""
    said = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    yield said
    assert said == []
