"""The access log of the audit log: every question that came in over HTTP, written to the store beside the answers.

Entries wait in memory for at most a second; a crash loses those, and when the store cannot take them the oldest are
dropped and counted. No answer waits for its entry.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from fraiseql_observe.errors import ObserveError
from fraiseql_observe.store import audit_access

if TYPE_CHECKING:
    from fraiseql_observe.store.audit_access import Access
    from fraiseql_observe.store.engine import Engine
    from fraiseql_observe.telemetry import Telemetry

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds
MOST_WAITING = 10_000
BATCH = 500
PRUNE_AFTER = 1000  # entries


class AccessLog:
    """Takes entries and writes them; keeps the newest `most`."""

    def __init__(self, engine: Engine, telemetry: Telemetry, most: int) -> None:
        self._engine, self._telemetry, self._most = engine, telemetry, most
        self._entries: deque[Access] = deque()
        self._since_pruned = PRUNE_AFTER

    def note(self, entry: Access) -> None:
        """Take an entry; returns at once."""
        if len(self._entries) >= MOST_WAITING:
            self._entries.popleft()
            self._telemetry.audit_access_dropped.inc()
        self._entries.append(entry)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; what the store does not take waits on."""
        while self._entries:
            batch = [self._entries.popleft() for _ in range(min(BATCH, len(self._entries)))]
            try:
                await self._engine.append(audit_access.INSERT, [audit_access.row(entry) for entry in batch])
            except ObserveError as error:
                log.warning("Who asked the audit log could not be written: %s", error.message)
                self._entries.extendleft(reversed(batch))
                return
            self._since_pruned += len(batch)
        if self._since_pruned >= PRUNE_AFTER:
            await self._prune()

    async def _prune(self) -> None:
        try:
            await self._engine.write(lambda tx: audit_access.prune(tx, self._most))
            self._since_pruned = 0
        except ObserveError as error:
            log.warning("Old entries of who asked the audit log could not be removed: %s", error.message)
