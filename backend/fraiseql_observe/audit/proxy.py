"""The audit log's one door: named questions, for whom they are meant, each asked once however many ask.

The steps of an answer: may this token ask it, are its parameters right, whose rows may be seen; then the cache, then a
question just like it under way, then the database, one of few at a time.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.answer import Answer
from fraiseql_observe.audit.flight import Cache, Flights
from fraiseql_observe.audit.tenants import narrow
from fraiseql_observe.audit.values import Bounds, read
from fraiseql_observe.errors import AskError, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.audit.catalogue import Catalogue
    from fraiseql_observe.audit.question import Question
    from fraiseql_observe.audit.reader import Reader
    from fraiseql_observe.telemetry import Telemetry

CACHED_ANSWERS = 512
CACHED_BYTES = 64 * 1024 * 1024
VALUES_WITHIN = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: which questions, whose rows (no tenants: everybody's), and whether it still waits for the answer."""

    tenants: tuple[str, ...] = ()
    may_ask: Callable[[Question], bool] = lambda _: True
    gone: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Rules:
    """How much may be asked at a time: as many as `running` ask, `waiting` wait for them, `patience` long."""

    bounds: Bounds = field(default_factory=Bounds)
    running: int = 8
    waiting: int = 64
    patience: timedelta = timedelta(seconds=5)


class Proxy:
    """Answers questions of a catalogue.

    Args:
        catalogue: all that may be asked.
        reader: who asks the database.
        rules: how much at a time, and the bounds of parameters.
        clock: the time, for `now` in parameters.
        telemetry: where it is counted.
    """

    def __init__(
        self, catalogue: Catalogue, reader: Reader, rules: Rules, *, clock: Callable[[], datetime], telemetry: Telemetry
    ) -> None:
        self.catalogue = catalogue
        self._reader, self._rules, self._clock, self._telemetry = reader, rules, clock, telemetry
        self._flights: Flights[Answer] = Flights()
        self._cache: Cache[Answer] = Cache(
            rules.bounds.freshness.total_seconds(), time.monotonic, most=CACHED_ANSWERS, bytes_=CACHED_BYTES
        )
        self._turns = asyncio.Semaphore(rules.running)
        self._waiting = 0
        telemetry.begin_audit(catalogue)

    async def open(self) -> None:
        await self._reader.open()

    async def close(self) -> None:
        await self._flights.close()
        await self._reader.close()

    def question(self, name: str) -> Question:
        """Give a question of the catalogue.

        Raises:
            AskError: 404, there is none of that name.
        """
        found = self.catalogue.questions.get(name)
        if found is None:
            raise AskError(f"There is no question {name[:60]!r}.", status=404, outcome=Outcome.REFUSED)
        return found

    async def ask(
        self, question: Question, given: Mapping[str, Sequence[str]], asker: Asker, limit: timedelta | None = None
    ) -> Answer:
        """Answer a question.

        Raises:
            AskError: 400, 403, 413 the parameters; 429 too many at once; 499 the asker went away; 503, 504, 500 the
                database.
        """
        began = time.perf_counter()
        try:
            answer, outcome = await self._answer(question, given, asker, limit)
        except AskError as error:
            self._telemetry.audit_queries.labels(question.name, error.outcome).inc()
            raise
        self._telemetry.audit_queries.labels(question.name, outcome).inc()
        self._telemetry.audit_duration.labels(question.name).observe(time.perf_counter() - began)
        self._telemetry.audit_rows.labels(question.name).observe(len(answer.rows))
        return answer

    async def values(
        self, question: Question, column: str, given: Mapping[str, Sequence[str]], asker: Asker
    ) -> list[dict[str, str]]:
        """The distinct values of a column, for a dashboard variable: in order, at most as many as an answer has rows.

        Raises:
            AskError: as `ask`; 404, the question has no such column; 504, it takes longer than VALUES_WITHIN.
        """
        names = [one.name for one in question.columns]
        if column not in names:
            raise AskError(
                f"The question {question.name} has no column {column[:60]!r}.", status=404, outcome=Outcome.REFUSED
            )
        answer = await self.ask(question, given, asker, VALUES_WITHIN)
        place = names.index(column)
        found = {_word(row[place]) for row in answer.rows if row[place] is not None}
        return [{"__text": value, "__value": value} for value in sorted(found)]

    async def _answer(
        self, question: Question, given: Mapping[str, Sequence[str]], asker: Asker, limit: timedelta | None
    ) -> tuple[Answer, Outcome]:
        if not asker.may_ask(question):
            raise AskError(
                f"This token may not ask {question.name}.",
                status=403,
                outcome=Outcome.REFUSED,
                hint=f"it needs the scope {question.scope}, or for audit:read also audit:read:{question.name}",
            )
        read_values = read(question, given, self._clock(), self._rules.bounds)
        values, setting = narrow(question, read_values, asker.tenants)
        # Identical is what the database would be asked: the same statement, values and tenants.
        key = (question.name, repr(sorted(values.items())), setting)
        if (kept := self._cache.get(key)) is not None:
            return kept, Outcome.CACHED

        async def begin() -> Answer:
            answer = await self._from_database(question, values, setting, limit)
            self._cache.put(key, answer, answer.size)
            return answer

        return await self._flights.join((key, limit), begin, asker.gone), Outcome.ANSWERED

    async def _from_database(
        self, question: Question, values: Mapping[str, Any], setting: str, limit: timedelta | None
    ) -> Answer:
        async with self._turn():
            found = await self._reader.ask(question, values, setting, limit)
        return Answer(question, found.rows, found.truncated, found.seconds, values.get("from"), values.get("to"))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._turns.locked() and self._waiting >= self._rules.waiting:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._rules.patience.total_seconds()):
                await self._turns.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


def _busy() -> AskError:
    return AskError("Too many questions are asked at once.", status=429, outcome=Outcome.BUSY, hint="ask again soon")


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
