"""Calls a WSGI application without a socket, and shows its faults as a socket would."""

from typing import TYPE_CHECKING

import httpx2

from tombola.testing.network.network import IN_PROCESS, ConnectionDroppedError, Stalled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _InProcess(httpx2.BaseTransport):
    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        patience = request.extensions.get("timeout", {}).get("read")

        def call(environ: "WSGIEnvironment", start: "StartResponse") -> "Iterable[bytes]":
            environ[IN_PROCESS] = True
            environ["tombola.patience_s"] = patience
            return self._app(environ, start)

        try:
            return httpx2.WSGITransport(app=call).handle_request(request)
        except ConnectionDroppedError as error:
            raise httpx2.ReadError(str(error), request=request) from error
        except Stalled as error:
            raise httpx2.ReadTimeout(str(error), request=request) from error


def in_process(app: "WSGIApplication") -> httpx2.BaseTransport:
    """Make a transport for ``httpx2.Client`` that reaches ``app`` alone.

    A dropped connection becomes ``ReadError``; a hanging call, or one slower than the client's read
    time-out, becomes ``ReadTimeout`` at once. No test waits.
    """
    return _InProcess(app)
