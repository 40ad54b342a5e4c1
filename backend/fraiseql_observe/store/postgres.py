"""The engine for many replicas: PostgreSQL, a few threads with a connection each.

Webhooks are appended by one thread that commits them in groups (`groupcommit`); work runs in a pool of threads, is
repeated when it lost to another transaction, and wakes the other replicas with NOTIFY.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors

from fraiseql_observe.errors import ObserveError, OverloadError, StoreError
from fraiseql_observe.store import migrations
from fraiseql_observe.store.groupcommit import GroupCommit
from fraiseql_observe.store.postgres_listen import CHANNEL, Listener
from fraiseql_observe.store.postgres_session import SCHEMA, Connection, Server, Session, explain
from fraiseql_observe.store.statement import for_postgres
from fraiseql_observe.store.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction
    from fraiseql_observe.store.groupcommit import Job

T = TypeVar("T")

WORDS = {"serial": "bigint generated always as identity primary key", "key": 'text collate "C"'}
WRITERS, READERS = 4, 2
WAITING = 1000  # pieces of work, and as many reads
TRIES = 6
WATCH = 0.5  # seconds between looks after sessions that hang
_LOST = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
_LOCK = "select pg_advisory_xact_lock(hashtextextended('fraiseql-observe ' || :name, 0))"
_NO_FLUSH = "set local synchronous_commit = off"
_NOTIFY = f"select pg_notify('{CHANNEL}', :payload)"
_MIGRATION = "set local statement_timeout = '15min'; set local lock_timeout = '5min'"
_SCHEMA_THERE = "select 1 as there from pg_namespace where nspname = :name"


class PostgresTransaction:
    """What a piece of work sees of its connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.topics: dict[str, None] = {}

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return self._connection.execute(for_postgres(statement), parameters or {}).fetchall()

    def execute(self, statement: str, parameters: Mapping[str, Any] | None = None) -> int:
        return max(self._connection.execute(for_postgres(statement), parameters or {}).rowcount, 0)

    def many(self, statement: str, parameters: Sequence[Mapping[str, Any]]) -> None:
        if parameters:
            self._connection.cursor().executemany(for_postgres(statement), parameters)

    def lock(self, name: str) -> None:
        self.execute(_LOCK, {"name": name})

    def wake(self, topic: str) -> None:
        self.topics[topic] = None


