"""Who a request comes from and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a token may do; `admin` includes all the others."""

    READ = "alerts:read"
    WRITE = "alerts:write"  # includes reading
    INTAKE = "intake:write"
    ADMIN = "admin"


IMPLIED = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.WRITE: frozenset({Scope.READ, Scope.WRITE}),
    Scope.INTAKE: frozenset({Scope.INTAKE}),
    Scope.ADMIN: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a token. `token_id` is empty for one from the configuration."""

    name: str
    scopes: frozenset[Scope]
    token_id: str = ""

    def may(self, scope: Scope) -> bool:
        return any(scope in IMPLIED[held] for held in self.scopes)
