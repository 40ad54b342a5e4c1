"""Who is let in when there is no room."""

from __future__ import annotations

from fraiseql_observe.web.door import Door, Refusal


class Connection:
    """Stays in the list for a while after it was closed, as the real ones do."""

    def __init__(self, server):
        self.transport = object()
        server.connections.append(self)

    def force_close(self):
        self.transport = None


class Server:
    def __init__(self):
        self.connections = []

    @property
    def open(self):
        return [one for one in self.connections if one.transport]

    def __call__(self):
        return Connection(self)


def test_the_oldest_that_has_no_request_makes_room_and_none_that_has_one():
    server, busy = Server(), set()
    door = Door(server, 3, busy)
    first, second, third = door(), door(), door()
    busy.add(first)
    fourth = door()
    assert server.open == [first, third, fourth]
    busy |= {third, fourth}
    assert isinstance(door(), Refusal)
    assert second not in server.open
    busy.clear()
    late = [Connection(server), Connection(server)]  # came at the same moment as another, unseen
    fifth = door()
    assert server.open == [*late, fifth]
