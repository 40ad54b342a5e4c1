"""Which network addresses a request may go to, decided on the address that is connected to and not on its name."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ForbiddenAddressError(OSError):
    """The address may not be connected to."""


@dataclass(frozen=True, slots=True)
class Guard:
    """`anywhere` allows every address; otherwise public ones and those in `networks`."""

    anywhere: bool = False
    networks: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """Whether a connection to this numeric address is allowed."""
        if self.anywhere:
            return True
        plain = _plain(address)
        return any(plain in network for network in self.networks if network.version == plain.version) or _public(plain)


ANYWHERE = Guard(anywhere=True)
STRICT = Guard()

# Addresses that carry an IPv4 address inside, so that a private one could hide there.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _plain(address: str) -> Address:
    """Parse an address without its zone; an IPv4 address that hides in an IPv6 one comes out."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return parsed.ipv4_mapped
        if parsed in _NAT64:
            return ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if parsed.sixtofour:
            return parsed.sixtofour
    return parsed


def _public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


AddrInfo = tuple[int, int, int, str, tuple[object, ...]]


def socket_factory(guard: Guard):  # noqa: ANN201 - the shape is aiohttp's
    """Return what makes a socket for a resolved address, or refuses to: called at each connect, after the resolver."""

    def make(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not guard.allows(str(address[0])):
            raise ForbiddenAddressError(f"{address[0]} is not a public address")
        return socket.socket(family, kind, protocol)

    return make
