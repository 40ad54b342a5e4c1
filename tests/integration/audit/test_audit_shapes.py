"""Every question on a real server, asked by the reader: right shape, equal renderings, sensible answers."""

import json
from datetime import timedelta

import psycopg
import pytest
from audit_database import CATALOGUE, NOON

GRAFANA_TYPES = {
    "timestamptz": "time", "text": "string", "bool": "boolean",
    "int4": "number", "int8": "number", "float8": "number",
}  # fmt: skip


def as_grafana_asks(raw_sql, tenants):
    """What Grafana's PostgreSQL datasource sends for noon to one o'clock."""
    quoted = ",".join("'" + tenant.replace("'", "''") + "'" for tenant in tenants)
    return (
        raw_sql.replace("$__timeFrom()", f"'{NOON.isoformat()}'")
        .replace("$__timeTo()", f"'{(NOON + timedelta(hours=1)).isoformat()}'")
        .replace("$__interval", "20m")
        .replace("${tenant:sqlstring}", quoted)
    )


@pytest.fixture(scope="module")
def busy(shared):
    """A little of everything: tenants with awkward names, anonymous rows, errors, changes, admin actions, history."""
    tenants = ["acme", "globex", None, "o'hara"]
    for number in range(-20, 60):
        failed = number % 6 == 0
        shared.event(
            60 * number,
            tenant_id=tenants[number % 4],
            user_id=None if number % 9 == 0 else f"user {number % 5}",
            roles=["admin", "editor"] if number % 10 == 0 else None,
            ip_address="2001:db8::1" if number % 2 else "192.0.2.7",
            event_type=("access", "create", "update", "delete")[number % 4],
            category=("data", "admin", "permission")[number % 3] if number % 5 == 0 else "data",
            entity="Post",
            entity_id=str(number),
            outcome=("denied" if number % 12 == 0 else "failure") if failed else "success",
            error_type=("auth" if number % 12 == 0 else "database") if failed else None,
            severity=("critical" if number % 18 == 0 else "error") if failed else None,
            error_fingerprint=f"fp {number % 4}" if failed else None,
            error_message='relation "x" does not exist: 100 %s' if failed else None,
            duration_ms=number + 20.5,
            complexity=abs(number) * 7,
            depth=abs(number) % 9,
        )  # fmt: skip
    for number in range(4):
        shared.error(f"fp {number}", 60 * number, severity="critical" if number == 2 else "error")
    shared.run(
        "update fraiseql_observe.error_group set status = 'resolved', resolved_at = %s where fingerprint = 'fp 0'",
        (NOON + timedelta(minutes=30),),
    )
    return shared


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_answers_with_the_declared_columns_in_both_renderings(busy, name):
    question = CATALOGUE[name]
    tenants = ["acme", "globex", "(none)", "o'hara"]
    given = question.arguments(**{"from": NOON, "to": NOON + timedelta(hours=1), "bucket": "20m", "tenants": tenants})
    with psycopg.connect(busy.reader_url) as connection:
        bound = connection.execute(question.bound_sql, given)
        rows = bound.fetchall()
        columns = [
            (column.name, GRAFANA_TYPES[connection.adapters.types[column.type_code].name])
            for column in bound.description
        ]
        assert columns == [(column.name, column.type) for column in question.columns]
        raw = connection.execute(as_grafana_asks(question.raw_sql, tenants)).fetchall()
    if name == "database_top_statements":  # asking changes the answer
        return
    assert raw == rows
    assert rows
    json.dumps(rows, default=str)
    if question.format == "time_series":
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)


@pytest.mark.parametrize("name", [name for name in CATALOGUE if "tenants" in CATALOGUE[name].parameters])
def test_no_tenant_selected_means_no_row_of_any(busy, name):
    whole = busy.ask(name, tenants=("acme", "globex", "(none)", "o'hara"))
    nothing = busy.ask(name, tenants=())
    if name == "compliance_status":
        assert nothing[0]["check_name"] == "No audit row in the whole range"
        assert [row["status"] for row in nothing] == ["violation"] + ["ok"] * (len(nothing) - 1)
        return
    assert whole != nothing
    numbers = [value for row in nothing for value in row.values() if isinstance(value, int | float)]
    assert not any(numbers)
