"""Which network addresses may be reached. Pure, except for ``lookup``."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from tombola.api import HttpFailed, HttpRefused

Lookup = Callable[[str, int], Sequence[str]]

#: Well-known prefix of NAT64, whose last 32 bits are an IPv4 address.
#: Source: RFC 6052 section 2.1; RFC 8215 for the local-use prefix.
NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def lookup(host: str, port: int) -> list[str]:
    """Ask the system's resolver once, for both families.

    Raises:
        HttpFailed: the name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HttpFailed(f"{host}: {error}") from error
    return [str(entry[4][0]) for entry in found]


def choose(host: str, found: Sequence[str]) -> str:
    """Pick the address to connect to.

    Raises:
        HttpRefused: any of them is not public, since a name that mixes both is a trick.
        HttpFailed: there is none.
    """
    for address in found:
        if not is_public(address):
            raise HttpRefused(f"{host} leads to {address}, which is not a public address")
    if not found:
        raise HttpFailed(f"{host}: no address")
    return found[0]


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public internet, looking inside tunnels."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return all(_is_public(each) for each in _unwrap(parsed))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_link_local
        or address.is_unspecified
        or getattr(address, "is_site_local", False)
    )


def _unwrap(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Give what the packet would reach: the IPv4 inside mapped, 6to4, Teredo and NAT64 ones."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if any(address in network for network in NAT64):
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    inner = [address.sixtofour, *(address.teredo or ())]
    return [address, *(each for each in inner if each)]
