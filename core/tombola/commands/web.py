"""The command ``tombola web``: granian around the application, one process, many threads."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import click

from tombola.settings import get_settings

#: Threads that serve requests. Most wait for their set to commit, so more than processors.
THREADS = 64
#: Requests that may wait inside the server; more wait in the kernel's queue.
BACKPRESSURE = 512
#: Seconds between two looks whether the server's main process still lives.
PERIOD = 0.5


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def web(*, host: str) -> None:
    """Serve the pages on TOMBOLA_PORT."""
    serve(host, get_settings().port)


def serve(host: str, port: int) -> None:
    """Serve until asked to stop; ends by itself when its worker process dies."""
    from granian.constants import Interfaces  # noqa: PLC0415 # the extra `embedded` brings it
    from granian.log import LogLevels  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    server = Server(
        "tombola.app:wsgi",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=BACKPRESSURE,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
        respawn_failed_workers=False,
    )
    server.serve(target_loader=load, wrap_loader=False)


def load() -> Callable[..., Any]:
    """The application, in the server's worker process, which ends when its parent is gone.

    Made here and not with the first request, so that a broken installation fails at the start.
    """
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    from tombola.app import create_app, install  # noqa: PLC0415 # only this process needs it
    from tombola.logs import configure  # noqa: PLC0415

    configure()  # where processes are spawned and not forked, this one knows nothing yet
    return create_app(install(get_settings()))


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PERIOD)
    os._exit(1)
