"""The service's part in keeping the audit log: a turn of maintenance every few seconds, and how it stands as metrics.

Every replica runs it; the database lets one of them work at a time.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from prometheus_client import Counter, Gauge

from fraiseql_observe.alerts.loop import Loop
from fraiseql_observe.errors import ObserveError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from prometheus_client import CollectorRegistry

    from fraiseql_observe.audit.maintain import Maintainer, Status, Turn
    from fraiseql_observe.config.audit import AuditSettings

OUTCOMES = ("done", "idle", "busy", "failed")
SLOWEST = 60.0  # seconds between tries while the database refuses


class Metrics:
    """How the audit log is kept; registered only by a service that keeps it, for elsewhere zeros would alarm.

    What every reader of the audit log can see (how far the roll-ups lag) is in `audit/metrics.py`.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        own: Any = {"registry": registry, "namespace": "fraiseql_observe"}
        self.turns = Counter(
            "audit_maintenance_turns",
            "Turns of maintenance of the audit log; busy: another maintainer was at work.",
            ["outcome"],
            **own,
        )
        self.rows = Counter("audit_rollup_rows", "Rows that this replica added to the roll-ups.", **own)
        self.covered = Gauge(
            "audit_rollup_covered", "1 when the roll-ups reach back to the first row; 0 while they are made.", **own
        )
        self.partitions = Gauge("audit_partitions", "Partitions of the audit log.", **own)
        self.ahead = Gauge("audit_partitions_ahead", "Of these, for times to come.", **own)
        self.overdue = Gauge("audit_partitions_overdue", "Of these, past their retention.", **own)
        for outcome in OUTCOMES:
            self.turns.labels(outcome)

    def show(self, status: Status) -> None:
        self.covered.set(status.covered)
        self.partitions.set(status.partitions)
        self.ahead.set(status.partitions_ahead)
        self.overdue.set(status.partitions_overdue)

    def count(self, turn: Turn) -> None:
        self.turns.labels("busy" if turn.busy else "idle" if turn.idle else "done").inc()
        self.rows.inc(turn.rows)


class Maintenance:
    """Maintains the audit database of the settings for as long as it is `running`."""

    def __init__(self, settings: AuditSettings, registry: CollectorRegistry) -> None:
        self._url = settings.maintenance_url.reveal()
        self._every = settings.maintenance_every.total_seconds()
        self._metrics = Metrics(registry)
        self._loop = Loop("audit maintenance", self._turn, longest=self._every, slowest=max(SLOWEST, self._every))
        self._connected = AsyncExitStack()
        self._maintainer: Maintainer | None = None

    @property
    def trouble(self) -> str:
        """What is wrong with it, when it failed more than once in a row; else empty."""
        return self._loop.trouble

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Turn by turn; one that is cut short has done nothing or all of a transaction."""
        task = asyncio.create_task(self._loop.run(), name="audit maintenance")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self._disconnect()

    async def _turn(self) -> float:
        try:
            maintainer = self._maintainer or await self._connect()
            turn = await maintainer.turn()
            status = await maintainer.status()
        except ObserveError:
            self._metrics.turns.labels("failed").inc()
            await self._disconnect()
            raise
        self._metrics.count(turn)
        self._metrics.show(status)
        return 0.0 if turn.more and not turn.waiting else self._every

    async def _connect(self) -> Maintainer:
        # Only who has an audit database pays for its driver.
        from fraiseql_observe.audit.maintain import maintaining  # noqa: PLC0415

        self._maintainer = await self._connected.enter_async_context(maintaining(self._url))
        return self._maintainer

    async def _disconnect(self) -> None:
        self._maintainer = None
        with suppress(Exception):  # a connection that is broken cannot be closed in order
            await self._connected.aclose()
        self._connected = AsyncExitStack()
