"""Ask PostgreSQL one question: as the reader role, in a READ ONLY transaction, through a cursor, within limits.

Each of these is a wall by itself; docs/adr/0016-four-walls.md says what each one stops.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from fraiseql_observe.audit import answer
from fraiseql_observe.audit.facts import READER
from fraiseql_observe.errors import AskError, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from fraiseql_observe.audit.answer import Value
    from fraiseql_observe.audit.question import Question

    _Answered = Callable[
        [psycopg.AsyncConnection[Any], Question, Mapping[str, Any]], Awaitable[tuple[list[tuple[Value, ...]], bool]]
    ]

CURSOR = "question"
FETCH = 1000  # rows at a time
# What a transaction is told first, in one statement. The role comes first, so that the rest is set as the reader.
# Neither compiled nor parallel: plans look dear for what they rarely run, and getting ready would take longest of all.
_SETTINGS = """
select set_config('role', %(role)s, true),
       set_config('fraiseql.tenant_id', %(tenants)s, true),
       set_config('statement_timeout', %(statement)s, true),
       set_config('lock_timeout', %(lock)s, true),
       set_config('idle_in_transaction_session_timeout', %(idle)s, true),
       set_config('search_path', 'fraiseql_observe', true),
       set_config('timezone', 'UTC', true),
       set_config('cursor_tuple_fraction', '1.0', true),
       set_config('jit', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true)
"""
_TENANTS = "select coalesce(array_agg(tenant_id), '{}') from fraiseql_observe.tenants"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one question: its time, what it waits for a lock, its rows and their size as JSON; and of all: connections.

    `tenants` is how long a list of all tenants is believed.
    """

    statement: timedelta = timedelta(seconds=10)
    lock: timedelta = timedelta(seconds=1)
    rows: int = 10_000
    size: int = 16 * 1024 * 1024
    connections: int = 8
    acquire: timedelta = timedelta(seconds=3)
    tenants: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Found:
    """What PostgreSQL answered; `truncated` when it had more."""

    rows: list[tuple[Value, ...]]
    truncated: bool
    seconds: float


