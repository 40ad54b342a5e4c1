"""Sessions with PostgreSQL: bounded in time, opened again after they break, their errors put into sentences."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from fraiseql_observe.errors import ConfigError, ConflictError, ObserveError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
Connection = psycopg.Connection[dict[str, Any]]

SCHEMA = "fraiseql_alerts"
CONNECT_SECONDS = 5
HANG = 60.0  # seconds one transaction may take before its connection is cut
FIRST_REST, LONGEST_REST = 0.1, 5.0  # seconds between two tries to reach the server
_LIMITS = {
    "application_name": "fraiseql-observe",
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_SETTINGS = {
    "search_path": f"{SCHEMA}, pg_temp",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "client_min_messages": "warning",
}
_SET = "select set_config(%s, %s, false)"


class Server:
    """Where the database is, and since when it cannot be reached: all sessions rest together."""

    def __init__(self, url: str) -> None:
        """Read the URL.

        Raises:
            ConfigError: it is malformed.
        """
        try:
            parts = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise ConfigError(
                "The store's PostgreSQL URL is malformed.", hint="Write postgresql://user@host:5432/database."
            ) from error
        self._url = url
        self._parts: dict[str, Any] = {**_LIMITS, **parts}
        self.name = f"{parts.get('host') or 'the local socket'}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"
        self._lock = threading.Lock()
        self._rest = 0.0
        self._until = 0.0

    def connect(self, *, autocommit: bool = False) -> Connection:
        """Open a session; fails at once while the server rests after a failure.

        Raises:
            StoreError: it cannot be reached.
        """
        if time.monotonic() < self._until:
            raise StoreError(f"PostgreSQL at {self.name} does not answer.", hint=_UNREACHABLE)
        try:
            connection: Connection = psycopg.connect(
                **self._parts, autocommit=True, row_factory=dict_row, prepare_threshold=2
            )
            for name, value in _SETTINGS.items():
                connection.execute(_SET, (name, value))
            connection.autocommit = autocommit
        except psycopg.Error as error:
            self._failed()
            raise explain(error, self) from error
        self._rest = 0.0
        return connection

    def _failed(self) -> None:
        with self._lock:
            self._rest = min(max(FIRST_REST, 2 * self._rest), LONGEST_REST)
            self._until = time.monotonic() + self._rest * random.uniform(0.5, 1)  # noqa: S311 - spreads replicas


class Session:
    """One connection, for one thread at a time, opened when needed.

    `cut` may be called from another thread: a server that hangs keeps nobody waiting for ever.
    """

    def __init__(self, server: Server, *, read_only: bool) -> None:
        self._server = server
        self._read_only = read_only
        self._connection: Connection | None = None
        self._since: float | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` with an open connection, watched for the time it takes; `work` commits or rolls back."""
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = self._open()
        self._since = time.monotonic()
        try:
            return work(connection)
        finally:
            self._tidy(connection)
            self._since = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None and not self._connection.closed

    def cut_if_hanging(self, now: float) -> None:
        """End the connection under whoever waits for it for longer than `HANG`."""
        connection = self._connection
        if connection is None or self._since is None or now - self._since < HANG:
            return
        cut(connection)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> Connection:
        connection = self._server.connect()
        if self._read_only:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # one view for all its statements
        return connection

    def _tidy(self, connection: Connection) -> None:
        """Leave no transaction open; a connection that cannot even roll back is given up."""
        try:
            if not connection.closed:
                connection.rollback()
        except psycopg.Error:
            connection.close()


def cut(connection: Connection) -> None:
    """End a connection under the thread that waits for it."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as handle:
        handle.shutdown(socket.SHUT_RDWR)


def explain(error: psycopg.Error, server: Server) -> ObserveError:
    """Say in a sentence what PostgreSQL's error means; never with the values of a row or a password."""
    if isinstance(error, errors.UniqueViolation):
        return ConflictError("Somebody else wrote the same just before.", hint="Look again and repeat.")
    kind = type(error) if error.sqlstate else _refusal(str(error))
    for kinds, sentence, hint in _MEANINGS:
        if issubclass(kind, kinds):
            return StoreError(sentence.format(server=server.name), hint=hint)
    said = error.diag.message_primary or type(error).__name__
    if error.sqlstate is None:  # the connection, not a statement
        return StoreError(f"PostgreSQL at {server.name} does not answer.", hint=_UNREACHABLE)
    return StoreError(f"PostgreSQL at {server.name} refused: {said} ({error.sqlstate}).", hint=_REFUSED)


def _refusal(said: str) -> type[psycopg.Error]:
    """Give the kind of error that refused a connection: libpq keeps its text alone."""
    return next((kind for part, kind in _REFUSALS.items() if part in said), psycopg.OperationalError)


_REFUSALS: dict[str, type[psycopg.Error]] = {
    "password": errors.InvalidPassword,
    'FATAL:  role "': errors.InvalidAuthorizationSpecification,
    "pg_hba.conf": errors.InvalidAuthorizationSpecification,
    'FATAL:  database "': errors.InvalidCatalogName,
    "too many clients": errors.TooManyConnections,
    "connection slots": errors.TooManyConnections,
}
_UNREACHABLE = "Start it, or correct `store.url`; until then nothing is accepted and senders try again."
_REFUSED = "Look into the server's log."
_MEANINGS: tuple[tuple[tuple[type[psycopg.Error], ...], str, str], ...] = (
    (
        (errors.InvalidPassword, errors.InvalidAuthorizationSpecification),
        "PostgreSQL at {server} refuses the user or the password.",
        "Correct `store.url` or `store.url_file`.",
    ),
    (
        (errors.InvalidCatalogName,),
        "PostgreSQL at {server} has no such database.",
        "Make it: createdb --owner=USER DATABASE.",
    ),
    (
        (errors.InsufficientPrivilege,),
        "PostgreSQL at {server} does not let this user do that.",
        "Give the user a database of its own, or make the schema: create schema " + SCHEMA + " authorization USER.",
    ),
    (
        (errors.DiskFull, errors.OutOfMemory, errors.InsufficientResources),
        "PostgreSQL at {server} has no room left.",
        "Make room; until then nothing is accepted and senders try again.",
    ),
    (
        (errors.ReadOnlySqlTransaction,),
        "PostgreSQL at {server} took this for read-only: it is a standby, or a read of ours wanted to write or lock.",
        "Name the primary in `store.url`, or add target_session_attrs=read-write to it. On a primary: our own fault.",
    ),
    (
        (errors.LockNotAvailable, errors.QueryCanceled),
        "PostgreSQL at {server} took too long.",
        "Look for long transactions in pg_stat_activity.",
    ),
    (
        (errors.TooManyConnections,),
        "PostgreSQL at {server} has no connection left.",
        "Raise max_connections, or run fewer replicas.",
    ),
    (
        (errors.SerializationFailure, errors.DeadlockDetected),
        "PostgreSQL at {server} undid the transaction each time it was tried.",
        "Look for long transactions in pg_stat_activity.",
    ),
)
