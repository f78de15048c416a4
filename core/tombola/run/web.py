"""The web server: granian around the WSGI application, one process with many threads."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

#: Threads that serve requests. Most wait for their set to commit, so more than processors.
THREADS = 64
#: Requests that may wait inside the server; more wait in the kernel's queue.
BACKPRESSURE = 512
#: Seconds between two looks whether the server's main process still lives.
PERIOD = 0.5


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
    """The application, in the server's worker process, which ends when its parent is gone."""
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    from tombola.app import wsgi  # noqa: PLC0415 # only the worker process needs the application

    return wsgi


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PERIOD)
    os._exit(1)
