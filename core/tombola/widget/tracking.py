"""POST /t: takes what a site's page reports. One pure handler over plain data."""

from http import HTTPStatus
from urllib.parse import urlsplit

from tombola.api import Busy
from tombola.installation import Installation
from tombola.widget import store
from tombola.widget.answers import Answer, busy, too_often
from tombola.widget.buckets import Buckets, Rate
from tombola.widget.directory import Directory
from tombola.widget.parts import Arrival, Posted
from tombola.widget.rules import LONGEST_BODY, Push, Unreadable, is_excessive, read_push
from tombola.widget.writer import Writer

#: Any page may push; nothing personal is in the answer.
CORS = (("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store"))

#: For a body that is longer than any of ours, whether it was read or not.
TOO_LONG = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, CORS)
#: For a browser that asks first whether a page of another site may send JSON.
PREFLIGHT = Answer(
    HTTPStatus.NO_CONTENT,
    (
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "POST"),
        ("Access-Control-Allow-Headers", "Content-Type"),
        ("Access-Control-Max-Age", "86400"),
    ),
)

#: Pushes of one network (an address, or 64 bits of IPv6) in all, for one campaign, and of one
#: browser for one campaign. The first looks at no body. ``docs/tracking.md`` says so.
BY_NETWORK = Rate(burst=600, a_second=100)
BY_CAMPAIGN = Rate(burst=120, a_second=20)
BY_VISITOR = Rate(burst=60, a_second=2)


class Tracker:
    """Takes pushes for one process."""

    def __init__(self, inst: Installation, directory: Directory) -> None:
        self._inst = inst
        self._directory = directory
        self._by_network = Buckets(BY_NETWORK)
        self._by_campaign = Buckets(BY_CAMPAIGN)
        self._by_visitor = Buckets(BY_VISITOR)
        self.writer: Writer[Arrival | Posted] = Writer(
            lambda arrivals: store.keep(inst, directory, arrivals),
            largest=inst.db.set_size,
            weigh=_rows,
        )

    def knock(self, network: str) -> Answer | None:
        """Refuse a network that has sent too much, before its body is read."""
        wait_s = self._by_network.take(network)
        return too_often(CORS, wait_s) if wait_s else None

    def take(self, body: bytes, origin: str | None, network: str | None = None) -> Answer:
        """Store a push and answer after the commit.

        An unknown campaign is answered like a known one. What is too long is a final no, noted
        among the near misses; what the server cannot take now asks to be sent again.

        Args:
            body: At most ``LONGEST_BODY`` bytes count; more is refused.
            origin: The page's site, as its browser says.
            network: Whose tokens pay for it; nobody's if None.
        """
        if len(body) > LONGEST_BODY:
            return TOO_LONG
        try:
            push = read_push(body)
        except Unreadable:
            return Answer(HTTPStatus.BAD_REQUEST, CORS)
        wait_s = self._too_often(push, network) if network is not None else 0.0
        if wait_s:
            return too_often(CORS, wait_s)
        try:
            if any(self._directory.has(key) for key in push.keys):
                self.writer.write(Arrival(push, site(origin), self._inst.clock()))
        except Busy as wait:
            return busy(CORS, wait.retry_after.total_seconds())
        final = HTTPStatus.UNPROCESSABLE_ENTITY if is_excessive(push.events) else None
        return Answer(final or HTTPStatus.NO_CONTENT, CORS)

    def close(self) -> None:
        """Write what waits, and stop."""
        self.writer.close()

    def _too_often(self, push: Push, network: str) -> float:
        """Seconds to wait. Known and unknown keys pay alike."""
        return max(
            *(self._by_campaign.take((key, network)) for key in push.keys),
            *(self._by_visitor.take((key, push.visitor)) for key in push.keys),
        )


def _rows(arrival: Arrival | Posted) -> int:
    """Rows that a report may write: each event in each campaign, an event and its entry."""
    if isinstance(arrival, Posted):
        return max(1, 2 * len(arrival.events))
    push = arrival.push
    return max(1, 2 * len(push.events) * len(push.keys))


def site(origin: str | None) -> str | None:
    """Scheme and host of an Origin header; None where the browser hides them."""
    if not origin or len(origin) > 300:  # noqa: PLR2004 - a name has at most 253 characters
        return None
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None
