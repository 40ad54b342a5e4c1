"""A clock and a sleep that belong together: an hour passes as soon as everybody sleeps."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class VirtualTime:
    """`clock` and `sleep` are what the code under test is given; `pass_` lets time go by."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleep in virtual time; a sleep of nothing lets the others run."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + timedelta(seconds=seconds), next(self._order), future))
        await future

    async def pass_(self, duration: timedelta) -> None:
        """Let `duration` go by, waking each sleeper at its time, and let it do its work before the next."""
        end = self.now + duration
        await self._settle()
        while (at := self._next()) is not None and at <= end:
            self.now = max(self.now, at)
            heapq.heappop(self._sleepers)[2].set_result(None)
            await self._settle()
        self.now = end

    def _next(self) -> datetime | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def _settle(self) -> None:
        """Wait, in real time, until somebody sleeps and goes on sleeping: threads have then done their part."""
        asleep: object = None
        for _ in range(2000):
            await asyncio.sleep(0.001)
            before, asleep = asleep, self._sleepers[0][2] if self._next() is not None else None
            if asleep is not None and asleep is before:
                return
