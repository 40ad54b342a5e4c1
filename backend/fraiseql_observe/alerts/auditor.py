"""The auditor: looks for what should have happened by now, keeps the gauges, and forgets what is old."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.alerts import watchdog
from fraiseql_observe.alerts.channels import DISABLED
from fraiseql_observe.store import clockback, escalations, inbox, incidents, outbox, retention

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.incident.model import State
    from fraiseql_observe.store.engine import Engine, Transaction
    from fraiseql_observe.store.escalations import Overdue
    from fraiseql_observe.store.inbox import Backlog
    from fraiseql_observe.telemetry import Telemetry

log = logging.getLogger(__name__)

INTERVAL = timedelta(seconds=10)
OVERDUE = timedelta(seconds=30)  # a step that late was not merely queued
PRUNE = timedelta(hours=1)
SET_BACK = timedelta(minutes=1)  # since the last look: more than clocks are corrected by without a fault


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the store found; `stuck` counts sendings whose deadline passed a while ago."""

    overdue: Overdue
    stuck: int
    backlog: Backlog
    states: Mapping[State, int]


class Auditor:
    """Finds escalation steps that nobody took and sendings that never ended, in any replica.

    Args:
        engine: the store.
        settings: gives the settings that hold now.
        clock: gives the present.
        telemetry: shows what was found.
        nudge: wakes whoever should have done it.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Callable[[], Settings],
        *,
        clock: Callable[[], datetime],
        telemetry: Telemetry,
        nudge: Callable[[], None],
    ) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._telemetry, self._nudge = telemetry, nudge
        self._started = self._looked = clock()
        self._pruned: datetime | None = None

    async def turn(self) -> float:
        """Look once; return the seconds until the next look."""
        now, settings = self._clock(), self._settings()
        await self._heed_the_clock(now)
        seen = await self._engine.read(lambda tx: _look(tx, now))
        self._show(seen, now)
        await self._engine.write(lambda tx: watchdog.check(tx, settings.watchdog, self._started, now))
        if self._pruned is None or abs(now - self._pruned) >= PRUNE:
            await self._prune(now - settings.store.history)
            self._pruned = now
        return INTERVAL.total_seconds()

    async def _heed_the_clock(self, now: datetime) -> None:
        """Bring back what was put off while the clock was ahead; forget nothing because it jumped ahead."""
        by = self._looked - now
        if by > SET_BACK:
            log.warning("the clock was set back by %s: what waits is put earlier by as much", by)
            await self._engine.write(lambda tx: _set_back(tx, by, now))
            self._started = min(self._started, now)
        elif -by > PRUNE:  # or this machine slept: whoever is right, history can wait
            self._pruned = now
        self._looked = now

    def _show(self, seen: Seen, now: datetime) -> None:
        if seen.overdue.count or seen.stuck:
            log.warning("%d escalation steps are overdue and %d sendings are stuck", seen.overdue.count, seen.stuck)
            self._nudge()
        waited = (now - seen.backlog.oldest).total_seconds() if seen.backlog.oldest else 0
        self._telemetry.escalations_overdue.set(seen.overdue.count)
        self._telemetry.inbox_size.set(seen.backlog.count)
        self._telemetry.inbox_age.set(max(waited, 0))
        for state, count in seen.states.items():
            self._telemetry.incidents.labels(state.value).set(count)

    async def _prune(self, before: datetime) -> None:
        while (await self._engine.write(lambda tx: retention.prune(tx, before))).more:
            pass


def _set_back(tx: Transaction, by: timedelta, now: datetime) -> None:
    clockback.put_earlier(tx, by, now, DISABLED)
    watchdog.set_back(tx, now)


def _look(tx: Transaction, now: datetime) -> Seen:
    return Seen(
        overdue=escalations.overdue(tx, now - OVERDUE),
        stuck=outbox.stuck(tx, now - OVERDUE),
        backlog=inbox.backlog(tx),
        states=incidents.counts(tx),
    )
