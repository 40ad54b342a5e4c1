"""A loop that works when it is woken or when its time has come, survives failures, and says whether it turns."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from fraiseql_observe.errors import ObserveError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 5.0  # seconds, after failures


class Loop:
    """Runs `turn` for ever.

    Args:
        name: for the log.
        turn: does the work that there is; returns after how many seconds it wants to be called again (0: at once).
        longest: it is called at least so often, in seconds, though nobody woke it.
        sleep: how it waits.
    """

    def __init__(
        self,
        name: str,
        turn: Callable[[], Awaitable[float]],
        *,
        longest: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._turn, self._longest, self._sleep = turn, longest, sleep
        self._woken = asyncio.Event()
        self._failures = 0

    @property
    def healthy(self) -> bool:
        """Whether its last turn succeeded."""
        return self._failures == 0

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
        """Wait until woken, or until the time has come."""
        waits = [asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._sleep(pause))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _try(self) -> float:
        try:
            pause = await self._turn()
        except ObserveError as error:
            log.warning("%s failed: %s", self.name, error.message, extra={"loop": self.name})
        except Exception:  # whatever it is, the next turn may succeed; the log has it whole
            log.exception("%s failed", self.name, extra={"loop": self.name})
        else:
            self._failures = 0
            return pause
        self._failures += 1
        return float(min(_LONGEST_PAUSE, 0.1 * 2 ** min(self._failures, 10)))
