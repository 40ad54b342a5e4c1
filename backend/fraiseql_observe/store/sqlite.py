"""The embedded engine: one SQLite file, one thread that writes, two that read.

All writing goes through group commit (`groupcommit`). In a batch each piece of work has its savepoint, so that one
that fails takes no other with it. Readers see the last commit and never wait (WAL).
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from fraiseql_observe.errors import OverloadError, StoreError
from fraiseql_observe.store import migrations
from fraiseql_observe.store.groupcommit import GroupCommit
from fraiseql_observe.store.sqlite_file import Lock, connect, explain, gone, identity, names
from fraiseql_observe.store.statement import for_sqlite
from fraiseql_observe.store.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from fraiseql_observe.errors import ObserveError
    from fraiseql_observe.store.engine import Transaction
    from fraiseql_observe.store.groupcommit import Job

T = TypeVar("T")

WORDS = {"serial": "integer primary key", "key": "text"}
READERS = 2
READS = 1000  # that may wait
LONG = 0.01  # seconds after which work is committed before the next piece of it


class SqliteTransaction:
    """What a piece of work sees of the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.topics: list[str] = []

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        cursor = self._run(statement, parameters)
        columns = names(cursor)
        return [dict(zip(columns, row, strict=True)) for row in cursor]

    def execute(self, statement: str, parameters: Mapping[str, Any] | None = None) -> int:
        cursor = self._run(statement, parameters)
        cursor.fetchall()
        return max(cursor.rowcount, 0)

    def many(self, statement: str, parameters: Sequence[Mapping[str, Any]]) -> None:
        prepared = for_sqlite(statement)
        self._connection.executemany(prepared.text, [prepared.bind(each) for each in parameters])

    def lock(self, name: str) -> None:
        """Nothing to do: there is one writer."""

    def wake(self, topic: str) -> None:
        self.topics.append(topic)

    def _run(self, statement: str, parameters: Mapping[str, Any] | None) -> sqlite3.Cursor:
        prepared = for_sqlite(statement)
        return self._connection.execute(prepared.text, prepared.bind(parameters or {}))


