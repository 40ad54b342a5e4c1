"""Who is let in when there is no room."""

from __future__ import annotations

from fraiseql_observe.web.door import Door, Refusal


class Connection:
    def __init__(self, server):
        self.server = server
        server.connections.append(self)

    def force_close(self):
        self.server.connections.remove(self)


class Server:
    def __init__(self):
        self.connections = []

    def __call__(self):
        return Connection(self)


def test_the_oldest_that_has_no_request_makes_room_and_none_that_has_one():
    server, busy = Server(), set()
    door = Door(server, 3, busy)
    first, second, third = door(), door(), door()
    busy.add(first)
    fourth = door()
    assert server.connections == [first, third, fourth]
    busy |= {third, fourth}
    assert isinstance(door(), Refusal)
    assert second not in server.connections
    busy.clear()
    fifth = door()
    assert server.connections == [third, fourth, fifth]
