import http.server
import threading
from collections import Counter
from typing import Any

import pytest


class Server:
    """A real HTTP server on loopback that counts who reaches it."""

    def __init__(self):
        self.hits: Counter[str] = Counter()
        self.answers: dict[str, Any] = {}
        self.last: dict[str, str] = {}
        self.body = b""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.hits[self.path] += 1
                outer.last = {name.lower(): value for name, value in self.headers.items()}
                outer.answers[self.path](self)

            def do_POST(self):
                outer.hits[self.path] += 1
                length = int(self.headers.get("content-length", 0))
                outer.body = self.rfile.read(length)
                outer.last = {name.lower(): value for name, value in self.headers.items()}
                outer.answers[self.path](self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def place(self):
        return f"127.0.0.1:{self.port}"

    def url(self, path="/"):
        return f"http://{self.place}{path}"

    def says(self, path, body=b"hello", status=200, **headers):
        def answer(handler):
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def server():
    found = Server()
    yield found
    found.close()
