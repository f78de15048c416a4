"""How much one sender may send: token buckets in this process's memory, in front of the database.

Each process counts for itself. What is refused is asked to come again, and the script does so.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

#: Senders that one set of buckets remembers; the longest quiet is forgotten first.
ROOM = 50_000
#: Leading bits of an IPv6 address that one household or office has to itself (RFC 6177, 2).
_HOUSEHOLD = 64


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, then ``a_second``."""

    burst: int
    a_second: float


class Buckets:
    """Equal buckets, one a name, made full when a name comes for the first time.

    A bucket is one number: the moment at which it will be full again.

    Args:
        rate: What each lets through.
        room: Names that are remembered; a forgotten one finds a full bucket.
        clock: Seconds, ever rising.
    """

    def __init__(
        self, rate: Rate, *, room: int = ROOM, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._token_s = 1 / rate.a_second
        self._depth_s = rate.burst / rate.a_second
        self._room = room
        self._clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: Hashable) -> float:
        """Take a token: 0.0, or the seconds until there is one and nothing was taken."""
        with self._lock:
            now = self._clock()
            full_at = max(now, self._full_at.get(name, now)) + self._token_s
            wait = full_at - now - self._depth_s
            if wait > 1e-9:  # noqa: PLR2004 - what floating numbers lose
                return wait
            self._full_at[name] = full_at
            self._full_at.move_to_end(name)
            while len(self._full_at) > self._room:
                self._full_at.popitem(last=False)
        return 0.0


def network(address: str) -> str:
    """Whose an address is: an IPv4 address, or the 64 bits of IPv6 that one site has.

    >>> network("2001:db8:1:2:3:4:5:6")
    '2001:db8:1:2::/64'
    >>> network("::ffff:192.0.2.7")
    '192.0.2.7'
    """
    if ":" not in address:
        return address
    try:
        found = ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    spare = 128 - _HOUSEHOLD
    return f"{IPv6Address(int(found) >> spare << spare)}/{_HOUSEHOLD}"
