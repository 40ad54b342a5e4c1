"""What one file of `queries/` declares: a question that may be asked of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.audit.lexer import Token

SCOPES = ("audit:read", "admin")  # whom a question is for
FORMATS = ("table", "time_series")
COLUMN_TYPES = ("time", "string", "number", "boolean")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named value of a question.

    `type` is a PostgreSQL type; `variable` the dashboard variable that gives it; `default` the value when nobody does;
    `minimum` and `maximum` bound a number.
    """

    name: str
    type: str
    variable: str = ""
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None

    def as_json(self) -> dict[str, Any]:
        optional = {key: getattr(self, key) for key in ("variable", "default", "minimum", "maximum")}
        return {"type": self.type} | {key: value for key, value in optional.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Column:
    """A result column: `type` as a dashboard sees it, `unit` a Grafana unit id or empty."""

    name: str
    title: str
    type: str
    unit: str = ""

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "title": self.title, "type": self.type, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Question:
    """One statement with everything a dashboard or a proxy has to know about it.

    `narrowed` says that the database's tenant setting alone narrows it: it has no parameter `tenants`.
    """

    name: str
    title: str
    description: str
    format: str
    scope: str
    parameters: Mapping[str, Parameter]
    columns: tuple[Column, ...]
    tokens: tuple[Token, ...]
    narrowed: bool = False

    @property
    def tenant_aware(self) -> bool:
        """Whether it may be asked by somebody who may see some tenants only."""
        return self.narrowed or "tenants" in self.parameters

    @property
    def raw_sql(self) -> str:
        """For Grafana's PostgreSQL datasource."""
        return render.grafana(self.tokens, self.parameters)

    @property
    def bound_sql(self) -> str:
        """For psycopg; pass `arguments(...)` (a mapping, even when it is empty)."""
        return render.bound(self.tokens)

    def arguments(self, **given: Any) -> dict[str, Any]:
        """What to bind: the given values of the declared parameters, and the defaults of the others."""
        return {name: given.get(name, parameter.default) for name, parameter in self.parameters.items()}

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "description": self.description,
            "format": self.format,
            "parameters": {name: parameter.as_json() for name, parameter in self.parameters.items()},
            "columns": [column.as_json() for column in self.columns],
            "rawSql": self.raw_sql,
        }
