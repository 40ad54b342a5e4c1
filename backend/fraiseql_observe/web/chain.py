"""Verifies the hash chains of the audit database beside the service: a bounded piece of work at a time.

Each turn goes on from the checkpoint in the store, and then reads again the stretch that was longest not read. One
replica does it for all, whoever holds the lease; all of them show the same numbers, those of the store.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.loop import Loop
from fraiseql_observe.audit.chain.model import Kind
from fraiseql_observe.audit.chain.source import logs
from fraiseql_observe.audit.chain.verify import Rules
from fraiseql_observe.errors import ConflictError, ObserveError
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.store import audit_chain, leases
from fraiseql_observe.web.chain_work import NOTHING_KNOWN, keep, keep_missing, known, turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.config.audit import AuditSettings
    from fraiseql_observe.web.chain_work import Done, Known

log = logging.getLogger(__name__)

LEASE = "audit-chain"
LEAST_HELD = timedelta(minutes=1)
SLOWEST = 300.0  # seconds between tries while the database is away


class Chain:
    """The loop of one replica."""

    def __init__(self, settings: AuditSettings, manager: AlertManager) -> None:
        self._settings, self._manager = settings, manager
        self._clock, self._telemetry = manager.clock, manager.telemetry
        self._holder = new_id("chn", manager.clock())
        every = settings.chain_every.total_seconds()
        self.loop = Loop("Verifying the hash chains", self.turn, longest=every, slowest=max(SLOWEST, every))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.loop.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            with suppress(ObserveError):  # it ends by itself then
                await self._hold(timedelta())

    async def turn(self) -> float:
        """Do a piece of work, if it is this replica's turn; return the seconds until the next.

        Raises:
            ObserveError: the audit database or the store does not answer.
        """
        every = self._settings.chain_every
        if not await self._hold(max(3 * every, LEAST_HELD)):
            await self._show()
            return every.total_seconds()
        try:
            with self._telemetry.chain_duration.time():
                spent = await self._work(self._clock())
        except ObserveError:
            self._telemetry.chain_failures.inc()
            raise
        await self._show()
        return every.total_seconds() if spent is None else spent

    async def _hold(self, span: timedelta) -> bool:
        """Take the lease for so long; no time at all gives it back. Two who work at once only work for nothing."""
        now = self._clock()
        return await self._manager.engine.write(lambda tx: leases.take(tx, LEASE, self._holder, now + span, now=now))

    async def _work(self, now: datetime) -> float | None:
        """Return None when all is verified; else how long to rest before going on: as long as the work took."""
        keys = tuple(key for key in self._settings.chain_keys.reveal().splitlines() if key)
        rules = Rules(keys, self._settings.chain_longest_transaction)
        reread = now - self._settings.chain_reread if self._settings.chain_reread else None
        before = await self._manager.engine.read(audit_chain.states)
        all_known = await self._manager.engine.read(
            lambda tx: {one.source: known(tx, one.source, reread) for one in before}
        )
        began = time.perf_counter()
        all_done = await asyncio.to_thread(_read, self._settings.chain_url.reveal(), all_known, rules, now)
        spent = time.perf_counter() - began
        for done in all_done:
            await self._keep(done, now)
        await self._manager.engine.write(lambda tx: keep_missing(tx, before, {done.source for done in all_done}, now))
        return None if all(done.new.reached for done in all_done) else spent

    async def _keep(self, done: Done, now: datetime) -> None:
        try:
            added = await self._manager.engine.write(lambda tx: keep(tx, done, now))
        except ConflictError as error:  # the command line went on from the same checkpoint; the next turn sees that
            log.info("%s", error.message)
            return
        self._count(done)
        for one in added:
            log.error("The audit log %s is broken at row %s: %s", done.source, one.row, one.detail)

    def _count(self, done: Done) -> None:
        self._telemetry.chain_rows.labels(done.kind, "new").inc(done.new.findings.rows)
        self._telemetry.chain_rows.labels(done.kind, "again").inc(done.again.rows if done.again else 0)
        self._telemetry.chain_unchecked.labels(done.kind).inc(done.new.findings.unchecked)

    async def _show(self) -> None:
        """Show what the store knows: the same in every replica."""
        states = await self._manager.engine.read(audit_chain.states)
        counts = await self._manager.engine.read(audit_chain.open_counts)
        for kind in {one.kind for one in states}:
            self._telemetry.begin_chain(kind, Kind)
            mine = [one for one in states if one.kind == kind]
            for how in Kind:
                number = sum(counts.get((one.source, how), 0) for one in mine)
                self._telemetry.chain_breaks.labels(kind, how).set(number)
            # of several logs of a kind, the one that is furthest behind
            times = [one.verified_at.timestamp() if one.verified_at else 0.0 for one in mine]
            self._telemetry.chain_verified_at.labels(kind).set(min(times))


def _read(url: str, all_known: Mapping[str, Known], rules: Rules, now: datetime) -> list[Done]:
    with logs(url) as found:
        return [turn(one, all_known.get(one.name, NOTHING_KNOWN), rules, now) for one in found]
