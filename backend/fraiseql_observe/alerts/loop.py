"""A loop that works when it is woken or when its time has come, survives failures, and says whether it turns."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from fraiseql_observe.errors import ObserveError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class Loop:
    """Runs `turn` for ever.

    Args:
        name: for the log.
        turn: does the work that there is; returns after how many seconds it wants to be called again (0: at once).
        longest: it is called at least so often, in seconds, though nobody woke it.
        soonest: it is called at most so often, in seconds, however often it is woken.
        slowest: the longest pause after failures in a row, in seconds; the first ones are short.
        sleep: how it waits.
    """

    def __init__(
        self,
        name: str,
        turn: Callable[[], Awaitable[float]],
        *,
        longest: float,
        soonest: float = 0.0,
        slowest: float = 5.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._turn, self._sleep = turn, sleep
        self._longest, self._soonest, self._slowest = longest, soonest, slowest
        self._woken = asyncio.Event()
        self.failures = 0  # in a row
        self._why = ""

    @property
    def healthy(self) -> bool:
        """Whether its last turn succeeded."""
        return self.failures == 0

    @property
    def trouble(self) -> str:
        """What is wrong with it, when it failed more than once in a row; else empty."""
        return f"it failed {self.failures} times in a row: {self._why}" if self.failures > 1 else ""

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Turn until cancelled."""
        while True:
            self._woken.clear()
            pause = await self._try()
            if pause <= 0:
                await asyncio.sleep(0)
                continue
            await self._rest(min(pause, self._longest))

    async def _rest(self, pause: float) -> None:
        """Wait until woken, or until the time has come; never shorter than `soonest`."""
        if self._soonest:
            await self._sleep(self._soonest)
        if pause <= self._soonest:
            return
        waits = [asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._sleep(pause - self._soonest))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _try(self) -> float:
        try:
            pause = await self._turn()
        except ObserveError as error:
            self._failed(error.message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next turn may succeed; the log has it whole
            self._failed(f"{type(error).__name__}, a fault of this program; the log has it whole", error)
        else:
            if self.failures:
                log.info("%s works again", self.name, extra={"loop": self.name})
            self.failures = 0
            return pause
        return float(min(self._slowest, 0.1 * 2 ** min(self.failures, 10)))

    def _failed(self, why: str, fault: Exception | None = None) -> None:
        """Count a failure; the log hears of the first, the second, the fourth and so on, lest an outage fill it."""
        self.failures += 1
        changed, self._why = why != self._why, why
        if changed or self.failures.bit_count() == 1:
            level = logging.ERROR if fault else logging.WARNING
            log.log(
                level,
                "%s failed (%d in a row): %s",
                self.name,
                self.failures,
                why,
                exc_info=fault,
                extra={"loop": self.name},
            )
