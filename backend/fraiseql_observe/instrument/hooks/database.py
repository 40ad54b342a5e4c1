"""The application's psycopg pools: waiting, transactions, statements, and what mutations report."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection, AsyncCursor

from fraiseql_observe.instrument import families
from fraiseql_observe.instrument.event import mutation_row
from fraiseql_observe.instrument.record import current
from fraiseql_observe.instrument.statement import describe

if TYPE_CHECKING:
    from fraiseql_observe.instrument.runtime import Instrument

POOL, CURSOR = "pool", "cursor"


def observe(pool: Any, instrument: Instrument) -> bool:
    """Wrap this pool object, once. The class stays as it is: other pools are not ours to watch."""
    if getattr(pool, "_fraiseql_observe", None) is instrument:
        return True
    if not hasattr(pool, "getconn") or not hasattr(pool, "get_stats"):
        return False
    original = getattr(pool.getconn, "__wrapped__", pool.getconn)
    pool.getconn = _getconn(original, instrument)
    pool._fraiseql_observe = instrument  # noqa: SLF001
    instrument.sampler.pools[id(pool)] = pool
    return True


def _getconn(original: Any, instrument: Instrument) -> Any:
    metrics = instrument.metrics
    cursor_class = cursor_factory(instrument)

    async def getconn(timeout: float | None = None) -> Any:  # noqa: ASYNC109  (psycopg's own signature)
        started = time.perf_counter()
        try:
            connection = await original(timeout)
        except Exception as error:
            if type(error).__name__ in {"PoolTimeout", "TooManyRequests"}:
                metrics.inc(families.POOL_TIMEOUTS)
            raise
        metrics.observe(families.POOL_WAIT, time.perf_counter() - started)
        if getattr(connection, "_fraiseql_observe", None) is not instrument:
            _observe_connection(connection, instrument, cursor_class)
        connection._fraiseql_since = 0.0  # noqa: SLF001
        return connection

    getconn.__wrapped__ = original  # type: ignore[attr-defined]
    return getconn


def _observe_connection(connection: Any, instrument: Instrument, cursor_class: type[AsyncCursor[Any]]) -> None:
    """A pooled connection lives long: it is wrapped the first time the pool hands it out."""
    try:
        connection._fraiseql_observe = instrument  # noqa: SLF001
        if connection.cursor_factory is AsyncCursor:  # an application's own class must keep its behaviour
            connection.cursor_factory = cursor_class
        connection.commit = _ending(connection, AsyncConnection.commit, "commit", instrument)
        connection.rollback = _ending(connection, AsyncConnection.rollback, "rollback", instrument)
    except Exception:  # noqa: BLE001
        instrument.fault(POOL)


def _ending(connection: Any, end: Any, outcome: str, instrument: Instrument) -> Any:
    """`commit` or `rollback` of one connection, timed from the transaction's first statement."""

    async def ended() -> None:
        await end(connection)
        since = connection._fraiseql_since  # noqa: SLF001
        if since:
            connection._fraiseql_since = 0.0  # noqa: SLF001
            instrument.metrics.observe(families.TRANSACTION_DURATION, time.perf_counter() - since, outcome)

    return ended


def cursor_factory(instrument: Instrument) -> type[AsyncCursor[Any]]:
    """A cursor that times its statements and notes what mutation functions return."""
    metrics, tables, slow = instrument.metrics, instrument.tables, instrument.settings.slow_query_seconds
    run: Any = AsyncCursor.execute

    class ObservedCursor(AsyncCursor[Any]):
        _fraiseql_function = False

        async def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            try:
                statement = describe(query)
            except Exception:  # noqa: BLE001
                instrument.fault(CURSOR)
                statement = None
            if statement is None:
                return await run(self, query, params, **options)
            connection: Any = self._conn
            started = time.perf_counter()
            if not getattr(connection, "_fraiseql_since", 0.0):
                connection._fraiseql_since = started  # noqa: SLF001
            kind, table = statement
            self._fraiseql_function = kind == "function"
            try:
                return await run(self, query, params, **options)
            finally:
                elapsed = time.perf_counter() - started
                metrics.inc(families.DB_QUERIES, kind, tables.admit(table or "none"))
                metrics.observe(families.DB_QUERY_DURATION, elapsed, kind)
                if elapsed > slow:
                    metrics.inc(families.SLOW_QUERIES, kind)

        async def fetchone(self) -> Any:
            row = await super().fetchone()
            if self._fraiseql_function and row is not None:
                _note(row)
            return row

    return ObservedCursor


def _note(row: Any) -> None:
    record = current()
    if record is None:
        return
    try:
        if (reported := mutation_row(row)) is not None:
            record.report(reported)
    except Exception:  # noqa: BLE001
        record.instrument.fault(CURSOR)
