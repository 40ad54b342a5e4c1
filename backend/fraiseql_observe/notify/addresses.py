"""Which network addresses a request may go to, decided on the address that is connected to and not on its name."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IPv6 addresses that a gateway turns into the IPv4 address in their last 32 bits (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(OSError):
    """The address may not be connected to."""


@dataclass(frozen=True, slots=True)
class Guard:
    """`anywhere` allows every address; otherwise public ones and those in `networks`."""

    anywhere: bool = False
    networks: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """Whether a connection to this numeric address is allowed; what is no address is not."""
        if self.anywhere:
            return True
        try:
            plain = _plain(address)
        except ValueError:
            return False
        return any(plain in network for network in self.networks) or _public(plain)


ANYWHERE = Guard(anywhere=True)


def socket_factory(guard: Guard) -> Callable[[Any], socket.socket]:
    """Return what opens a socket for a resolved address, or refuses to.

    The client calls it with the very address it then connects to, literal addresses included: a name that resolves
    differently the second time gains nothing. The argument is one row of `socket.getaddrinfo`.
    """

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not guard.allows(str(address[0])):
            raise ForbiddenAddressError("not a public address")
        return socket.socket(family, kind, protocol)

    return make


def _plain(address: str) -> Address:
    """Parse an address without its zone; an IPv4 address that hides in an IPv6 one comes out."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed
    hidden = parsed.ipv4_mapped or parsed.sixtofour
    if parsed in _NAT64:
        hidden = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
    return hidden or parsed


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
