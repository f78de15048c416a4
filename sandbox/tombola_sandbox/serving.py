"""Serves the network with its console, and the shop: one process, two addresses."""

import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tombola.testing.network import Ledger
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.console.app import console_app
from tombola_sandbox.living import Life, people_world
from tombola_sandbox.shop.app import shop_app
from tombola_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
LEDGER = "ledger.jsonl"
LOCK = "lock"

CONSOLE_PATHS = ("/console", "/assets/", "/favicon")


class AlreadyServedError(Exception):
    """Another process has this world open."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is.

    Attributes:
        port: of Tombola; the shop has the next, the network the one after.
        folder: where the world is kept.
        tombola: Tombola's own address, without a slash at its end.
    """

    port: int
    folder: Path
    tombola: str

    @property
    def shop(self) -> str:
        """The shop's address: another site than Tombola's, to every browser."""
        return f"http://{HOST}:{self.port + 1}"

    @property
    def network(self) -> str:
        """The network's and the console's address."""
        return f"http://{HOST}:{self.port + 2}"


def place_from_environment() -> Place:
    """Read where everything is from Tombola's own settings."""
    port = int(os.environ.get("TOMBOLA_PORT", "8000"))
    folder = Path(os.environ.get("TOMBOLA_DATA_DIR", "var")) / "sandbox"
    address = os.environ.get("TOMBOLA_BASE_URL") or f"http://localhost:{port}"
    return Place(port, folder.resolve(), address.rstrip("/"))


@contextlib.contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Open the world that is kept in a folder, alone.

    Raises:
        AlreadyServedError: another process has it open.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        _lock(lock, folder)
        ledger = Ledger(folder / LEDGER)
        try:
            yield World(ledger=ledger)
        finally:
            ledger.close()


def _lock(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyServedError(f"another process has the world in {folder} open") from None


def serve(place: Place, *, lively: bool = True, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then end at once; nothing is lost.

    Args:
        place: addresses and folder.
        lively: a new world posts by itself; an existing one does as its switch says.
        ready: called when both addresses answer.

    Raises:
        AlreadyServedError: another process has this world open.
        OSError: an address is taken.
    """
    with open_world(place.folder) as world:
        _prepare(world, place, lively=lively)
        network = sandbox_app(world=world)
        front = side_by_side(console_app(world, network, place), network)
        servers = [_server(place.port + 2, front), _server(place.port + 1, shop_app(place.tombola))]
        life = Life(world)
        life.start()
        try:
            _until_told(servers, ready)
        finally:
            life.stop()
            network.faults.mend()


def _prepare(world: World, place: Place, *, lively: bool) -> None:
    if not len(world.ledger):
        world.switches.set(self_posting=lively)
    people_world(world)
    register_return_addresses(world, place.tombola)


def register_return_addresses(world: World, tombola: str) -> None:
    """Let the demo's application return to Tombola; addresses added in the console stay."""
    for app in list(world.access.apps.values()):
        wanted = {*app.redirect_uris, *(f"{tombola}/back/{name}" for name in RETURNS)}
        if wanted != set(app.redirect_uris):
            changed = app.model_copy(update={"redirect_uris": tuple(sorted(wanted))})
            world.access.register(changed)


RETURNS = ("twitter_import.x",)
"""Names of the log-ins that return to Tombola."""


def side_by_side(console: "WSGIApplication", network: "WSGIApplication") -> "WSGIApplication":
    """Put the console beside the network: its own few paths, everything else is the network's."""

    def front(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
        path = environ.get("PATH_INFO", "")
        ours = path in {"", "/"} or path.startswith(CONSOLE_PATHS)
        return (console if ours else network)(environ, start)

    return front


class _Quiet(WSGIRequestHandler):
    """Answers in HTTP/1.1 and does not log: the console shows the calls."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        if type == "error":
            super().log(type, message, *args)


def _server(port: int, app: "WSGIApplication") -> BaseWSGIServer:
    server = make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.block_on_close = False  # type: ignore[attr-defined]
    return server


def _until_told(servers: list[BaseWSGIServer], ready: Callable[[], None] | None) -> None:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        for server in servers
    ]
    for thread in threads:
        thread.start()
    if ready is not None:
        ready()
    told.wait()
    for server in servers:
        server.shutdown()
        server.server_close()
