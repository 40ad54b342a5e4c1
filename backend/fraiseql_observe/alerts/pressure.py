"""How fast alerts come in: above a rate, taking them in goes before working them in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = 0.25  # seconds
FLOOD = 1000  # alerts in two buckets: 500 groups that Alertmanager tells at once are none, 10,000 a second are


class Pressure:
    """Counts in two buckets of time, the present one and the one before.

    Args:
        now: gives seconds that only grow.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._bucket, self._count, self._before = 0, 0, 0

    def came(self, alerts: int) -> None:
        """Count alerts that were taken in."""
        self._turn()
        self._count += alerts

    def high(self) -> bool:
        """Tell whether there is a flood."""
        self._turn()
        return self._count + self._before >= FLOOD

    def _turn(self) -> None:
        bucket = int(self._now() / BUCKET)
        if bucket != self._bucket:
            self._before = self._count if bucket == self._bucket + 1 else 0
            self._bucket, self._count = bucket, 0
