"""Ask one question without a service in between, for the command line: the same walls, one connection."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.answer import Answer
from fraiseql_observe.audit.connect import described
from fraiseql_observe.audit.reader import Limits, Reader
from fraiseql_observe.audit.tenants import narrow, problem
from fraiseql_observe.audit.values import Bounds, read, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.audit.question import Question

# A person waits longer than a dashboard.
LIMITS = Limits(statement=timedelta(seconds=60), connections=1, rows=100_000, size=256 * 1024 * 1024)
BOUNDS = Bounds(longest_range=timedelta(days=3660))


async def ask(
    url: str, question: Question, given: Mapping[str, Sequence[str]], tenants: Sequence[str], now: datetime
) -> Answer:
    """The answer to a question.

    Raises:
        AskError: the parameters are wrong, or the database does not answer.
        AuditError: the URL is malformed.
    """
    values, setting = bound(question, given, tenants, now)
    async with reading(url) as reader:
        found = await reader.ask(question, values, setting)
    return Answer(question, found.rows, found.truncated, found.seconds, values.get("from"), values.get("to"))


async def explain(
    url: str,
    question: Question,
    given: Mapping[str, Sequence[str]],
    tenants: Sequence[str],
    now: datetime,
    *,
    analyze: bool,
) -> list[str]:
    """The plan of a question, line by line; raises as `ask`."""
    values, setting = bound(question, given, tenants, now)
    async with reading(url) as reader:
        return await reader.explain(question, values, setting, analyze=analyze)


def bound(
    question: Question, given: Mapping[str, Sequence[str]], tenants: Sequence[str], now: datetime
) -> tuple[dict[str, Any], str]:
    """The values of a question's parameters, and the transaction's tenant setting.

    Raises:
        AskError: the parameters or the tenants are wrong.
    """
    if wrong := problem(tenants):
        raise refused([f"tenants: {wrong}"])
    return narrow(question, read(question, given, now, BOUNDS), tenants)


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Reader]:
    """A reader with the limits of a person who waits.

    Raises:
        AuditError: the URL is malformed.
    """
    described(url)
    reader = Reader(url, LIMITS)
    await reader.open()
    try:
        yield reader
    finally:
        await reader.close()
