"""Writes audit rows in batches, off the request path, and loses none without counting it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

from fraiseql_observe.instrument import families

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fraiseql_observe.instrument.event import AuditEvent
    from fraiseql_observe.instrument.metrics import Metrics
    from fraiseql_observe.instrument.settings import Settings

logger = logging.getLogger("fraiseql_observe.instrument")

# Columns and types of `fraiseql_observe.audit_event`, in the order of `AuditEvent`.
COLUMNS: Final = {
    "event_id": "uuid", "occurred_at": "timestamptz", "tenant_id": "text", "user_id": "text", "roles": "text[]",
    "request_id": "text", "ip_address": "inet", "endpoint": "text", "operation_type": "text", "operation_name": "text",
    "event_type": "text", "category": "text", "entity": "text", "entity_id": "text", "outcome": "text",
    "error_type": "text", "error_code": "text", "severity": "text", "error_fingerprint": "text",
    "error_message": "text", "duration_ms": "double precision", "complexity": "integer", "depth": "integer",
    "mode": "text",
}  # fmt: skip


def _value(position: int, kind: str) -> str:
    if kind == "timestamptz":
        return f"to_timestamp((e->>{position})::double precision)"
    if kind == "text[]":
        elements = f"array(select jsonb_array_elements_text(e->{position}))"
        return f"case when jsonb_typeof(e->{position}) = 'array' then {elements} end"
    return f"(e->>{position})::{kind}"


# A whole batch is one parameter: PostgreSQL unpacks it, which spares the application binding each value.
# Rows of a batch that was committed without our hearing of it are sent again and must not count twice.
INSERT: Final = f"""
with inserted as (
    insert into fraiseql_observe.audit_event ({", ".join(COLUMNS)})
    select {", ".join(_value(position, kind) for position, kind in enumerate(COLUMNS.values()))}
    from jsonb_array_elements(%s::jsonb) as e
    on conflict do nothing
    returning occurred_at, error_fingerprint, error_type, severity, error_code, operation_name, error_message
)
insert into fraiseql_observe.error_group as known
    (fingerprint, error_type, severity, error_code, operation_name, message, first_seen, last_seen, occurrences)
select error_fingerprint, max(error_type), max(severity), max(error_code), max(operation_name), max(error_message),
       min(occurred_at), max(occurred_at), count(*)
from inserted
where error_fingerprint is not null
group by error_fingerprint
order by error_fingerprint
on conflict (fingerprint) do update set
    last_seen = greatest(known.last_seen, excluded.last_seen),
    first_seen = least(known.first_seen, excluded.first_seen),
    occurrences = known.occurrences + excluded.occurrences,
    severity = excluded.severity,
    message = excluded.message,
    status = case when known.status = 'resolved' and excluded.last_seen > known.resolved_at
                  then 'regressed' else known.status end