class PostgresEngine:
    """An open store on PostgreSQL; see `Engine` for what its methods promise."""

    skip_locked = "for update skip locked"

    def __init__(self, server: Server) -> None:
        self._server = server
        self._id = secrets.token_hex(8)
        self._topics = Topics()
        self._sessions: list[Session] = []
        self._local = threading.local()
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._waiting = dict.fromkeys((self._writers, self._readers), 0)
        self._appender = GroupCommit("store-appender", self._commit, self._topics)
        self._listener = Listener(server, self._topics, self._id)
        self._closed = False
        self._timer = self._watch()

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        result, topics = await self._in(self._writers, lambda: self._write(work, durable=durable))
        self._topics.wake(topics)
        return result

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._in(self._readers, lambda: self._read(work))

    async def append(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        await self._appender.append(statement, rows)

    def listen(self, topic: str, listener: Callable[[], None]) -> Callable[[], None]:
        return self._topics.listen(topic, listener)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._appender.close()
        await asyncio.to_thread(self._let_go)
        self._timer.cancel()

    def _let_go(self) -> None:
        self._writers.shutdown()
        self._readers.shutdown()
        self._listener.close()
        for session in self._sessions:
            session.close()

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreError("The store is closed.")
        if self._waiting[pool] >= WAITING:
            raise OverloadError(
                f"{WAITING} pieces of work wait for the store already.", hint="Come again in a few seconds."
            )
        self._waiting[pool] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        finally:
            self._waiting[pool] -= 1

    def _session(self, *, read_only: bool) -> Session:
        """Give this thread's session."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = Session(self._server, read_only=read_only)
            self._sessions.append(session)
        return session

    def _watch(self) -> asyncio.TimerHandle:
        """Look after whoever hangs, again and again: here, because every thread may be one of them."""
        now = time.monotonic()
        for session in tuple(self._sessions):
            session.cut_if_hanging(now)
        self._listener.cut_if_hanging(now)
        self._timer = asyncio.get_running_loop().call_later(WATCH, self._watch)
        return self._timer

    def _run(self, work: Callable[[Connection], T], *, read_only: bool = False) -> T:
        """Run a transaction, again when it lost to another, or when its connection had broken before it."""
        tried = 0
        while True:
            tried += 1
            session = self._session(read_only=read_only)
            reused = session.is_open
            try:
                return session.run(work)
            except _LOST as error:
                if tried == TRIES:
                    raise explain(error, self._server) from error
            except psycopg.OperationalError as error:
                if not reused or session.is_open:
                    raise explain(error, self._server) from error
            except psycopg.Error as error:
                raise explain(error, self._server) from error
            time.sleep(random.uniform(0.001, 0.02) * tried)  # noqa: S311 - so that two do not meet again

    def _write(self, work: Callable[[Transaction], T], *, durable: bool) -> tuple[T, tuple[str, ...]]:
        def transaction(connection: Connection) -> tuple[T, tuple[str, ...]]:
            tx = PostgresTransaction(connection)
            if not durable:
                tx.execute(_NO_FLUSH)
            result = work(tx)
            topics = tuple(tx.topics)
            for topic in topics:
                tx.execute(_NOTIFY, {"payload": f"{self._id} {topic}"})
            self._end(connection)
            return result, topics

        return self._run(transaction)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        return self._run(lambda connection: work(PostgresTransaction(connection)), read_only=True)

    def _end(self, connection: Connection) -> None:
        try:
            connection.commit()
        except psycopg.OperationalError as error:
            if not connection.closed:
                raise
            raise StoreError(
                f"The connection to PostgreSQL at {self._server.name} broke in a commit: nobody knows its outcome.",
                hint="Whoever sent it sends it again; the same twice does no harm.",
            ) from error

    def _commit(self, jobs: Sequence[Job]) -> int:
        """Append the rows of the jobs in one transaction; when a row is at fault, each job in its own."""
        try:
            self._run(lambda connection: self._append(connection, jobs))
        except Exception as error:  # noqa: BLE001 - a row of the wrong shape fails its job, not the thread
            if len(jobs) > 1 and _row_at_fault(error):
                for job in jobs:
                    self._commit([job])
                return len(jobs)
            for job in jobs:
                job.error = error
        return len(jobs)

    def _append(self, connection: Connection, jobs: Sequence[Job]) -> None:
        tx = PostgresTransaction(connection)
        for statement, group in groupby(jobs, key=lambda job: job.statement):
            tx.many(statement, [row for job in group for row in job.rows])
        self._end(connection)


def _row_at_fault(error: Exception) -> bool:
    """Whether a row broke it, and not the server or the connection."""
    cause = error.__cause__ if isinstance(error, ObserveError) else error
    return not isinstance(cause, psycopg.Error) or isinstance(
        cause, psycopg.DataError | psycopg.IntegrityError | psycopg.ProgrammingError
    )


async def open_postgres(url: str, clock: Callable[[], datetime]) -> PostgresEngine:
    """Bring the schema up to date and start the engine.

    Raises:
        ConfigError: the URL is malformed.
        StoreError: the server cannot be reached, refuses, or its schema is newer than this program.
    """
    server = Server(url)
    await asyncio.to_thread(_migrate, server, clock())
    return PostgresEngine(server)


def _migrate(server: Server, now: datetime) -> None:
    connection = server.connect()
    try:
        connection.execute(_MIGRATION)
        tx = PostgresTransaction(connection)
        tx.lock("migrations")
        if not tx.rows(_SCHEMA_THERE, {"name": SCHEMA}):
            tx.execute(f"create schema {SCHEMA}")
        migrations.migrate(tx, WORDS, now)
        connection.commit()
    except psycopg.Error as error:
        raise explain(error, server) from error
    finally:
        connection.close()
