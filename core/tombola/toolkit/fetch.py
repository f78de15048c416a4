"""The one safe fetcher: everything that comes from outside comes through here."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore2
import httpx2

from tombola.api import HttpFailed, HttpRefused, HttpResponse, Json
from tombola.toolkit.addresses import Lookup, lookup
from tombola.toolkit.unpack import Unpacker
from tombola.toolkit.wire import Deadline, Wire

PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Requests at once to the hosts that share a lane; a bounded table instead of one for each host.
LANES, AT_ONCE = 64, 8
#: By how much a packed body may be larger than what is in it.
PACKING = 65_536

WIRE_TROUBLE = (
    httpx2.TransportError,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one fetch may take."""

    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 10.0
    size_bytes: int = 10_000_000
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller accepts.

    Attributes:
        types: media types without parameters, such as ``image/jpeg``; empty takes any.
        hosts: host names, or ``.suffix`` for all beneath; empty takes any.
        size_bytes: cap on the decoded body; None takes the fetcher's.
    """

    types: Sequence[str] = ()
    hosts: Sequence[str] = ()
    size_bytes: int | None = None


ANYTHING = Wanted()


class Fetcher:
    """Fetches from the public internet, and from ``host:port`` pairs that the operator exempts.

    Names are resolved once and the checked address is the one connected to; private, local and
    reserved addresses are refused, ports other than 80 and 443 too. Redirects are followed for
    GET only, each re-checked, never from https to http. Proxies of the environment are not used.

    Args:
        exempt: ``host:port`` pairs excused from the rules about addresses and ports.
        mounts: transports by ``host:port`` that answer in-process (tests, sandbox).
        resolve: the resolver.
        bounds: the limits.
        agent: the User-Agent.
    """

    def __init__(
        self,
        *,
        exempt: frozenset[str] = frozenset(),
        mounts: Mapping[str, httpx2.BaseTransport] | None = None,
        resolve: Lookup = lookup,
        bounds: Bounds = Bounds(),
        agent: str = "Tombola",
    ) -> None:
        self.exempt = exempt
        self.mounts = dict(mounts or {})
        self.bounds = bounds
        self.agent = agent
        self._wire = Wire(resolve, exempt)
        self._lanes = [threading.BoundedSemaphore(AT_ONCE) for _ in range(LANES)]

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        wanted: Wanted = ANYTHING,
    ) -> HttpResponse:
        """Fetch, following redirects.

        Raises:
            HttpRefused: a rule forbids the address, a redirect, the type or the size.
            HttpFailed: no usable answer.
        """
        deadline = Deadline(self.bounds.total_s)
        target = _parsed(url, params)
        sent = dict(headers or {})
        for _ in range(self.bounds.redirects + 1):
            self._check(target, wanted)
            request = self._request("GET", target, sent)
            answer = self._exchange(request, deadline, wanted)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                return answer
            following = _joined(target, answer.headers["location"])
            if _origin(following) != _origin(target):
                sent = {k: v for k, v in sent.items() if k.lower() not in _PRIVATE_HEADERS}
            target = following
        raise HttpRefused(f"{url}: more than {self.bounds.redirects} redirects")

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        wanted: Wanted = ANYTHING,
    ) -> HttpResponse:
        """Send JSON or a form; raises like ``get``. A redirect is an answer like any other."""
        target = _parsed(url, params)
        self._check(target, wanted)
        request = self._request("POST", target, headers or {}, json=json, form=form)
        return self._exchange(request, Deadline(self.bounds.total_s), wanted)

    def _check(self, url: httpx2.URL, wanted: Wanted) -> None:
        if url.scheme not in PORTS:
            raise HttpRefused(f"{url}: only http and https are fetched")
        if url.userinfo:
            raise HttpRefused(f"{url.host}: an address with a password in it is not fetched")
        if wanted.hosts and not any(_is_host(url.host, allowed) for allowed in wanted.hosts):
            raise HttpRefused(f"{url.host} is not among the hosts of this network")
        if _place(url) in self.exempt or _place(url) in self.mounts:
            return
        if _port(url) not in PORTS.values():
            raise HttpRefused(f"{url.host}: port {url.port} is not fetched from")

    def _request(
        self,
        method: str,
        url: httpx2.URL,
        headers: Mapping[str, str],
        *,
        json: Json = None,
        form: Mapping[str, str] | None = None,
    ) -> httpx2.Request:
        own = {"user-agent": self.agent, "accept-encoding": "identity", "accept": "*/*"}
        merged = httpx2.Headers(own)
        merged.update(dict(headers))
        bounds = self.bounds
        waits = {"connect": bounds.connect_s, "read": bounds.read_s, "write": bounds.read_s}
        return httpx2.Request(
            method,
            url,
            headers=merged,
            json=json,
            data=dict(form) if form is not None else None,
            extensions={"timeout": {**waits, "pool": bounds.connect_s}},
        )

    def _exchange(
        self, request: httpx2.Request, deadline: Deadline, wanted: Wanted
    ) -> HttpResponse:
        request.extensions["deadline"] = deadline
        place = _place(request.url)
        transport = self.mounts.get(place, self._wire)
        try:
            with self._lane(place, deadline):
                response = transport.handle_request(request)
                response.request = request  # a mounted transport leaves this to its caller
                return self._read(response, deadline, wanted)
        except WIRE_TROUBLE as error:
            raise HttpFailed(f"{request.url.host}: {error or type(error).__name__}") from error

    def _read(self, response: httpx2.Response, deadline: Deadline, wanted: Wanted) -> HttpResponse:
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            self._check_type(response, headers, wanted)
            cap = wanted.size_bytes or self.bounds.size_bytes
            body = _capped(response.iter_raw(), headers, cap, deadline)
        finally:
            response.close()
        return HttpResponse(response.status_code, headers, body, str(response.request.url))

    def _check_type(
        self, response: httpx2.Response, headers: Mapping[str, str], wanted: Wanted
    ) -> None:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if wanted.types and response.is_success and kind not in wanted.types:
            raise HttpRefused(f"{response.request.url.host} sent {kind or 'no type'}")

    @contextmanager
    def _lane(self, place: str, deadline: Deadline) -> Iterator[None]:
        lane = self._lanes[hash(place) % LANES]
        if not lane.acquire(timeout=deadline.left()):
            raise HttpFailed(f"{place}: too many requests at once from here")
        try:
            yield
        finally:
            lane.release()


_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


def _parsed(url: str, params: Mapping[str, str] | None) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
        parsed = parsed.copy_merge_params(dict(params)) if params else parsed
    except (httpx2.InvalidURL, UnicodeError, ValueError, TypeError) as error:
        raise HttpRefused(f"not an address: {error}") from error
    if not parsed.host:
        raise HttpRefused("not an address: it has no host")
    return parsed


def _joined(base: httpx2.URL, location: str) -> httpx2.URL:
    try:
        following = base.join(location)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise HttpRefused(f"{base.host} redirects to no address: {error}") from error
    if base.scheme == "https" and following.scheme != "https":
        raise HttpRefused(f"{base.host} redirects from https to {following.scheme}")
    return following


def _place(url: httpx2.URL) -> str:
    return f"{url.host}:{_port(url)}"


def _port(url: httpx2.URL) -> int:
    return PORTS.get(url.scheme, 0) if url.port is None else url.port


def _origin(url: httpx2.URL) -> tuple[str, str]:
    return url.scheme, _place(url)


def _is_host(host: str, allowed: str) -> bool:
    host = host.lower().rstrip(".")
    return host.endswith(allowed) if allowed.startswith(".") else host == allowed


def _capped(
    chunks: Iterator[bytes], headers: Mapping[str, str], cap: int, deadline: Deadline
) -> bytes:
    """Read a body that never grows beyond ``cap``, not even while it is unpacked."""
    unpacker = Unpacker(headers.get("content-encoding", ""))
    body, taken = bytearray(), 0
    for chunk in chunks:
        deadline.left()
        taken += len(chunk)
        body += unpacker.feed(chunk, cap - len(body) + 1)
        if len(body) > cap or taken > cap + PACKING:
            raise HttpRefused(f"the answer is larger than {cap} bytes")
    unpacker.end()
    return bytes(body)
