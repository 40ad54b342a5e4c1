"""What kind of failure an error is: its type, severity and code. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError

GRAPHQL, VALIDATION, DATABASE, AUTH, INTERNAL = "graphql", "validation", "database", "auth", "internal"
WARNING, ERROR, CRITICAL = "warning", "error", "critical"

_SEVERITY = {AUTH: WARNING, VALIDATION: WARNING, GRAPHQL: WARNING, DATABASE: ERROR, INTERNAL: ERROR}
_RANK = {WARNING: 0, ERROR: 1, CRITICAL: 2}

_AUTH_CODES = frozenset(
    {"UNAUTHENTICATED", "FORBIDDEN", "FIELD_AUTHORIZATION_ERROR", "CSRF_PROTECTION_FAILED", "PERMISSION_DENIED"}
)
_GRAPHQL_CODES = frozenset(
    {
        "GRAPHQL_PARSE_FAILED",
        "PERSISTED_QUERY_NOT_FOUND",
        "PERSISTED_QUERY_NOT_SUPPORTED",
        "ARBITRARY_QUERY_NOT_ALLOWED",
    }
)
_NO_CONNECTION = frozenset({"PoolTimeout", "PoolClosed", "TooManyRequests", "ConnectionTimeout"})
_DATABASE_DOWN = ("08", "53", "57P")  # SQLSTATE: connection exceptions, insufficient resources, operator intervention
_INPUT_MODULES = frozenset({"fraiseql.utils.fraiseql_builder", "fraiseql.types.coercion"})
_CODE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Failure:
    """One error of an operation.

    Attributes:
        kind: class of the exception, or `HTTP` when the request never reached GraphQL.
        code: `extensions.code`, the SQLSTATE, or `UNKNOWN`.
        message: as raised; it may hold literal values and must be redacted before it leaves the process.
        constraint: the database constraint that was broken, or empty.
    """

    error_type: str
    severity: str
    kind: str
    code: str
    message: str
    constraint: str = ""

    @property
    def rank(self) -> int:
        return _RANK[self.severity]


def classify(error: BaseException) -> Failure:
    """The failure that an exception from executing an operation stands for."""
    cause = innermost(error)
    code = _code(error) or _code(cause)
    classes = {cls.__name__ for cls in type(cause).__mro__}
    error_type = _error_type(error, cause, code, classes)
    severity = _SEVERITY[error_type]
    sqlstate = getattr(cause, "sqlstate", None)
    if error_type == DATABASE and (classes & _NO_CONNECTION or _lost(sqlstate, classes)):
        severity = CRITICAL
    message, constraint = _words(cause)
    return Failure(error_type, severity, type(cause).__name__, str(sqlstate or code or "UNKNOWN"), message, constraint)


def innermost(error: BaseException) -> BaseException:
    """The exception that GraphQL errors wrap, at any depth; never longer than a sane chain."""
    for _ in range(20):
        inner = getattr(error, "original_error", None)
        if not isinstance(inner, BaseException) or inner is error:
            break
        error = inner
    return error


def _error_type(error: BaseException, cause: BaseException, code: str, classes: set[str]) -> str:
    module = type(cause).__module__.partition(".")[0]
    if (module.startswith("psycopg") and "Error" in classes) or classes & _NO_CONNECTION:
        return DATABASE
    if isinstance(cause, PermissionError) or code in _AUTH_CODES:
        return AUTH
    if isinstance(cause, GraphQLSyntaxError) or code in _GRAPHQL_CODES:
        return GRAPHQL
    if isinstance(error, GraphQLError) and isinstance(cause, GraphQLError) and not error.path:
        return VALIDATION
    return VALIDATION if isinstance(cause, ValueError) and _raised_in(cause) in _INPUT_MODULES else INTERNAL


def _raised_in(cause: BaseException) -> str:
    """The module that raised an exception: FraiseQL's checks of input raise what an application might raise too."""
    trace = cause.__traceback__
    for _ in range(100):
        if trace is None or trace.tb_next is None:
            break
        trace = trace.tb_next
    return str(trace.tb_frame.f_globals.get("__name__", "")) if trace is not None else ""


def _lost(sqlstate: object, classes: set[str]) -> bool:
    if isinstance(sqlstate, str):
        return sqlstate.startswith(_DATABASE_DOWN)
    return "OperationalError" in classes


def _code(error: BaseException) -> str:
    extensions = getattr(error, "extensions", None)
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code[:_CODE_LENGTH] if isinstance(code, str) else ""


def _words(cause: BaseException) -> tuple[str, str]:
    diagnosis: Any = getattr(cause, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    if primary:  # the whole text would quote the row in its DETAIL
        return str(primary), str(getattr(diagnosis, "constraint_name", None) or "")
    return str(getattr(cause, "message", None) or cause), ""


def refused(status: int, code: str = "") -> Failure | None:
    """The failure of a request that HTTP refused or broke before GraphQL ran, by status; None below 400."""
    if status < 400:  # noqa: PLR2004
        return None
    if status in {401, 403, 429}:
        error_type = AUTH
    elif status >= 500:  # noqa: PLR2004
        error_type = INTERNAL
    else:
        error_type = VALIDATION
    return Failure(error_type, _SEVERITY[error_type], "HTTP", code[:_CODE_LENGTH] or f"HTTP_{status}", _phrase(status))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown HTTP status"


def not_executed(code: str, message: str) -> Failure:
    """The failure of a request that FraiseQL answered without executing anything."""
    return Failure(GRAPHQL, WARNING, "GraphQLError", code, message)


def reported(reason: str, message: str) -> Failure:
    """The failure that a mutation reports in its result: a rule of the application said no."""
    return Failure(VALIDATION, WARNING, "Mutation", reason, message)


def worst(failures: list[Failure]) -> Failure | None:
    """The failure that stands for the operation: the most severe one, the first among equals."""
    return max(failures, key=lambda failure: failure.rank, default=None)
