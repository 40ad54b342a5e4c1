"""How often somebody may try to log in: a few times a minute from one address, and a bounded number from everywhere."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class Throttle:
    """Counts failures in buckets that leak: `burst` at once, then one more every `seconds`.

    At most `places` addresses are remembered, the oldest forgotten first; `everywhere` times the burst bounds them
    all together, so that forgetting does not help whoever has many addresses.
    """

    burst: int = 5
    seconds: float = 12.0
    places: int = 1024
    everywhere: int = 20
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # address: (level, at)
    _all: tuple[float, float] = (0.0, 0.0)

    def wait(self, address: str, now: datetime) -> int:
        """How many whole seconds until this address may try again; 0 now."""
        own = self._level(self._levels.get(address, (0.0, 0.0)), now, 1) - self.burst + 1
        shared = self._level(self._all, now, self.everywhere) - self.burst * self.everywhere + 1
        return max(0, math.ceil(own * self.seconds), math.ceil(shared * self.seconds / self.everywhere))

    def failed(self, address: str, now: datetime) -> None:
        level = self._level(self._levels.pop(address, (0.0, 0.0)), now, 1)
        self._levels[address] = (level + 1, now.timestamp())
        if len(self._levels) > self.places:
            self._levels.popitem(last=False)
        self._all = (self._level(self._all, now, self.everywhere) + 1, now.timestamp())

    def _level(self, bucket: tuple[float, float], now: datetime, pace: int) -> float:
        level, at = bucket
        return max(0.0, level - max(0.0, now.timestamp() - at) * pace / self.seconds)
