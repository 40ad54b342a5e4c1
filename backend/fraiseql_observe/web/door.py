"""Lets connections in, at most so many; when there is no room, one that only waits has to make it.

Without that, whoever opens `server.connections` connections and sends nothing keeps every alert out for as long as
`server.idle_timeout`, and needs no token for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web


class Refusal(asyncio.Protocol):
    """Ends a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Door:
    """Makes the protocol of each new connection.

    Args:
        server: what serves them.
        most: at a time.
        busy: those that are being answered.
    """

    def __init__(self, server: web.Server, most: int, busy: set[asyncio.BaseProtocol]) -> None:
        self._server, self._most, self._busy = server, most, busy

    def __call__(self) -> asyncio.Protocol:
        """Serve, if need be in the place of the oldest connection that has no request; else refuse.

        Connections that come at the same moment do not see each other; the next one makes up for it.
        """
        if len(self._server.connections) < self._most:  # with those that are just being ended
            return self._server()
        present = [one for one in self._server.connections if one.transport is not None]
        too_many = len(present) + 1 - self._most
        if too_many > 0:
            idle = [one for one in present if one not in self._busy][:too_many]
            if not idle:
                return Refusal()
            for one in idle:
                one.force_close()
        return self._server()
