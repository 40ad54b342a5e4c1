"""The breaker of one channel: after failures in a row it is left alone, then tried with one message at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

FAILURES = 5  # in a row
FIRST_REST = timedelta(seconds=15)
LONGEST_REST = timedelta(minutes=5)


@dataclass(slots=True)
class Breaker:
    """Closed while `opened` is 0; open until `until`; then half open, with one probe under way at most."""

    failures: int = 0
    opened: int = 0  # times since it was last closed
    until: datetime | None = None
    probing: bool = False

    def allows(self, now: datetime, most: int) -> int:
        """Return how many of `most` may be sent now."""
        if self.until is None:
            return most
        return 0 if self.probing or self.rests(now) else min(most, 1)

    def rests(self, now: datetime) -> bool:
        """Whether it is open; a rest longer than any we give means that the clock jumped back."""
        return self.until is not None and timedelta(0) < self.until - now <= LONGEST_REST

    def began(self) -> None:
        """Note that something is being sent: the probe, when it is not closed."""
        self.probing = self.until is not None

    def gave_back(self) -> None:
        """Note that what began was not tried after all."""
        self.probing = False

    def reached(self) -> None:
        """Note that the other side answered: close."""
        self.failures = self.opened = 0
        self.until, self.probing = None, False

    def failed(self, now: datetime, chance: float) -> None:
        """Note a failure of the channel: open at the fifth in a row, or again when it was the probe.

        Each rest is twice as long as the one before; half of it is jitter, so that replicas do not knock together.
        """
        self.failures += 1
        if not self.probing and (self.until is not None or self.failures < FAILURES):
            return
        ceiling: timedelta = min(LONGEST_REST, FIRST_REST * 2 ** min(self.opened, 8))
        self.opened += 1
        self.until = now + ceiling * (0.5 + chance / 2)
        self.probing = False
