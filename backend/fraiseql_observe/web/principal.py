"""Who a request comes from and what they may do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from fraiseql_observe.audit.question import Question

QUESTION = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Scope(StrEnum):
    """What a token may do; `admin` includes all the others."""

    READ = "alerts:read"
    WRITE = "alerts:write"  # includes reading
    INTAKE = "intake:write"
    AUDIT = "audit:read"  # with a colon and a question's name behind it: that question only
    ADMIN = "admin"


IMPLIED = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.WRITE: frozenset({Scope.READ, Scope.WRITE}),
    Scope.INTAKE: frozenset({Scope.INTAKE}),
    Scope.AUDIT: frozenset({Scope.AUDIT}),
    Scope.ADMIN: frozenset(Scope),
}


def question_of(scope: str) -> str:
    """The question that a scope such as `audit:read:errors_recent` is for; empty for other scopes."""
    name = scope.removeprefix(f"{Scope.AUDIT}:")
    return name if name != scope and QUESTION.fullmatch(name) else ""


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a token. `token_id` is empty for one from the configuration.

    `questions` are audit questions that may be asked without the scope for all; `tenants` those whose audit rows may be
    seen, none meaning every tenant's.
    """

    name: str
    scopes: frozenset[Scope]
    token_id: str = ""
    questions: frozenset[str] = frozenset()
    tenants: tuple[str, ...] = ()

    def may(self, scope: Scope) -> bool:
        """Whether a route of that scope is open; which audit questions are, `may_ask` says."""
        return self._holds(scope) or (scope is Scope.AUDIT and bool(self.questions))

    def may_ask(self, question: Question) -> bool:
        """Whether an audit question may be asked: those for administrators by them alone."""
        if question.scope != Scope.AUDIT:
            return self._holds(Scope.ADMIN)
        return self._holds(Scope.AUDIT) or question.name in self.questions

    def _holds(self, scope: Scope) -> bool:
        return any(scope in IMPLIED[held] for held in self.scopes)


def principal(name: str, scopes: Collection[str], token_id: str, tenants: tuple[str, ...] = ()) -> Principal:
    """The holder of a token with these scopes as they are written; scopes of another version say nothing."""
    known = frozenset(Scope(one) for one in scopes if one in set(Scope))
    questions = frozenset(filter(None, map(question_of, scopes)))
    return Principal(name, known, token_id, questions, tenants)