class SqliteEngine:
    """An open SQLite store; see `Engine` for what its methods promise."""

    skip_locked = ""

    def __init__(self, path: Path, lock: Lock | None, connection: sqlite3.Connection) -> None:
        self._path = path
        self._lock = lock
        self._connection = connection
        self._file = identity(path)
        self._topics = Topics()
        self._writer = GroupCommit("store-writer", self._commit, self._topics)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._reads = 0
        self._flushes = True  # the writer's own: as the connection was opened
        self._closed = False

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        result: T = await self._writer.write(work, durable=durable)
        return result

    async def append(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        await self._writer.append(statement, rows)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        if self._closed:
            raise StoreError("The store is closed.")
        if self._reads >= READS:
            raise OverloadError(f"{self._reads} reads wait for the store already.", hint="Come again in a few seconds.")
        self._reads += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        finally:
            self._reads -= 1

    def listen(self, topic: str, listener: Callable[[], None]) -> Callable[[], None]:
        return self._topics.listen(topic, listener)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._writer.close()
        await asyncio.to_thread(self._let_go)

    def _let_go(self) -> None:
        self._readers.shutdown()
        for connection in self._open:
            connection.close()
        with suppress(sqlite3.Error):
            self._connection.execute("pragma wal_checkpoint(truncate)")
        self._connection.close()
        if self._lock:
            self._lock.release()

    def _read(self, work: Callable[[Transaction], T]) -> T:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path, read_only=True)
            self._open.append(connection)
        try:
            connection.execute("begin")
            return work(SqliteTransaction(connection))
        except sqlite3.Error as error:
            raise explain(error, self._path) from error
        finally:
            _roll_back(connection)

    def _commit(self, jobs: Sequence[Job]) -> int:
        """Write jobs in one transaction; returns how many, because long work is not kept together."""
        if identity(self._path) != self._file:  # SQLite would go on, and all would be gone with this process
            self._refuse(jobs, gone(self._path))
            return len(jobs)
        try:
            self._flush(always=any(job.durable for job in jobs))
            self._connection.execute("begin immediate")
        except sqlite3.Error as error:
            self._fail(jobs, error)
            return len(jobs)
        try:
            done = self._perform(jobs)
            self._connection.execute("commit")
        except sqlite3.Error as error:
            return self._again(jobs, error)
        except BaseException:
            _roll_back(self._connection)
            raise
        return done

    def _flush(self, *, always: bool) -> None:
        """Flush the log at the coming commit, or leave that to the next one that must; the log keeps their order."""
        if always is not self._flushes:
            self._connection.execute(f"pragma synchronous = {'full' if always else 'normal'}")
            self._flushes = always

    def _again(self, jobs: Sequence[Job], error: sqlite3.Error) -> int:
        """After the whole transaction was lost, take each job alone: perhaps one of them is to blame."""
        _roll_back(self._connection)
        if len(jobs) == 1:
            self._fail(jobs, error)
            return 1
        for job in jobs:
            job.reset()
            self._commit([job])
        return len(jobs)

    def _fail(self, jobs: Iterable[Job], error: sqlite3.Error) -> None:
        self._refuse(jobs, explain(error, self._path))

    def _refuse(self, jobs: Iterable[Job], error: ObserveError) -> None:
        for job in jobs:
            job.reset()
            job.error = error

    def _perform(self, jobs: Sequence[Job]) -> int:
        """Do the jobs, each so that its failure is its own; returns how many were done before it took too long."""
        if jobs[0].work is None:
            self._append(jobs)
            return len(jobs)
        end = time.monotonic() + LONG
        for done, job in enumerate(jobs, 1):
            self._work(job)
            if time.monotonic() > end:
                return done
        return len(jobs)

    def _append(self, jobs: Sequence[Job]) -> None:
        for statement, group in groupby(jobs, key=lambda job: job.statement):
            together = list(group)
            if not self._rows(statement, together) and len(together) > 1:
                for job in together:
                    self._rows(statement, [job])

    def _rows(self, statement: str, jobs: Sequence[Job]) -> bool:
        """Insert the rows of the jobs, all or none; False when it was none."""
        rows = [row for job in jobs for row in job.rows]
        try:
            with Savepoint(self._connection):
                self._connection.executemany(for_sqlite(statement).text, rows)
        except Exception as error:  # noqa: BLE001 - a row of the wrong shape fails its job, not the thread
            self._raise_if_lost()
            for job in jobs:
                job.error = explain(error, self._path) if isinstance(error, sqlite3.Error) else error
            return False
        for job in jobs:
            job.error = None
        return True

    def _work(self, job: Job) -> None:
        transaction = SqliteTransaction(self._connection)
        try:
            with Savepoint(self._connection):
                job.result = job.do(transaction)
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            self._raise_if_lost()
            job.error = explain(error, self._path) if isinstance(error, sqlite3.Error) else error
        else:
            job.topics = tuple(transaction.topics)

    def _raise_if_lost(self) -> None:
        """Within an `except`: go on with its error when the whole transaction is gone with it."""
        if not self._connection.in_transaction:
            raise  # noqa: PLE0704 - the error that is being handled


class Savepoint:
    """What fails inside is undone, unless SQLite gave up the whole transaction (disk full, input or output error)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("savepoint work")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not self._connection.in_transaction:
            return
        if kind is not None:
            self._connection.execute("rollback to work")
        self._connection.execute("release work")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("rollback")


async def open_sqlite(path: Path, clock: Callable[[], datetime], *, exclusive: bool = True) -> SqliteEngine:
    """Take the file, bring its schema up to date and start the engine.

    Without `exclusive` it is a visitor's: the file may have a server, which is then left to bring it up to date.

    Raises:
        StoreError: it cannot be opened, another process has it, or its schema is newer than this program.
    """
    lock, connection = await asyncio.to_thread(_prepare, path, clock(), exclusive=exclusive)
    return SqliteEngine(path, lock, connection)


def _prepare(path: Path, now: datetime, *, exclusive: bool) -> tuple[Lock | None, sqlite3.Connection]:
    lock = Lock.take(path, exclusive=exclusive)
    with ExitStack() as undo:
        if lock:
            undo.callback(lock.release)
        connection = connect(path)
        undo.callback(connection.close)
        try:
            if lock:
                _migrate(connection, now)
            else:
                migrations.check(SqliteTransaction(connection))
        except sqlite3.Error as error:
            raise explain(error, path) from error
        undo.pop_all()
    return lock, connection


def _migrate(connection: sqlite3.Connection, now: datetime) -> None:
    connection.execute("begin immediate")
    try:
        migrations.migrate(SqliteTransaction(connection), WORDS, now)
        connection.execute("commit")
    finally:
        _roll_back(connection)
