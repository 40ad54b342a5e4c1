"""The material of a report without a database: answers as the questions would give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fraiseql_observe.audit.catalogue import load
from fraiseql_observe.report import contents
from fraiseql_observe.report.material import Answered, Chains, Head, Material, moment

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=2)
MADE = END + timedelta(hours=9)
CATALOGUE = load()
HOSTILE = '<script>alert(1)</script>" onload="x'
TIMES = [moment(START + timedelta(hours=hours)) for hours in range(48)]
ROWS: dict[str, list[dict[str, Any]]] = {
    "compliance_status": [
        {"status": "violation", "check_name": "Denied operations", "measured": "9 %", "warning_above": "1 %"},
        {"status": "ok", "check_name": "No audit row in the whole range", "measured": "no"},
        {"status": "ok", "check_name": "Longest delay of a row", "measured": "1.2 s", "warning_above": "5 s"},
    ],
    "users_tenant_metrics": [
        {"tenant": "acme", "active_users": 3, "requests": 1234567, "error_ratio": 0.0325, "p95_ms": 12.5},
    ],
    "compliance_events_by_type": [
        {"time": at, "metric": kind, "value": place % 7 if kind == "create" else 1200}
        for place, at in enumerate(TIMES)
        for kind in ("access", "create")
    ],
    "compliance_failed_access_over_time": [
        {"time": at, "attempts": place % 3, "sources": place % 2} for place, at in enumerate(TIMES)
    ],
    "compliance_failed_access": [{"tenant": "acme", "user": HOSTILE, "reason": "y" * 100_000, "attempts": 2}],
    "compliance_admin_actions": [
        {"time": TIMES[3], "user": "\u202eadmin\u202c", "operation_name": "rotateKeys", "source": "fraiseql_observe"},
        {"time": TIMES[2], "user": "ada", "operation_name": "rotateKeys", "source": "fraiseql_observe"},
    ],
    "errors_affected_users": [{"affected_users": 2, "active_users": 3, "affected_ratio": 2 / 3}],
    "errors_top_fingerprints": [
        {"error_type": "database", "message": HOSTILE, "occurrences": 7, "severity": "error", "fingerprint": "f" * 16},
        {"error_type": "validation", "message": None, "occurrences": 2, "severity": "warning", "fingerprint": "e"},
    ],
    "compliance_audit_lag": [
        {"time": at, "median": 0.1, "p99": 0.4, "maximum": 6.5 if place == 20 else 0.5}
        for place, at in enumerate(TIMES)
        if place != 30
    ],
}


def answered(name: str, rows: list[dict[str, Any]] | None = None, **more: Any) -> Answered:
    question = CATALOGUE[name]
    names = [column.name for column in question.columns]
    given = ROWS.get(name, []) if rows is None else rows
    parameters = {"from": moment(START), "to": moment(END), "bucket": "1h", "limit": "50"}
    asked = {key: value for key, value in parameters.items() if key in question.parameters}
    return Answered(question, asked, [tuple(row.get(key) for key in names) for row in given], **more)


def material(*changed: Answered, chains: Chains | None = None, **head: Any) -> Material:
    """A whole report; `changed` answers take the place of the standard ones."""
    given = {
        "start": START,
        "end": END,
        "tenants": (),
        "made_at": MADE,
        "made_by": "Ada",
        "database": "db:5432/blog",
        "version": "0.1.0",
    }
    answers = {name: answered(name) for name in contents.questions()}
    answers |= {one.question.name: one for one in changed}
    return Material(Head(**{**given, **head}), answers, chains or Chains())
