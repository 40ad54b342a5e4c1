"""What shares a rate limit: how much of it may be sent now, and when more may be."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.breaker import Breaker
from fraiseql_observe.notify.limits import Limits, limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fraiseql_observe.alerts.outcomes import Result
    from fraiseql_observe.notify.base import Destination

GATHERED = 0.02  # seconds whose tokens are waited for together, so that a quick channel needs no turn for each message
DISABLED = datetime(9999, 1, 1, tzinfo=UTC)  # a pause that ends when somebody ends it


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, `per_second` on average."""

    per_second: float
    burst: int
    tokens: float
    filled_at: datetime | None = None

    def available(self, now: datetime) -> int:
        """Fill up and return the whole tokens; a clock that jumps back fills nothing and takes nothing."""
        if self.filled_at is not None:
            passed = max(0.0, (now - self.filled_at).total_seconds())
            self.tokens = min(float(self.burst), self.tokens + passed * self.per_second)
        self.filled_at = now
        return math.floor(self.tokens + 1e-9)

    def take(self, count: int) -> None:
        self.tokens -= count

    def wait(self) -> timedelta:
        """Return how long until there are tokens worth a turn, as of the last filling: one, or as many as come soon."""
        wanted = min(float(self.burst), max(1.0, self.per_second * GATHERED))
        return timedelta(seconds=max(0.0, wanted - self.tokens) / self.per_second)


@dataclass(slots=True)
class Channel:
    """`running` counts what is being sent; `refusals` the 429 in a row."""

    name: str
    bucket: Bucket
    concurrency: int
    breaker: Breaker = field(default_factory=Breaker)
    running: int = 0
    refusals: int = 0
    rests_until: datetime | None = None

    def allowance(self, now: datetime) -> int:
        """Return how many may be begun now."""
        if self.rests_until is not None and now < self.rests_until:
            return 0
        free = min(self.concurrency - self.running, self.bucket.available(now))
        return self.breaker.allows(now, max(free, 0))

    def ready_at(self, now: datetime) -> datetime | None:
        """Return when something may be begun again without a sending ending before; None when one must."""
        if self.running >= self.concurrency or self.breaker.probing:
            return None
        times = [now + self.bucket.wait()]
        times += [self.rests_until] if self.rests_until else []
        times += [self.breaker.until] if self.breaker.until and self.breaker.rests(now) else []
        return max(times)

    def began(self) -> None:
        self.running += 1
        self.bucket.take(1)
        self.breaker.began()

    def ended(self, result: Result, now: datetime, chance: float) -> None:
        """Learn from what became of a sending."""
        self.running -= 1
        if result.attempt is None:
            self.breaker.gave_back()
        elif result.tripped:
            self.breaker.failed(now, chance)
        else:
            self.breaker.reached()
        if result.rest is not None:
            self.refusals += 1
            self.rests_until = now + result.rest
        elif result.attempt is not None and not result.tripped:
            self.refusals = 0


class Channels:
    """The channels of the configured destinations; they survive a change of the configuration."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def configure(self, destinations: Mapping[str, Destination]) -> None:
        """Use these destinations: channels that stay keep what they learned, the strictest limits of each hold."""
        by_channel: dict[str, list[Limits]] = {}
        for each in destinations.values():
            by_channel.setdefault(each.channel, []).append(limits(each.traits, each.settings))
        self._channels = {name: self._configured(name, several) for name, several in by_channel.items()}

    def get(self, name: str) -> Channel | None:
        return self._channels.get(name)

    def allowances(self, now: datetime) -> dict[str, int]:
        return {name: channel.allowance(now) for name, channel in self._channels.items()}

    def ready_at(self, names: Iterable[str], now: datetime) -> datetime | None:
        """Return when the first of these channels may begin something again."""
        times = [at for name in names if name in self._channels and (at := self._channels[name].ready_at(now))]
        return min(times, default=None)

    def _configured(self, name: str, several: list[Limits]) -> Channel:
        per_second = min(each.per_second for each in several)
        burst = min(each.burst for each in several)
        concurrency = min(each.concurrency for each in several)
        channel = self._channels.get(name)
        if channel is None:
            return Channel(name, Bucket(per_second, burst, float(burst)), concurrency)
        channel.bucket.per_second, channel.bucket.burst, channel.concurrency = per_second, burst, concurrency
        channel.bucket.tokens = min(channel.bucket.tokens, float(burst))
        return channel