class Reader:
    """A pool of connections to the audit database.

    Args:
        url: of a user who is the reader role, or a member of it.
        limits: of every question.
        role: the role that is taken for the time of a transaction.
    """

    def __init__(self, url: str, limits: Limits, *, role: str = READER) -> None:
        self._limits = limits
        self._role = role
        # Who asks for all tenants sees everybody's: the list is nobody's secret among them.
        self._every_tenant: tuple[list[str], float] = [], 0.0
        self._pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            make_conninfo(url, connect_timeout=3, application_name="fraiseql-observe audit", tcp_user_timeout=20_000),
            kwargs={"autocommit": True, "prepare_threshold": None},
            min_size=0,
            max_size=limits.connections,
            timeout=limits.acquire.total_seconds(),
            reconnect_timeout=5,
            max_idle=60,
            open=False,
            configure=_configure,
            check=AsyncConnectionPool.check_connection,
            reset=_forget,
        )

    async def open(self) -> None:
        """Begin; connections are made when they are needed, so that a database that is down stops nobody."""
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close(timeout=2)

    async def ask(
        self, question: Question, values: Mapping[str, Any], tenants: str, limit: timedelta | None = None
    ) -> Found:
        """Ask within the transaction's walls; `tenants` is the setting, empty for all; `limit` may shorten the time.

        Raises:
            AskError: 503 the database cannot be reached, 504 it took too long, 500 it refused the statement.
        """
        statement = min(limit or self._limits.statement, self._limits.statement)
        began = time.perf_counter()
        with _Told(f"The question {question.name}", statement):
            # The statement's own limit counts for each fetch: this one counts for all of them.
            async with asyncio.timeout(self._limits.acquire.total_seconds() + statement.total_seconds() + 1):
                async with self._transaction(tenants, statement) as connection:
                    rows, truncated = await self._answered(connection, question, values)
        return Found(rows, truncated, time.perf_counter() - began)

    @asynccontextmanager
    async def snapshot(self, tenants: str) -> AsyncIterator[Snapshot]:
        """Several questions of one moment: none sees what is written after the first.

        Raises:
            AskError: as `ask`.
        """
        with _Told("The transaction of the questions", self._limits.statement):
            transaction = self._transaction(tenants, self._limits.statement, psycopg.IsolationLevel.REPEATABLE_READ)
            async with transaction as connection:
                yield Snapshot(connection, self._limits.statement, self._answered)

    async def _answered(
        self, connection: psycopg.AsyncConnection[Any], question: Question, values: Mapping[str, Any]
    ) -> tuple[list[tuple[Value, ...]], bool]:
        return await self._rows(connection, question, question.arguments(**await self._bound(connection, values)))

    async def _bound(self, connection: psycopg.AsyncConnection[Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """The values, with the names of all tenants where all are asked for."""
        if values.get("tenants", ()) is not None:
            return dict(values)
        tenants, until = self._every_tenant
        if time.monotonic() >= until:
            tenants = await _all_tenants(connection)
            self._every_tenant = tenants, time.monotonic() + self._limits.tenants.total_seconds()
        return {**values, "tenants": tenants}

    async def explain(self, question: Question, values: Mapping[str, Any], tenants: str, *, analyze: bool) -> list[str]:
        """The plan of a question, as PostgreSQL writes it.

        Raises:
            AskError: as `ask`.
        """
        options = "analyze, buffers, costs" if analyze else "costs"
        with _Told(f"The question {question.name}", self._limits.statement):
            async with self._transaction(tenants, self._limits.statement) as connection:
                bound = await self._bound(connection, values)
                text = f"explain ({options}) {question.bound_sql}"
                cursor = await connection.execute(text.encode(), question.arguments(**bound), prepare=True)
                return [line for (line,) in await cursor.fetchall()]

    @asynccontextmanager
    async def _transaction(
        self, tenants: str, statement: timedelta, isolation: psycopg.IsolationLevel | None = None
    ) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with self._pool.connection() as connection:
            await connection.set_isolation_level(isolation)
            async with self._read_only(connection):
                await connection.execute(_SETTINGS, self._settings(tenants, statement))
                yield connection

    def _settings(self, tenants: str, statement: timedelta) -> dict[str, str]:
        return {
            "role": self._role,
            "tenants": tenants,
            "statement": _milliseconds(statement),
            "lock": _milliseconds(self._limits.lock),
            "idle": _milliseconds(statement + timedelta(seconds=5)),
        }

    @asynccontextmanager
    async def _read_only(self, connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
        await connection.set_read_only(True)
        async with connection.transaction(force_rollback=True):
            yield

    async def _rows(
        self, connection: psycopg.AsyncConnection[Any], question: Question, arguments: Mapping[str, Any]
    ) -> tuple[list[tuple[Value, ...]], bool]:
        """Through a cursor on the server: DECLARE takes one SELECT, and rows beyond the limit are never made."""
        rows: list[tuple[Value, ...]] = []
        size = 0
        async with connection.cursor(name=CURSOR) as cursor:
            await cursor.execute(question.bound_sql.encode(), arguments)
            _check_columns(question, cursor)
            while fetched := await cursor.fetchmany(min(FETCH, self._limits.rows + 1 - len(rows))):
                made = [answer.row(values, question.columns) for values in fetched]
                size += sum(len(value) if isinstance(value, str) else 8 for row in made for value in row)
                if size > self._limits.size:
                    return rows, True
                rows += made
                if len(rows) > self._limits.rows:
                    return rows[: self._limits.rows], True
        return rows, False


class Snapshot:
    """One transaction in which several questions are asked; one that fails leaves it fit for the next."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], limit: timedelta, answer: _Answered) -> None:
        self._connection, self._limit, self._answer = connection, limit, answer

    async def ask(self, question: Question, values: Mapping[str, Any]) -> Found:
        """Ask within the walls of the transaction.

        Raises:
            AskError: as `Reader.ask`.
        """
        began = time.perf_counter()
        with _Told(f"The question {question.name}", self._limit):
            async with asyncio.timeout(self._limit.total_seconds() + 1), self._connection.transaction():
                rows, truncated = await self._answer(self._connection, question, values)
        return Found(rows, truncated, time.perf_counter() - began)


async def _configure(connection: psycopg.AsyncConnection[Any]) -> None:
    for kind, loader in (("timestamptz", _Timestamptz), ("timestamp", _Timestamp), ("date", _Date)):
        connection.adapters.register_loader(kind, loader)


async def _forget(connection: psycopg.AsyncConnection[Any]) -> None:
    """Nothing of one question is left for the next: no setting, no lock, no prepared statement, no temporary table."""
    await connection.execute("discard all")


async def _all_tenants(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    cursor = await connection.execute(_TENANTS)
    row = await cursor.fetchone()
    return list(row[0]) if row else []


def _check_columns(question: Question, cursor: psycopg.AsyncServerCursor[Any]) -> None:
    found = [column.name for column in cursor.description or ()]
    declared = [column.name for column in question.columns]
    if found != declared:
        raise AskError(
            f"The question {question.name} answers with the columns {', '.join(found)[:300]}, "
            f"and declares {', '.join(declared)}.",
            status=500,
            outcome=Outcome.FAILED,
            hint="make `columns:` of its file say what the statement selects, in that order",
        )


class _Told:
    """Turns what goes wrong into an AskError, without what PostgreSQL says of data or of the connection."""

    def __init__(self, subject: str, limit: timedelta) -> None:
        self._subject, self._limit = subject, limit

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, psycopg.errors.QueryCanceled | TimeoutError):
            raise self._error(f"takes longer than {self._limit.total_seconds():g} s", 504, Outcome.TIMEOUT) from None
        if isinstance(error, PoolTimeout | PoolClosed | TooManyRequests | OSError) or _is_down(error):
            raise AskError("The audit database cannot be reached.", status=503, outcome=Outcome.UNAVAILABLE) from None
        if isinstance(error, psycopg.errors.LockNotAvailable):
            raise self._error("waits for a lock", 503, Outcome.UNAVAILABLE) from None
        if isinstance(error, psycopg.Error):
            said = type(error).__name__ if error.sqlstate is None else f"{type(error).__name__}, {error.sqlstate}"
            raise self._error(f"was refused by PostgreSQL ({said})", 500, Outcome.FAILED) from error

    def _error(self, what: str, status: int, outcome: Outcome) -> AskError:
        return AskError(f"{self._subject} {what}.", status=status, outcome=outcome)


def _is_down(error: BaseException | None) -> bool:
    """Connection lost, server ending or full; not what a statement itself did wrong."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    state = error.sqlstate or "08000"
    return state.startswith(("08", "57P", "53"))


def _milliseconds(span: timedelta) -> str:
    return str(max(1, round(span / timedelta(milliseconds=1))))


class _Timestamptz(TimestamptzLoader):
    """Python knows no infinity and no year 10000: they are nothing here."""

    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return None


class _Timestamp(TimestampLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return None


class _Date(DateLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return None
