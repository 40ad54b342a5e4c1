"""The person on call: looks at the errors that have stopped and resolves them."""

from __future__ import annotations

import asyncio
import logging

import psycopg

from fraiseql_observe.demo.traffic.operations import COMES_BACK, STOPS

logger = logging.getLogger(__name__)

ROUND = 3.0  # seconds between two looks
QUIET = 5.0  # seconds without an occurrence after which an error counts as stopped

RESOLVE = """
    select fraiseql_observe.resolve_error(fingerprint, 'the operator', 'The client has stopped asking for the archive.')
    from fraiseql_observe.error_group
    where operation_name = any(%s) and status <> 'resolved' and last_seen < now() - make_interval(secs => %s)
"""


async def resolve_stopped_errors(database_url: str) -> None:
    """Look again and again until cancelled; a database that is away is asked again later."""
    while True:
        await asyncio.sleep(ROUND)
        try:
            async with await psycopg.AsyncConnection.connect(database_url, connect_timeout=5) as connection:
                await connection.execute(RESOLVE, ([STOPS.document, COMES_BACK.document], QUIET))
        except psycopg.Error as error:
            logger.warning("The operator could not look at the errors: %s", error)