"""  # noqa: S608  (built from the constants above)

DROP_REASONS: Final = ("overflow", "wait_timeout", "rejected", "shutdown")

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 15
_MAX_PAUSE = 5.0
# A row that PostgreSQL, or the way to it, refuses for what it holds; anything else may succeed later.
_REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded, ValueError, TypeError)


class AuditWriter:
    """A bounded queue and the one task that empties it.

    A row stays in the queue until PostgreSQL has committed it, so that a broken connection loses nothing: the batch is
    sent again. What does not fit is dropped and counted, or waited for, as `on_overflow` says.
    """

    def __init__(
        self, settings: Settings, metrics: Metrics, database_url: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._database_url = database_url
        self._clock = clock
        self._queue: deque[AuditEvent] = deque()
        self._connection: psycopg.AsyncConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._closing = False
        self._complained = False

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def full(self) -> bool:
        return len(self._queue) >= self._settings.queue_size

    @property
    def lag(self) -> float:
        """Age in seconds of the oldest row that is not committed; 0 when there is none."""
        return max(0.0, self._clock() - self._queue[0].occurred_at) if self._queue else 0.0

    def put(self, event: AuditEvent) -> None:
        """Queue a row; without room it is dropped and counted."""
        if self.full:
            self.drop(1, "overflow")
            return
        self._queue.append(event)
        if len(self._queue) >= self._settings.batch_size:
            self._wake.set()

    async def put_waiting(self, event: AuditEvent) -> None:
        """Queue a row, waiting for room as long as the settings allow."""
        if self.full:
            self._wake.set()
            try:
                async with asyncio.timeout(self._settings.overflow_timeout_seconds):
                    while self.full:
                        self._room.clear()
                        await self._room.wait()
            except TimeoutError:
                self.drop(1, "wait_timeout")
                return
            except asyncio.CancelledError:
                self.put(event)  # the operation was done, even if nobody waits for its answer any more
                raise
        self.put(event)

    def drop(self, rows: int, reason: str) -> None:
        self._metrics.inc(families.AUDIT_DROPPED, reason, amount=rows)

    def report(self) -> None:
        """Bring the gauges up to date."""
        self._metrics.set(families.AUDIT_QUEUE, len(self._queue))
        self._metrics.set(families.AUDIT_LAG, self.lag)

    def start(self) -> None:
        self._wake, self._room, self._closing = asyncio.Event(), asyncio.Event(), False
        self._task = asyncio.create_task(self._run(), name="fraiseql_observe.audit")

    async def stop(self) -> None:
        """Write what is left within `shutdown_seconds`; count the rest as dropped."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=self._settings.shutdown_seconds)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._disconnect()
        if self._queue:
            logger.warning("%d audit rows could not be written before the application stopped.", len(self._queue))
            self.drop(len(self._queue), "shutdown")
            self._queue.clear()
        self.report()

    async def _run(self) -> None:
        pause = 0.0
        while not (self._closing and not self._queue):
            await self._pause(pause or self._settings.flush_seconds)
            try:
                while self._queue:
                    await self._write(list(islice(self._queue, self._settings.batch_size)))
                    self.report()
                pause = 0.0
            except (psycopg.Error, OSError, TimeoutError) as error:
                pause = min(max(pause * 2, 0.1), _MAX_PAUSE)
                await self._failed(error)
            self.report()

    async def _pause(self, seconds: float) -> None:
        """Wait for the time to pass; a full batch or the end of the application cut it short."""
        if not self._closing or seconds != self._settings.flush_seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    async def _failed(self, error: Exception) -> None:
        await self._disconnect()
        if not self._complained:
            self._complained = True
            hint = " Run `fraiseql-observe setup audit`." if isinstance(error, psycopg.errors.UndefinedTable) else ""
            logger.warning(
                "Audit rows cannot be written (%s); they are kept and tried again.%s", type(error).__name__, hint
            )

    async def _write(self, batch: Sequence[AuditEvent]) -> None:
        """Commit a batch, without the rows that PostgreSQL refuses, and take it off the queue."""
        try:
            await self._send(batch)
        except _REFUSED:
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._write(batch[:middle])
                await self._write(batch[middle:])
                return
            logger.warning("PostgreSQL refused an audit row.", exc_info=True)
            self.drop(1, "rejected")
            batch_written: Sequence[AuditEvent] = ()
        else:
            batch_written = batch
        for _ in batch:
            self._queue.popleft()
        self._room.set()
        self._complained = False
        for kind, count in Counter(event.event_type for event in batch_written).items():
            self._metrics.inc(families.AUDIT_EVENTS, kind, amount=count)

    async def _send(self, batch: Sequence[AuditEvent]) -> None:
        payload = json.dumps(batch, ensure_ascii=False, separators=(",", ":"))
        async with asyncio.timeout(_STATEMENT_SECONDS):
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._database_url,
                    autocommit=True,
                    connect_timeout=_CONNECT_SECONDS,
                    application_name="fraiseql-observe audit",
                )
            await self._connection.execute(sql.SQL(INSERT), (payload,))

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()
