"""The demo's ports lie together, and a taken one is named."""

from __future__ import annotations

import socket

import pytest

from fraiseql_observe.demo.ports import NAMES, Ports
from fraiseql_observe.demo.servers.server import HOST, free_port, port_is_free
from fraiseql_observe.errors import DemoError


def test_ports_are_consecutive_and_distinct():
    assert [Ports(20000).of(name) for name in NAMES] == list(range(20000, 20000 + len(NAMES)))


def test_nothing_is_said_when_all_are_free():
    Ports(20000).require_free(lambda _port: True)


def test_every_taken_port_is_named_with_a_way_out():
    with pytest.raises(DemoError) as caught:
        Ports(20000).require_free(lambda port: port not in {20001, 20004})
    assert "20001 (prometheus), 20004 (postgresql)" in caught.value.message
    assert "--base-port 20100" in caught.value.hint


def test_a_listener_takes_its_port():
    port = free_port()
    assert port_is_free(port)
    with socket.create_server((HOST, port)):
        assert not port_is_free(port)
