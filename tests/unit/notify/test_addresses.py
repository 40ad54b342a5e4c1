"""Which addresses may be connected to."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from fraiseql_observe.notify.addresses import ANYWHERE, ForbiddenAddressError, Guard, socket_factory

FORBIDDEN = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.170",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_that_are_not_public_are_forbidden(address):
    assert not Guard().allows(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_allowed(address):
    assert Guard().allows(address)


def test_allowed_networks_are_exceptions_and_no_more():
    guard = Guard(networks=(ipaddress.ip_network("10.20.0.0/16"), ipaddress.ip_network("fd00:1::/32")))
    assert guard.allows("10.20.3.4")
    assert guard.allows("::ffff:10.20.3.4")
    assert guard.allows("fd00:1::5")
    assert not guard.allows("10.21.0.1")


def test_anywhere_is_anywhere():
    assert ANYWHERE.allows("127.0.0.1")


def test_a_socket_is_opened_only_for_an_allowed_address():
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(ForbiddenAddressError):
        socket_factory(Guard())(info)
    with socket_factory(ANYWHERE)(info) as opened:
        assert opened.family is socket.AF_INET
