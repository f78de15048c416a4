"""Several calls in one.

Source: Meta, "Batch Requests", and recorded answers: bodies come as texts, what took too long
as ``null``; read 2026-11.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from werkzeug.wrappers import Request

from tombola.testing.network import FaultKind, Network
from tombola_sandbox.meta import errors

if TYPE_CHECKING:
    from tombola_sandbox.meta.graph import Graph

MOST: Final = 50

_LATE: Final = frozenset({FaultKind.SLOW, FaultKind.HANG, FaultKind.RESET, FaultKind.TRUNCATED})


def answers(
    graph: "Graph", network: Network, request: Request, host: str, args: Mapping[str, str]
) -> list[Any]:
    """Answer every call of a batch, in order; each has its own code and body.

    Raises:
        GraphError: ``batch`` is no list of at most 50 calls (100).
    """
    calls = _read(args.get("batch", ""))
    shared = {name: args[name] for name in ("access_token", "appsecret_proof") if name in args}
    with_headers = args.get("include_headers", "true").lower() not in {"false", "0"}
    return [_one(graph, network, request, host, call, shared, with_headers) for call in calls]


def _read(text: str) -> list[dict[str, Any]]:
    if not text:
        raise errors.lacks("batch")
    try:
        calls = json.loads(text)
    except ValueError:
        calls = None
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise errors.parameter("Param batch must be an array.")
    if len(calls) > MOST:
        said = f"Too many requests in batch message. Maximum batch size is {MOST}"
        raise errors.GraphError(100, said, kind="GraphBatchException")
    return calls


def _one(
    graph: "Graph",
    network: Network,
    request: Request,
    host: str,
    call: Mapping[str, Any],
    shared: Mapping[str, str],
    with_headers: bool,  # noqa: FBT001
) -> Any:
    parts = urlsplit(str(call.get("relative_url", "")))
    path = parts.path.lstrip("/")
    fault = network.faults.take(f"/{host}/{path}")
    if fault is not None and fault.kind in _LATE:
        return None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    sent = dict(parse_qsl(str(call.get("body", "")), keep_blank_values=True))
    args = {**shared, **query, **sent}
    method = str(call.get("method", "GET")).upper()
    if fault is not None:
        response = graph.broken(fault.kind, host)
    else:
        response = graph.answer(request, host, method, path, args)
    said: dict[str, Any] = {"code": response.status_code}
    if with_headers:
        said["headers"] = [{"name": n, "value": v} for n, v in response.headers]
    said["body"] = response.get_data(as_text=True)
    return said
