"""How many users an incident met, from the audit log: one question, as the role that may only read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

import fraiseql_observe.audit
from fraiseql_observe.audit import catalogue
from fraiseql_observe.errors import EnrichmentError

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.audit.question import Question

QUESTIONS = Path(fraiseql_observe.audit.__file__).with_name("incident_queries")
CONNECT_SECONDS = 3
ROLE = "fraiseql_observe_reader"


class AuditLog:
    """The audit database.

    Args:
        url: connection URL of a user who is a member of the reader role.
        seconds: longest time for the question.
    """

    def __init__(self, url: str, *, seconds: float) -> None:
        self._url = url
        self._milliseconds = max(1, round(seconds * 1000))

    async def users(self, start: datetime, end: datetime, operation: str = "") -> int:
        """Distinct users with a failed or denied operation; of that name, when one is given.

        Raises:
            EnrichmentError: the database cannot be asked.
        """
        question = _question()
        try:
            async with await self._connect() as connection, connection.transaction():
                await connection.execute(f"set local role {ROLE}")
                await connection.execute("select set_config('statement_timeout', %s, true)", (f"{self._milliseconds}",))
                cursor = await connection.execute(
                    question.bound_sql.encode(),
                    question.arguments(**{"from": start, "to": end, "operation": operation}),
                )
                row = await cursor.fetchone()
        except (psycopg.Error, OSError) as error:
            # Its words may repeat the connection URL.
            raise EnrichmentError(f"The audit database does not answer: {type(error).__name__}.") from None
        return int(row[0]) if row else 0

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(
            make_conninfo(
                self._url,
                connect_timeout=CONNECT_SECONDS,
                tcp_user_timeout=2 * self._milliseconds,
                application_name="fraiseql-observe",
            ),
            autocommit=True,
        )
        await connection.set_read_only(True)
        return connection


@lru_cache(maxsize=1)
def _question() -> Question:
    return catalogue.load(QUESTIONS)["affected_users"]
