"""Contenders that answer by HTTP, each a process of its own on the server that we ship with."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec

from tombola.commands.web import BACKPRESSURE, THREADS

PATIENCE_S = 60.0


def ours() -> list[str]:
    """The command ``tombola web``."""
    return [sys.executable, "-m", "tombola", "web"]


def granian(target: str, port: int) -> list[str]:
    """Another application on the same server with the same settings."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port),
        "--workers", "1", "--blocking-threads", str(THREADS),
        "--backpressure", str(BACKPRESSURE), "--no-ws", "--no-log", target,
    ]  # fmt: skip


def gunicorn(target: str, port: int) -> list[str]:
    """As most installations of Flask are served; on our server where it is not installed."""
    if find_spec("gunicorn") is None:
        return granian(target, port)
    return [
        sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2",
        "--threads", "8", "--bind", f"127.0.0.1:{port}", "--log-level", "error", target,
    ]  # fmt: skip


@contextmanager
def served(
    command: "list[str]", port: int, environment: Mapping[str, str], path: str
) -> Iterator[int]:
    """Run a server until the block ends; begins when ``path`` is answered. Gives its number."""
    process = subprocess.Popen(  # noqa: S603 # our own words
        command, env={**os.environ, **environment, "TOMBOLA_PORT": str(port)}
    )
    try:
        _await(process, port, path)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            line.request("GET", path)
            line.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            line.close()
    raise SystemExit(f"The server on port {port} does not answer.")
