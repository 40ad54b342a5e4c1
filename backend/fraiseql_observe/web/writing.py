"""Ends connections whose client does not read.

A client that asks and never reads the answers costs a place among `server.connections` for ever: it is not idle, and
no handler runs that a time-out could end. What shows is only the transport's buffer, which does not drain.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

log = logging.getLogger(__name__)

PROGRESS = 16 * 1024  # bytes that must be read within the time, lest a byte now and then keep a connection
LOOKS = 10  # within the time that a client has


class WriteWatch:
    """Looks at all connections now and then.

    Args:
        transports: gives those that are open.
        within: gives how long an answer may lie unread.
    """

    def __init__(self, transports: Callable[[], Iterable[asyncio.Transport]], within: Callable[[], timedelta]) -> None:
        self._transports, self._within = transports, within
        self._stuck: dict[asyncio.Transport, tuple[int, float]] = {}  # bytes that waited, and since when

    async def run(self) -> None:
        """Look until cancelled."""
        now = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(self._within().total_seconds() / LOOKS)
            self.look(now())

    def look(self, now: float) -> None:
        """End what has not moved; `now` is in seconds of any steady clock."""
        within = self._within().total_seconds()
        waiting = {one: one.get_write_buffer_size() for one in self._transports()}
        self._stuck = {one: self._since(self._stuck.get(one), size, now) for one, size in waiting.items() if size}
        for one, (_, since) in list(self._stuck.items()):
            if now - since >= within:
                log.warning("A client did not read its answer for %g s; its connection is ended", within)
                one.abort()
                del self._stuck[one]

    def _since(self, before: tuple[int, float] | None, size: int, now: float) -> tuple[int, float]:
        """Give what waited before when it has not drained since, although more may have come to it."""
        return before if before and size > before[0] - PROGRESS else (size, now)
