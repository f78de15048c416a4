"""Serves the network with its console, the shop and the mailbox: one process, three ports."""

import signal
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tombola.testing.smtp import Server as MailServer
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.console.app import console_app
from tombola_sandbox.living import Life, people_world
from tombola_sandbox.mailbox.box import Mailbox
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.seed import people_meta
from tombola_sandbox.place import HOST, Place, open_world
from tombola_sandbox.shop.app import shop_app
from tombola_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONSOLE_PATHS = ("/console", "/assets/", "/favicon")


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
        mailbox = Mailbox(place.folder)
        courier = Courier(world.meta.things, world.meta.access, world.switches)
        front = side_by_side(console_app(world, network, place, mailbox, courier), network)
        servers = [_server(place.port + 2, front), _server(place.port + 1, shop_app(place.tombola))]
        life = Life(world)
        try:
            with MailServer(mailbox.take, place.mail_port):
                life.start()
                courier.start()
                _until_told(servers, ready)
        finally:
            life.stop()
            courier.stop()
            mailbox.close()
            network.faults.mend()


def _prepare(world: World, place: Place, *, lively: bool) -> None:
    if not len(world.ledger):
        world.switches.set(self_posting=lively)
    people_world(world)
    people_meta(world.meta, place.tombola)
    world.meta.things.address = place.network
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
    """Listen before anything else can fail; werkzeug itself would end the process."""
    with socket.create_server((HOST, port)) as listener:
        server = make_server(
            HOST, port, app, threaded=True, request_handler=_Quiet, fd=listener.fileno()
        )
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
