# ruff: noqa: E402  (what FraiseQL brings is imported only where it is installed)
"""Errors as FraiseQL, graphql-core and psycopg raise them, and what they count as."""

from __future__ import annotations

import pytest

graphql = pytest.importorskip("graphql", reason="the instrument runs inside a FraiseQL application")

import psycopg
from psycopg import errors as pg

from fraiseql_observe.instrument.classify import Failure, classify, innermost, not_executed, refused, worst


class PoolTimeout(psycopg.OperationalError):
    """As psycopg_pool names it."""


def located(cause: Exception) -> graphql.GraphQLError:
    return graphql.GraphQLError(str(cause), path=["a"], original_error=cause)


def coded(code: str) -> graphql.GraphQLError:
    return graphql.GraphQLError("no", extensions={"code": code})


@pytest.mark.parametrize(
    ("error", "error_type", "severity", "code"),
    [
        (located(pg.UniqueViolation("no")), "database", "error", "23505"),
        (located(PoolTimeout("none after 30 s")), "database", "critical", "UNKNOWN"),
        (pg.AdminShutdown("bye"), "database", "critical", "57P01"),
        (pg.TooManyConnections("full"), "database", "critical", "53300"),
        (psycopg.OperationalError("gone"), "database", "critical", "UNKNOWN"),
        (located(PermissionError("no")), "auth", "warning", "UNKNOWN"),
        (coded("FORBIDDEN"), "auth", "warning", "FORBIDDEN"),
        (graphql.GraphQLSyntaxError(graphql.Source("{"), 0, "no"), "graphql", "warning", "UNKNOWN"),
        (coded("GRAPHQL_PARSE_FAILED"), "graphql", "warning", "GRAPHQL_PARSE_FAILED"),
        (graphql.GraphQLError("Cannot query field"), "validation", "warning", "UNKNOWN"),
        (graphql.GraphQLError("Expected value", path=["a"]), "internal", "error", "UNKNOWN"),
        (located(ValueError("application's own")), "internal", "error", "UNKNOWN"),
        (RuntimeError("x"), "internal", "error", "UNKNOWN"),
    ],
)  # fmt: skip
def test_type_severity_and_code(error, error_type, severity, code):
    failure = classify(error)
    assert (failure.error_type, failure.severity, failure.code) == (error_type, severity, code)


def test_a_check_of_input_inside_fraiseql_is_validation():
    namespace: dict = {"__name__": "fraiseql.utils.fraiseql_builder"}
    exec("def check():\n    raise ValueError(\"Field 'title' cannot be empty\")", namespace)
    with pytest.raises(ValueError) as caught:
        namespace["check"]()
    assert classify(located(caught.value)).error_type == "validation"


def test_the_kind_is_the_class_of_the_innermost_error():
    assert classify(located(located(KeyError("k")))).kind == "KeyError"
    assert innermost(located(ValueError())).__class__ is ValueError


def test_a_chain_that_loops_ends():
    error = graphql.GraphQLError("a")
    other = graphql.GraphQLError("b", original_error=error)
    error.original_error = other
    assert classify(error).error_type


def test_a_database_error_keeps_no_row_in_its_words():
    class Diagnosis:
        message_primary = "duplicate key"
        constraint_name = "tb_user_email_key"

    class Violation(psycopg.IntegrityError):
        diag = Diagnosis()

    failure = classify(Violation("duplicate key\nDETAIL: Key (email)=(bob@example.com) already exists."))
    assert (failure.message, failure.constraint) == ("duplicate key", "tb_user_email_key")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, None), (401, ("auth", "HTTP_401", "Unauthorized")), (403, ("auth", "HTTP_403", "Forbidden")),
        (429, ("auth", "HTTP_429", "Too Many Requests")), (422, ("validation", "HTTP_422", None)),
        (500, ("internal", "HTTP_500", "Internal Server Error")),
        (599, ("internal", "HTTP_599", "Unknown HTTP status")),
    ],
)  # fmt: skip
def test_a_refusal_by_status(status, expected):
    failure = refused(status)
    if expected is None:
        assert failure is None
    else:
        assert (failure.error_type, failure.code) == expected[:2]
        assert expected[2] in {None, failure.message}


def test_a_refusal_names_the_code_of_the_answer():
    assert refused(403, "CSRF_PROTECTION_FAILED").code == "CSRF_PROTECTION_FAILED"


def test_the_worst_failure_stands_for_the_operation():
    warning = not_executed("X", "x")
    error = Failure("internal", "error", "E", "U", "m")
    assert worst([warning, error, warning]) is error
    assert worst([]) is None
    assert warning.error_type == "graphql"
