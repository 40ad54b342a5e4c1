"""What the instrument writes is what `setup audit` creates: it may import nothing of ours, so this test is the bond."""

import json
from uuid import UUID

import psycopg
import pytest
from audit_database import NOON

audit = pytest.importorskip("fraiseql_observe.instrument.audit")

ROW = {
    "event_id": "00000000-0000-0000-0000-000000000001",
    "occurred_at": NOON.timestamp(),
    "tenant_id": "acme",
    "user_id": "ada",
    "roles": ["admin", "editor"],
    "request_id": "r1",
    "ip_address": "192.0.2.7",
    "endpoint": "/graphql",
    "operation_type": "mutation",
    "operation_name": "addPost",
    "event_type": "create",
    "category": "data",
    "entity": "Post",
    "entity_id": "9",
    "outcome": "failure",
    "error_type": "database",
    "error_code": "23505",
    "severity": "critical",
    "error_fingerprint": "f",
    "error_message": "duplicate key",
    "duration_ms": 1.5,
    "complexity": 4,
    "depth": 2,
    "mode": "rust",
}


def batch(*changes):
    return json.dumps([list((ROW | change).values()) for change in changes])


@pytest.fixture
def application(audited):
    with psycopg.connect(audited.url, autocommit=True) as connection:
        connection.execute("set role fraiseql_observe_writer")
        yield connection


def test_the_columns_are_those_of_the_table(audited):
    table = audited.run(
        """select attname::text, format_type(atttypid, null) from pg_attribute
        where attrelid = 'fraiseql_observe.audit_event'::regclass and attnum > 0 and not attisdropped"""
    )
    types = dict(table)
    # the database says when a row came, and in which transaction
    assert types.pop("recorded_at") == "timestamp with time zone"
    assert types.pop("transaction_id") == "bigint"
    assert {
        name: kind.replace("timestamp with time zone", "timestamptz") for name, kind in types.items()
    } == audit.COLUMNS
    assert list(ROW) == list(audit.COLUMNS)


def test_the_application_role_may_run_the_statement(audited, application):
    application.execute(audit.INSERT, (batch({}),))
    (event,) = audited.run(
        """select event_id, occurred_at, roles, host(ip_address), recorded_at > occurred_at
             from fraiseql_observe.audit_event"""
    )
    assert event == (UUID(ROW["event_id"]), NOON, ["admin", "editor"], "192.0.2.7", True)
    group = """select fingerprint, error_type, severity, error_code, operation_name, message, occurrences, status
                 from fraiseql_observe.error_group"""
    assert audited.run(group) == [("f", "database", "critical", "23505", "addPost", "duplicate key", 1, "open")]


def test_a_batch_sent_twice_counts_once(audited, application):
    for _ in range(2):
        application.execute(audit.INSERT, (batch({}, {"event_id": "00000000-0000-0000-0000-000000000002"}),))
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(2,)]
    assert audited.run("select occurrences from fraiseql_observe.error_group") == [(2,)]


def test_an_error_that_comes_back_after_it_was_resolved(audited, application):
    application.execute(audit.INSERT, (batch({}),))
    application.execute("select fraiseql_observe.resolve_error('f', 'ada', 'mended')")
    (resolved_at,) = audited.run("select extract(epoch from resolved_at)::float8 from fraiseql_observe.error_group")[0]
    # one that was on its way when it was resolved is no regression
    application.execute(audit.INSERT, (batch({"event_id": str(UUID(int=2)), "occurred_at": resolved_at - 1}),))
    assert audited.run("select status from fraiseql_observe.error_group") == [("resolved",)]
    application.execute(audit.INSERT, (batch({"event_id": str(UUID(int=3)), "occurred_at": resolved_at + 1}),))
    assert audited.run("select status, occurrences from fraiseql_observe.error_group") == [("regressed", 3)]


def test_an_anonymous_operation(audited, application):
    nothing = dict.fromkeys(ROW) | {name: ROW[name] for name in ("event_id", "occurred_at", "event_type", "category")}
    application.execute(audit.INSERT, (batch(nothing | {"outcome": "success"}),))
    (row,) = audited.ask("compliance_recent_events")
    assert (row["tenant"], row["user"], row["ip_address"]) == ("(none)", "(anonymous)", None)
