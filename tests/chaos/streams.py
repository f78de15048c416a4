"""A fake network of numbered streams, served by the test itself, that often answers badly."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

#: Posts on a page; pages overlap, so that some posts come twice.
PAGE = 20
OVERLAP = 3
#: Seconds that an answer takes, so that a kill has something to hit.
SLOW = 0.02


class Streams:
    """The ledger: every post that anybody could have read, by stream, newest first."""

    def __init__(self, streams: int, posts: int, now: datetime, seed: int) -> None:
        self.ledger = {
            stream: [self._post(stream, n, now) for n in reversed(range(posts))]
            for stream in range(streams)
        }
        self.calls = 0
        self.bad = 0
        self.badness = 0.1
        self._dice = random.Random(seed)  # noqa: S311 # a seeded world
        self._lock = threading.Lock()

    def publish(self, stream: int, posts: int, now: datetime) -> None:
        """Let somebody post."""
        with self._lock:
            listed = self.ledger[stream]
            for n in range(len(listed), len(listed) + posts):
                listed.insert(0, self._post(stream, n, now))

    def ids(self) -> set[str]:
        """All that has been posted."""
        return {post["id"] for posts in self.ledger.values() for post in posts}

    def answer(self, query: dict[str, str]) -> tuple[int, bytes]:
        """Status and body; some are broken."""
        with self._lock:
            self.calls += 1
            throw = self._dice.random()
            body = self._page(int(query["stream"]), int(query["offset"]))
            if throw < self.badness:
                self.bad += 1
                half = body[: len(body) // 2]
                return self._dice.choice([(503, b""), (200, half), (429, b"{}"), (200, b"<html>")])
            return 200, body

    def _page(self, stream: int, offset: int) -> bytes:
        listed = self.ledger[stream]
        found = listed[offset : offset + PAGE]
        following = offset + PAGE - OVERLAP
        more = following + OVERLAP < len(listed)
        return json.dumps({"posts": found, "next": following if more else None}).encode()

    @staticmethod
    def _post(stream: int, n: int, now: datetime) -> dict[str, Any]:
        at = now - timedelta(minutes=5) + timedelta(milliseconds=n)
        who = f"u{n % 11}"
        return {"id": f"s{stream}-{n}", "at": at.isoformat(), "by": who, "text": f"post {n}"}


@contextmanager
def served(streams: Streams) -> Iterator[str]:
    """Serve until the block ends; gives ``host:port``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(SLOW)
            status, body = streams.answer(dict(parse_qsl(urlsplit(self.path).query)))
            try:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the reader was killed

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # as above

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
