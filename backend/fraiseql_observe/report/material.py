"""What the report rests on: the answers, who asked for them when, and the fingerprint of it all. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.audit.answer import Value
    from fraiseql_observe.audit.chain.model import Verdict
    from fraiseql_observe.audit.question import Question

CHAINS = "hash_chains"


@dataclass(frozen=True, slots=True)
class Head:
    """Period, scope and origin. `tenants` is empty for all; `database` has no secret in it."""

    start: datetime
    end: datetime
    tenants: tuple[str, ...]
    made_at: datetime
    made_by: str
    database: str
    version: str

    def as_json(self) -> dict[str, Any]:
        return {
            "from": moment(self.start),
            "to": moment(self.end),
            "tenants": list(self.tenants),
            "made_at": moment(self.made_at),
            "made_by": self.made_by,
            "database": self.database,
            "version": self.version,
        }


@dataclass(frozen=True)
class Answered:
    """One question and what came of it.

    `parameters` are what it was asked with, as texts; `more` says that the database had further rows; `problem` is why
    there is no answer, empty when there is one.
    """

    question: Question
    parameters: Mapping[str, str]
    rows: Sequence[tuple[Value, ...]] = ()
    more: bool = False
    problem: str = ""

    def column(self, name: str) -> list[Value]:
        """The values of a column, from the first row on."""
        place = [column.name for column in self.question.columns].index(name)
        return [row[place] for row in self.rows]

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same rows in whatever order: rows of one moment have none among them."""
        head = [self.question.name, dict(self.parameters), self.more, self.problem]
        return _digest(_line(each) for each in (head, *sorted(self.rows, key=_line)))

    @property
    def statement(self) -> str:
        """The fingerprint of the SQL that was asked."""
        return _digest([self.question.bound_sql])

    def as_json(self) -> dict[str, Any]:
        return {
            "question": self.question.name,
            "title": self.question.title,
            "parameters": dict(self.parameters),
            "columns": [column.name for column in self.question.columns],
            "rows": [list(row) for row in self.rows],
            "more": self.more,
            "problem": self.problem,
            "sha256": self.fingerprint,
            "statement_sha256": self.statement,
        }


@dataclass(frozen=True)
class Chains:
    """What became of verifying the hash chains of FraiseQL's own logs.

    `verdicts` is one for each log that has a chain; `problem` is why they could not be verified, or were not.
    """

    verdicts: tuple[Verdict, ...] = ()
    problem: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same findings, however long they took."""
        return _digest([_line(self.as_json())])

    def as_json(self) -> dict[str, Any]:
        return {"problem": self.problem, "logs": [_verdict(each) for each in self.verdicts]}


@dataclass(frozen=True)
class Material:
    """Everything the page is made of, and nothing that is not in it."""

    head: Head
    answers: Mapping[str, Answered]
    chains: Chains

    @cached_property
    def fingerprint(self) -> str:
        """Of the list of all fingerprints, one `sha256  name` a line, as sha256sum writes it."""
        sums = {name: each.fingerprint for name, each in self.answers.items()} | {CHAINS: self.chains.fingerprint}
        return _digest(f"{each}  {name}" for name, each in sums.items())

    @property
    def whole(self) -> bool:
        """Whether every question was answered."""
        return not any(each.problem for each in self.answers.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.whole,
            "report": {**self.head.as_json(), "data_sha256": self.fingerprint},
            "answers": [each.as_json() for each in self.answers.values()],
            CHAINS: {**self.chains.as_json(), "sha256": self.chains.fingerprint},
        }


def moment(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _verdict(each: Verdict) -> dict[str, Any]:
    return {
        "source": each.source,
        "state": each.state,
        "rows": each.rows,
        "broken": each.broken,
        "unchecked": each.unchecked,
        "signatures": each.signatures,
        "remarks": list(each.remarks),
        "breaks": [
            {"row": one.row, "at": moment(one.at), "tenant": one.tenant, "kind": one.kind.value, "detail": one.detail}
            for one in each.breaks
        ],
    }


def _digest(lines: Iterable[str]) -> str:
    return sha256("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")).hexdigest()


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
