"""Read the audit database's metrics now and then, beside the requests: a short statement over its own connection."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from fraiseql_observe.audit.facts import READER
from fraiseql_observe.audit.metrics import PATIENCE, Reading

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fraiseql_observe.audit.metrics import Latest

log = logging.getLogger(__name__)

_SETTINGS = f"""
select set_config('role', '{READER}', true),
       set_config('fraiseql.tenant_id', '', true),
       set_config('statement_timeout', '5s', true),
       set_config('lock_timeout', '1s', true)
"""
# No function, no schema, no role of the reader.
_NOT_SET_UP = (
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InvalidParameterValue,
)
READ = "select metric, labels, value from fraiseql_observe.audit_metrics()"


async def read(url: str) -> list[Reading]:
    """Read all metrics at one moment, as the reader, in a transaction that can only read.

    Raises:
        psycopg.Error: the database does not answer, or refuses.
        TimeoutError: it takes too long.
    """
    conninfo = make_conninfo(url, connect_timeout=3, application_name="fraiseql-observe metrics")
    async with (
        asyncio.timeout(PATIENCE),
        await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection,
    ):
        await connection.set_read_only(True)
        async with connection.transaction(force_rollback=True):
            await connection.execute(_SETTINGS)
            cursor = await connection.execute(READ)
            return [Reading(metric, tuple(labels), value) for metric, labels, value in await cursor.fetchall()]


class Sampler:
    """Keeps a `Latest` up to date.

    Args:
        read: gets the readings.
        every: seconds between two of them.
        latest: shows them.
    """

    def __init__(self, read: Callable[[], Awaitable[list[Reading]]], every: float, latest: Latest) -> None:
        self._read, self._every, self._latest = read, every, latest
        self._said = ""

    async def run(self) -> None:
        """Read until cancelled; what fails is said once, and tried again at the next turn."""
        while True:
            await self.turn()
            await asyncio.sleep(self._every)

    async def turn(self) -> None:
        try:
            self._latest.show(await self._read())
        except (psycopg.Error, OSError, TimeoutError) as error:
            self._say(_why(error))
        else:
            self._say("")

    def _say(self, why: str) -> None:
        if why and why != self._said:
            log.warning("The metrics of the audit database cannot be read: %s", why)
        elif self._said and not why:
            log.info("The metrics of the audit database can be read again")
        self._said = why


def _why(error: Exception) -> str:
    """In our words: what PostgreSQL says may name hosts and users."""
    if isinstance(error, _NOT_SET_UP):
        return "it is not set up, or by an older version (try: fraiseql-observe setup audit --database URL)"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"the user of audit.url may not be {READER} (try: grant {READER} to it)"
    if isinstance(error, TimeoutError | psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        return "it takes too long"
    if isinstance(error, psycopg.OperationalError | OSError):
        return "it does not answer"
    return f"PostgreSQL refused the statement ({type(error).__name__})"
