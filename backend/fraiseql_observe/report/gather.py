"""Ask the questions of the report: as the reader, one after another, all of one moment of the database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe._version import __version__
from fraiseql_observe.audit import catalogue, direct
from fraiseql_observe.audit.chain.verify import LONGEST_TRANSACTION, verify
from fraiseql_observe.audit.connect import described
from fraiseql_observe.errors import AskError, AuditError, ConfigError, Outcome
from fraiseql_observe.report import contents, period
from fraiseql_observe.report.material import Answered, Chains, Head, Material, moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from fraiseql_observe.audit.question import Question
    from fraiseql_observe.audit.reader import Snapshot

ROWS = 50  # of a list, unless told otherwise


@dataclass(frozen=True, slots=True)
class Chained:
    """How hash chains are verified: as the user of `url` (empty: not at all), with these keys for signatures."""

    url: str
    keys: tuple[str, ...] = ()
    longest_transaction: timedelta = LONGEST_TRANSACTION


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: `start` and `end` as a user writes them, `tenants` empty for all, `rows` of each list."""

    start: str
    end: str
    tenants: tuple[str, ...] = ()
    rows: int = ROWS


async def gather(url: str, wanted: Wanted, chained: Chained, now: datetime, made_by: str) -> Material:
    """The answers to all questions of the report; one that cannot be answered is told in its place.

    Raises:
        AskError: the period or a tenant is malformed, or the database does not answer, or no question at all.
        AuditError: the URL is malformed.
        ConfigError: the period is empty.
    """
    questions = {name: catalogue.load()[name] for name in contents.questions()}
    start, end = _range(questions["compliance_status"], wanted, now)
    given = _given(wanted, start, end)
    asked = {name: direct.bound(one, _for(one, given), wanted.tenants, now) for name, one in questions.items()}
    setting = asked["compliance_status"][1]
    async with direct.reading(url) as reader, reader.snapshot(setting) as snapshot:
        answers = {
            name: await _answered(snapshot, one, asked[name][0], _for(one, given), wanted.rows)
            for name, one in questions.items()
        }
    if all(one.problem for one in answers.values()):
        first = next(iter(answers.values())).problem
        raise AskError(
            f"No question could be answered. {first}",
            status=500,
            outcome=Outcome.FAILED,
            hint="fraiseql-observe setup audit --check --database URL",
        )
    head = Head(start, end, wanted.tenants, now, made_by, described(url), __version__)
    return Material(head, answers, await _chains(chained, head))


async def _chains(chained: Chained, head: Head) -> Chains:
    if not chained.url:
        return Chains(problem="They were not asked for.")
    try:
        verdicts = await asyncio.to_thread(
            verify,
            chained.url,
            start=head.start,
            end=head.end,
            tenants=head.tenants,
            keys=chained.keys,
            longest_transaction=chained.longest_transaction,
        )
    except AuditError as error:
        return Chains(problem=error.message)
    return Chains(verdicts)


def _range(question: Question, wanted: Wanted, now: datetime) -> tuple[datetime, datetime]:
    values, _ = direct.bound(question, {"from": [wanted.start], "to": [wanted.end]}, wanted.tenants, now)
    if values["from"] == values["to"]:
        raise ConfigError("The period of the report is empty.", hint="give --from a time before --to")
    return values["from"], values["to"]


def _given(wanted: Wanted, start: datetime, end: datetime) -> dict[str, list[str]]:
    """One row more than is shown tells whether there are more."""
    return {
        "from": [moment(start)],
        "to": [moment(end)],
        "bucket": [period.bucket(start, end)],
        "limit": [str(wanted.rows + 1)],
    }


def _for(question: Question, given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {name: texts for name, texts in given.items() if name in question.parameters}


async def _answered(
    snapshot: Snapshot, question: Question, values: Mapping[str, Any], given: Mapping[str, Sequence[str]], rows: int
) -> Answered:
    shown = {name: texts[0] for name, texts in given.items() if name != "limit"}
    limited = "limit" in given
    parameters = {**shown, "limit": str(rows)} if limited else shown
    try:
        found = await snapshot.ask(question, values)
    except AskError as error:
        if error.outcome is Outcome.UNAVAILABLE:
            raise
        return Answered(question, parameters, problem=error.message)
    more = found.truncated or (limited and len(found.rows) > rows)
    return Answered(question, parameters, found.rows[:rows] if limited else found.rows, more)
