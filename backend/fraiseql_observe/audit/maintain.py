"""Keep the audit log: partitions ahead, retention, roll-ups. Any number may do it at once: PostgreSQL lets one work.

The work itself is in `schema/{partitions,roll_up}.sql`; each call is one transaction: an end in the middle of it leaves
nothing half done.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import class_row

from fraiseql_observe.audit.connect import CONNECT_TIMEOUT, described, refused, unreachable
from fraiseql_observe.audit.facts import MAINTAINER
from fraiseql_observe.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

ROWS = 50_000  # of one transaction that adds to the roll-ups
BUDGET = 5.0  # seconds of one turn for each kind of work that may take longer
STATEMENT = "900s"  # the longest: rows of weeks leave the default partition
_SESSION = f"set statement_timeout = '{STATEMENT}'; set client_min_messages = warning"
_MAKE = "select fraiseql_observe.make_partitions()"
_ROLL_UP = "select fraiseql_observe.roll_up(%(rows)s)"
_EMPTY = "select fraiseql_observe.empty_default()"
_RETAIN = "select fraiseql_observe.apply_retention()"
_LOCKED = -1
STATUS = "select * from fraiseql_observe.maintenance_status()"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did. `busy`: another maintainer works; `waiting`: somebody held a lock; `more` is left to do."""

    made: int = 0
    rows: int = 0
    emptied: int = 0
    dropped: int = 0
    busy: bool = False
    waiting: bool = False
    more: bool = False

    @property
    def idle(self) -> bool:
        return not (self.made or self.rows or self.emptied or self.dropped)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Status:
    """How the log is kept. Rows behind and in the default partition are counted up to 100,000.

    `behind_seconds` is the age of the oldest row that was written since and that the roll-ups lack. `covered`: they
    reach back to the first row; else to `covered_from`, None when they hold nothing yet. `partitions_overdue` are past
    their retention.
    """

    behind_rows: int
    behind_seconds: float
    covered: bool
    covered_from: datetime | None
    default_rows: int
    partitions: int
    partitions_ahead: int
    partitions_overdue: int


class Maintainer:
    """A connection that maintains one audit database; see `maintaining`."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], where: str) -> None:
        self._connection, self._where = connection, where

    async def turn(self, *, rows: int = ROWS, budget: float = BUDGET) -> Turn:
        """Do what there is to do, for about `budget` seconds.

        Raises:
            AuditError: the database refused, or is gone.
        """
        done = Turn()
        try:
            done = await self._partitions(done)
            if not done.busy:
                done = await self._roll_ups(done, rows, budget)
            if not done.busy:
                done = await self._retention(done, budget)
        except psycopg.Error as error:
            raise _refused(self._where, error) from error
        return done

    async def status(self) -> Status:
        """How it stands.

        Raises:
            AuditError: the database refused, or is gone.
        """
        try:
            async with self._connection.cursor(row_factory=class_row(Status)) as cursor:
                await cursor.execute(STATUS)
                status = await cursor.fetchone()
        except psycopg.Error as error:
            raise _refused(self._where, error) from error
        if status is None:
            raise AuditError(f"The audit schema in {self._where} is not whole.", hint="fraiseql-observe setup audit")
        return status

    async def _partitions(self, done: Turn) -> Turn:
        made = await self._ask(_MAKE)
        if made == _LOCKED:
            return replace(done, waiting=True, more=True)
        return replace(done, busy=made is None, made=made or 0)

    async def _roll_ups(self, done: Turn, rows: int, budget: float) -> Turn:
        patience = time.monotonic() + budget
        while added := await self._ask(_ROLL_UP, rows=rows):
            if added == _LOCKED:
                return replace(done, waiting=True, more=True)
            done = replace(done, rows=done.rows + added)
            if time.monotonic() > patience:
                return replace(done, more=True)
        return replace(done, busy=added is None)

    async def _retention(self, done: Turn, budget: float) -> Turn:
        for statement, field in ((_EMPTY, "emptied"), (_RETAIN, "dropped")):
            patience = time.monotonic() + budget
            while number := await self._ask(statement):
                if number == _LOCKED:
                    done = replace(done, waiting=True)
                    break
                done = replace(done, **{field: getattr(done, field) + number})
                if time.monotonic() > patience:
                    done = replace(done, more=True)
                    break
        return done

    async def rebuild(self) -> None:
        """Begin the roll-ups anew from the rows that are there; what retention dropped stays. For the owner only.

        Raises:
            AuditError: the database refused, or is gone.
        """
        try:
            await self._connection.execute("select fraiseql_observe.restart_roll_ups()")
        except psycopg.Error as error:
            raise _refused(self._where, error) from error

    async def _ask(self, statement: str, **values: int) -> int | None:
        """What the function gives; `_LOCKED` when somebody holds a lock that it needs."""
        try:
            cursor = await self._connection.execute(statement.encode(), values)
            row = await cursor.fetchone()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            return _LOCKED
        return row[0] if row else None


@asynccontextmanager
async def maintaining(url: str) -> AsyncIterator[Maintainer]:
    """A connection of its own, for as long as the block lasts.

    Raises:
        AuditError: the URL is malformed, or the server does not answer.
    """
    where = described(url)
    conninfo = make_conninfo(
        url, connect_timeout=CONNECT_TIMEOUT, application_name="fraiseql-observe maintenance", tcp_user_timeout=60_000
    )
    try:
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
    except psycopg.OperationalError as error:
        raise unreachable(where, error) from None
    async with connection:
        try:
            await connection.execute(_SESSION)
        except psycopg.Error as error:
            raise _refused(where, error) from error
        yield Maintainer(connection, where)


def _refused(where: str, error: psycopg.Error) -> AuditError:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        hint = f"log in as its owner, or grant {MAINTAINER} to the user of the URL"
        return AuditError(f"The user may not maintain the audit log in {where}.", hint=hint)
    if isinstance(error, psycopg.errors.UndefinedFunction | psycopg.errors.InvalidSchemaName):
        hint = "fraiseql-observe setup audit --database URL"
        return AuditError(f"The audit schema in {where} is missing, or older than this program.", hint=hint)
    return refused(where, error)
