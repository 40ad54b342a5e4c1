"""Whether alerts come in faster than they are committed: then taking them in goes before working them in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = 0.25  # seconds
CROWD = 8  # webhooks that wait for their commit at once
FLOOD = 1000  # alerts since there is a crowd: the groups that Alertmanager tells at once after a pause are fewer


class Pressure:
    """A flood is a crowd in each of the last buckets of time, that brought many alerts.

    Args:
        now: gives seconds that only grow.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._waiting, self._peak, self._peak_before, self._alerts, self._bucket = 0, 0, 0, 0, 0

    def came(self, alerts: int) -> None:
        """Count a webhook that begins to wait."""
        self._turn()
        self._waiting += 1
        self._peak = max(self._peak, self._waiting)
        self._alerts += alerts

    def went(self) -> None:
        """Count it out."""
        self._waiting -= 1

    def high(self) -> bool:
        """Tell whether there is a flood."""
        self._turn()
        return max(self._peak, self._peak_before) >= CROWD and self._alerts >= FLOOD

    def _turn(self) -> None:
        bucket = int(self._now() / BUCKET)
        if bucket == self._bucket:
            return
        self._peak_before = self._peak if bucket == self._bucket + 1 else 0
        self._bucket, self._peak = bucket, self._waiting
        if self._peak_before < CROWD:
            self._alerts = 0
