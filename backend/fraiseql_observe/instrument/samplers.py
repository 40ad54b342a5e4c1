"""What no event tells: pools, cache sizes and health, looked at every few seconds by each worker."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from fraiseql_observe.instrument import families

if TYPE_CHECKING:
    from fraiseql_observe.instrument.runtime import Instrument

_CONNECT_SECONDS = 3
_CHECK_SECONDS = 5.0
_CACHE_EVERY_SECONDS = 30.0

# `reltuples` may be stale; a cache table is small enough to be counted now and then.
_CACHE_STATISTICS = "select count(*), pg_total_relation_size({name}::regclass) from {table} where expires_at > now()"


class Sampler:
    """Samples on a connection of its own, because an exhausted pool must not look like a dead database.

    Attributes:
        cache_tables: tables of the `PostgresCache` objects seen so far.
        document_stores: stores of persisted documents seen so far.
    """

    def __init__(self, instrument: Instrument, database_url: str) -> None:
        self._instrument = instrument
        self._database_url = database_url
        self._connection: psycopg.AsyncConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._caches_sampled = float("-inf")
        self.pools: dict[int, Any] = {}
        self.cache_tables: set[str] = set()
        self.document_stores: dict[int, Any] = {}

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="fraiseql_observe.sampler")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._disconnect()

    async def _run(self) -> None:
        while True:
            try:
                self.sample_pools()
                self._instrument.writer.report()
                await self._sample_health()
                await self._sample_caches()
            except Exception:  # noqa: BLE001  (the sampler must outlive whatever it looks at)
                self._instrument.fault("sampler")
            await asyncio.sleep(self._instrument.settings.sample_seconds)

    def sample_pools(self) -> None:
        """Sum the statistics of all pools; psycopg leaves out a key that is still zero."""
        statistics = [pool.get_stats() for pool in self.pools.values()]
        if not statistics:
            return
        size, idle, most, waiting = (
            sum(found.get(key, 0) for found in statistics)
            for key in ("pool_size", "pool_available", "pool_max", "requests_waiting")
        )
        metrics = self._instrument.metrics
        metrics.set(families.CONNECTIONS_ACTIVE, max(0, size - idle))
        metrics.set(families.CONNECTIONS_IDLE, idle)
        metrics.set(families.CONNECTIONS_TOTAL, size)
        metrics.set(families.POOL_MAX, most)
        metrics.set(families.POOL_WAITING, waiting)

    async def _sample_health(self) -> None:
        schema = getattr(self._instrument.app.state, "graphql_schema", None)
        self._instrument.metrics.set(families.HEALTH_CHECK, int(schema is not None), "schema")
        self._instrument.metrics.set(families.HEALTH_CHECK, int(await self._database_answers()), "database")

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await (await self._connected()).execute("select 1")
        except (psycopg.Error, OSError, TimeoutError):
            await self._disconnect()
            return False
        return True

    async def _sample_caches(self) -> None:
        if time.monotonic() - self._caches_sampled < _CACHE_EVERY_SECONDS:
            return
        if self.document_stores:
            statistics = [store.get_storage_stats() for store in list(self.document_stores.values())]
            self._set_cache("query", "stored_queries", "total_query_size_bytes", statistics)
        if self.cache_tables and self._connection is not None:
            entries, size = 0, 0
            for table in sorted(self.cache_tables):
                found = await self._table_statistics(table)
                entries, size = entries + found[0], size + found[1]
            self._instrument.metrics.set(families.CACHE_ENTRIES, entries, "result")
            self._instrument.metrics.set(families.CACHE_SIZE, size, "result")
        if self.document_stores or self.cache_tables:
            self._caches_sampled = time.monotonic()

    def _set_cache(self, cache_type: str, entries: str, size: str, statistics: list[dict[str, int]]) -> None:
        metrics = self._instrument.metrics
        metrics.set(families.CACHE_ENTRIES, sum(found.get(entries, 0) for found in statistics), cache_type)
        metrics.set(families.CACHE_SIZE, sum(found.get(size, 0) for found in statistics), cache_type)

    async def _table_statistics(self, table: str) -> tuple[int, int]:
        name = sql.Identifier(*table.split("."))
        query = sql.SQL(_CACHE_STATISTICS).format(name=sql.Literal(table), table=name)
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                row = await (await (await self._connected()).execute(query)).fetchone()
        except (psycopg.Error, OSError, TimeoutError):
            return 0, 0
        return (row[0], row[1]) if row else (0, 0)

    async def _connected(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._database_url,
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                application_name="fraiseql-observe sampler",
            )
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()
