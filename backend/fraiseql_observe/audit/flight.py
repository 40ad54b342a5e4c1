"""Asking once what many ask at once, and remembering it for a moment."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from fraiseql_observe.errors import AskError, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable

T = TypeVar("T")
LOOK = 0.1  # seconds between looks whether the one who waits is still there


@dataclass
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Flights(Generic[T]):
    """Work under way, by key. When the last one who waits for it goes away, it is cancelled."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[T]] = {}

    async def join(self, key: Hashable, begin: Callable[[], Coroutine[None, None, T]], gone: Callable[[], bool]) -> T:
        """Wait for the work of that key, which `begin` starts when nobody has; ends early when `gone` says so.

        Raises:
            AskError: the one who asked has gone away.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(begin()))
            flight.task.add_done_callback(lambda task: self._landed(key, task))
        flight.waiting += 1
        try:
            while not flight.task.done():
                await asyncio.wait({flight.task}, timeout=LOOK)
                if gone() and not flight.task.done():
                    raise AskError("Whoever asked went away.", status=499, outcome=Outcome.CANCELLED)
            return flight.task.result()
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._flights.pop(key, None)
                flight.task.cancel()

    def _landed(self, key: Hashable, task: asyncio.Task[T]) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # somebody has looked at it, even when nobody waits any more

    async def close(self) -> None:
        """Cancel what is under way and wait for its end."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Cache(Generic[T]):
    """Values for some seconds, at most so many and of so many bytes together; the oldest go first."""

    def __init__(self, seconds: float, clock: Callable[[], float], *, most: int, bytes_: int) -> None:
        self._seconds, self._clock, self._most, self._bytes = seconds, clock, most, bytes_
        self._kept: OrderedDict[Hashable, tuple[float, int, T]] = OrderedDict()
        self.size = 0

    def get(self, key: Hashable) -> T | None:
        kept = self._kept.get(key)
        return kept[2] if kept is not None and self._clock() < kept[0] else None

    def put(self, key: Hashable, value: T, size: int) -> None:
        if self._seconds <= 0 or size > self._bytes:
            return
        self._drop(key)
        self._kept[key] = (self._clock() + self._seconds, size, value)
        self.size += size
        while self._kept and (len(self._kept) > self._most or self.size > self._bytes or self._stale()):
            self._drop(next(iter(self._kept)))

    def _stale(self) -> bool:
        return self._clock() >= next(iter(self._kept.values()))[0]

    def _drop(self, key: Hashable) -> None:
        if key in self._kept:
            self.size -= self._kept.pop(key)[1]
