"""What each question answers on a few rows, counted by hand."""

from datetime import timedelta

import pytest
from audit_database import NOON


def test_top_fingerprints_counts_users_and_speaks_with_the_selected_tenants_words(audited):
    for second, tenant, user, message in [
        (1, "acme", "ada", "old"),
        (2, "acme", "bob", "new"),
        (3, "globex", "gus", "theirs"),
    ]:
        audited.event(
            second, tenant_id=tenant, user_id=user, outcome="failure", error_fingerprint="f", error_message=message
        )
    audited.event(4, outcome="failure", error_fingerprint="rare", user_id=None)
    audited.event(5)
    audited.error("f", first=-3600, status="regressed")
    rows = audited.ask("errors_top_fingerprints", tenants=("acme",))
    assert [(row["fingerprint"], row["occurrences"], row["affected_users"], row["status"]) for row in rows] == [
        ("f", 2, 2, "regressed"),
        ("rare", 1, 0, "open"),
    ]
    assert (rows[0]["message"], rows[0]["affected_tenants"]) == ("new", 1)
    assert (rows[0]["first_seen"], rows[0]["last_seen"]) == (NOON - timedelta(hours=1), NOON + timedelta(seconds=2))
    assert audited.ask("errors_top_fingerprints", limit=1)[0]["affected_tenants"] == 2


def test_errors_by_endpoint_gives_the_share_of_the_operation(audited):
    for second in range(4):
        audited.event(second, outcome="denied" if second == 0 else "success")
    audited.event(5, operation_name="healthy")
    (row,) = audited.ask("errors_by_endpoint")
    assert (row["operation_name"], row["errors"], row["requests"], row["error_ratio"]) == ("posts", 1, 4, 0.25)


def test_recent_errors_are_newest_first_and_within_the_range(audited):
    for second in (-1, 10, 3600, 3601, 20):
        audited.event(second, outcome="failure", request_id=str(second))
    assert [row["request_id"] for row in audited.ask("errors_recent")] == ["3600", "20", "10"]
    assert [row["request_id"] for row in audited.ask("errors_recent", limit=1)] == ["3600"]


def test_affected_users(audited):
    audited.event(1, user_id="ada", outcome="failure")
    audited.event(2, user_id="ada", outcome="failure")
    audited.event(3, user_id="ada", tenant_id="globex")  # another user of the same name
    audited.event(4, user_id=None, outcome="failure")
    audited.event(1300, user_id="bob", outcome="denied")
    (row,) = audited.ask("errors_affected_users")
    assert row == {"affected_users": 2, "active_users": 3, "affected_ratio": pytest.approx(2 / 3)}
    assert [row["affected_users"] for row in audited.ask("errors_affected_users_over_time")] == [1, 1, 0, 0]


def test_resolution_time_is_median_and_mean(audited):
    for number, minutes in enumerate((10, 20, 60)):
        at = NOON + timedelta(seconds=60 * minutes)
        audited.error(f"f{number}", status="resolved", resolved_at=at)
        audited.event(number, outcome="failure", error_fingerprint=f"f{number}")
    audited.error("back", status="regressed", resolved_at=NOON)
    audited.error("late", status="resolved", resolved_at=NOON + timedelta(hours=2))
    audited.error("foreign", status="resolved", resolved_at=NOON + timedelta(minutes=1))
    audited.event(9, tenant_id="globex", outcome="failure", error_fingerprint="foreign")
    (row,) = audited.ask("errors_resolution_time", tenants=("acme",))
    assert row == {"severity": "error", "median_seconds": 1200, "mean_seconds": 1800, "resolved": 3}


def test_open_errors_are_worst_first(audited):
    for fingerprint, severity, status in [
        ("a", "error", "open"),
        ("b", "critical", "regressed"),
        ("c", "critical", "resolved"),
    ]:
        audited.error(fingerprint, severity=severity, status=status)
        audited.event(1, outcome="failure", error_fingerprint=fingerprint, error_message=fingerprint)
    audited.error("unseen")
    rows = audited.ask("errors_open")
    assert [(row["fingerprint"], row["status"], row["message"]) for row in rows] == [
        ("b", "regressed", "b"),
        ("a", "open", "a"),
    ]
    assert rows[0]["age_seconds"] == 3600


def test_active_users(audited):
    for second, tenant, user in [
        (1, "acme", "ada"),
        (2, "acme", "bob"),
        (3, None, "ada"),
        (1300, "acme", "ada"),
        (4, "acme", None),
    ]:
        audited.event(second, tenant_id=tenant, user_id=user)
    assert audited.ask("users_active_total") == [{"active_users": 3, "active_tenants": 2}]
    series = [(row["metric"], row["value"]) for row in audited.ask("users_active_by_tenant")]
    assert series == [
        ("(none)", 1),
        ("acme", 2),
        ("(none)", 0),
        ("acme", 1),
        ("(none)", 0),
        ("acme", 0),
        ("(none)", 0),
        ("acme", 0),
    ]


def test_requests_per_user(audited):
    for second in range(3):
        audited.event(second, user_id="ada")
    audited.event(5, user_id="bob")
    (row,) = audited.ask("users_requests_per_user")
    assert (row["mean"], row["p95"], row["maximum"]) == (2, 2.9, 3)


def test_query_patterns(audited):
    for second, name, duration, complexity in [
        (1, "posts", 10, 4),
        (2, "posts", 30, 8),
        (3, "addPost", 5, 1),
        (4, None, 1, None),
    ]:
        audited.event(second, operation_name=name, duration_ms=duration, complexity=complexity, depth=2)
    rows = audited.ask("users_query_patterns")
    assert [(row["operation_name"], row["requests"], row["share"]) for row in rows] == [
        ("posts", 2, 0.5), ("(unknown)", 1, 0.25), ("addPost", 1, 0.25),
    ]  # fmt: skip
    assert (rows[0]["p95_ms"], rows[0]["mean_complexity"], rows[0]["users"]) == (29, 6, 1)


def test_top_users_and_tenants(audited):
    for second in range(4):
        audited.event(
            second,
            event_type="create" if second else "access",
            outcome="success" if second else "denied",
            duration_ms=8,
        )
    audited.event(5, tenant_id="globex", user_id="gus", outcome="failure", complexity=6)
    audited.event(6, user_id=None)
    top = audited.ask("users_top")
    counts = ("tenant", "user", "requests", "changes", "errors", "error_ratio")
    assert [tuple(row[name] for name in counts) for row in top] == [
        ("acme", "ada", 4, 3, 1, 0.25), ("globex", "gus", 1, 0, 1, 1),
    ]  # fmt: skip
    tenants = audited.ask("users_tenant_metrics")
    assert [(row["tenant"], row["active_users"], row["requests"], row["denied"], row["errors"]) for row in tenants] == [
        ("acme", 1, 5, 1, 1), ("globex", 1, 1, 0, 1),
    ]  # fmt: skip
    assert tenants[1]["mean_complexity"] == 6


def test_user_error_rate(audited):
    for second, user, outcome in [
        (1, "ada", "success"),
        (2, "ada", "failure"),
        (3, "bob", "success"),
        (4, "cy", "success"),
    ]:
        audited.event(second, user_id=user, outcome=outcome)
    (row,) = audited.ask("users_error_rate")
    assert (row["failed_operations"], row["affected_users"]) == (0.25, pytest.approx(1 / 3))


def test_complexity_bands_hold_their_upper_bound(audited):
    for second, complexity in enumerate((0, 1, 2, 3, 5, 6, 5000, 5001, None)):
        audited.event(second, complexity=complexity)
    rows = audited.ask("users_complexity_distribution")
    assert [(row["complexity"], row["operations"]) for row in rows] == [
        ("1 or less", 2), ("2 to 2", 1), ("3 to 5", 2), ("6 to 10", 1), ("2001 to 5000", 1), ("over 5000", 1),
    ]  # fmt: skip
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_new_users_have_no_earlier_event(audited):
    audited.event(-7200, user_id="old")
    audited.event(1, user_id="old")
    audited.event(2, user_id="new")
    audited.event(1300, user_id="new")
    audited.event(1400, user_id="old", tenant_id="globex")  # new to that tenant
    audited.event(1500, user_id=None)
    assert [row["new_users"] for row in audited.ask("users_new")] == [1, 1, 0, 0]
    assert audited.ask("users_new_total") == [{"new_users": 2}]
    assert audited.ask("users_new_total", tenants=("acme",)) == [{"new_users": 1}]


def test_compliance_lists(audited):
    audited.event(1, category="admin", event_type="update", operation_name="setQuota", roles=["admin", "ops"])
    audited.event(2, category="permission", event_type="create", operation_name="grantRole", outcome="denied")
    audited.event(3, category="permission", event_type="access", operation_name="roles")
    audited.event(4, ip_address="192.0.2.7")
    assert [row["operation_name"] for row in audited.ask("compliance_recent_events")] == [
        "posts",
        "roles",
        "grantRole",
        "setQuota",
    ]
    assert audited.ask("compliance_recent_events")[0]["ip_address"] == "192.0.2.7"
    admin = audited.ask("compliance_admin_actions")
    assert [(row["operation_name"], row["roles"]) for row in admin] == [
        ("roles", None),
        ("grantRole", None),
        ("setQuota", "admin, ops"),
    ]
    assert [row["operation_name"] for row in audited.ask("compliance_permission_changes")] == ["grantRole"]


def test_events_by_type_has_zeros_not_gaps(audited):
    audited.event(1, event_type="delete")
    audited.event(1300, event_type="access")
    series = [(row["metric"], row["value"]) for row in audited.ask("compliance_events_by_type")]
    assert series[:4] == [("access", 0), ("delete", 1), ("access", 1), ("delete", 0)]


def test_who_accessed_what(audited):
    audited.event(1, entity="Post")
    audited.event(2, entity="Post", event_type="update")
    audited.event(3, entity="Post", outcome="denied")
    audited.event(4, entity="Bill", user_id=None)
    rows = audited.ask("compliance_access_by_user")
    assert [(row["user"], row["entity"], row["reads"], row["changes"], row["denied"]) for row in rows] == [
        ("ada", "Post", 1, 1, 1), ("(anonymous)", "Bill", 1, 0, 0),
    ]  # fmt: skip


def test_failed_access_groups_attempts(audited):
    for second in (1, 2):
        audited.event(
            second,
            user_id=None,
            ip_address="192.0.2.9",
            outcome="failure",
            error_type="auth",
            error_message=f"try {second}",
        )
    audited.event(1300, outcome="denied")
    audited.event(4, outcome="failure", error_type="database")
    rows = audited.ask("compliance_failed_access")
    assert [(row["user"], row["ip_address"], row["attempts"], row["reason"]) for row in rows] == [
        ("(anonymous)", "192.0.2.9", 2, "try 2"), ("ada", None, 1, None),
    ]  # fmt: skip
    over_time = [(row["attempts"], row["sources"]) for row in audited.ask("compliance_failed_access_over_time")]
    assert over_time == [(2, 1), (1, 1), (0, 0), (0, 0)]


def status(audited):
    columns = ("status", "measured", "warning_above", "violation_above")
    return {row["check_name"]: tuple(row[name] for name in columns) for row in audited.ask("compliance_status")}


def test_compliance_status_is_ok_when_all_is_well(audited):
    audited.event(1)
    audited.event(2, event_type="create", category="permission")
    assert {verdict for verdict, *_ in status(audited).values()} == {"ok"}


def test_compliance_status_measures_each_check(audited):
    audited.error("worst", severity="critical")
    audited.event(1, outcome="failure", error_fingerprint="worst", lag=5.5)
    audited.event(2, event_type="delete", category="permission", user_id=None)
    audited.event(3, category="admin", outcome="denied")
    for second in range(4, 104):
        audited.event(second, lag=5.0)
    assert status(audited) == {
        "Changes without an identified user": ("violation", "100 %", "0 %", "5 %"),
        "Permission changes without an identified user": ("violation", "1", "0", "0"),
        "Rows written later than 5 seconds": ("warning", "0.97 %", "0 %", "1 %"),
        "Longest delay of a row": ("warning", "5.5 s", "5 s", "60 s"),
        "Admin actions that failed or were denied": ("warning", "1", "0", "10"),
        "Critical errors not resolved": ("warning", "1", "0", "5"),
        "No audit row in the whole range": ("ok", "no", None, None),
        "Denied operations": ("ok", "0.97 %", "1 %", "5 %"),
        "Operations without an identified user": ("ok", "0.97 %", "5 %", "50 %"),
    }
    verdicts = [row["status"] for row in audited.ask("compliance_status")]
    assert verdicts == ["violation"] * 2 + ["warning"] * 4 + ["ok"] * 3


def test_compliance_status_without_a_row(audited):
    worst = audited.ask("compliance_status")[0]
    assert (worst["status"], worst["check_name"], worst["measured"]) == (
        "violation",
        "No audit row in the whole range",
        "yes",
    )


def test_audit_lag(audited):
    for second, lag in [(1, 0.1), (2, 0.3), (3, 9), (4, -2)]:
        audited.event(second, lag=lag)
    (row,) = audited.ask("compliance_audit_lag")
    assert (row["median"], row["p99"], row["maximum"]) == (pytest.approx(0.2), pytest.approx(8.739), 9)
    assert audited.ask("compliance_audit_lag_now") == [{"lag_seconds": 9}]
    for second in range(100, 200):
        audited.event(second, lag=0.5)
    assert audited.ask("compliance_audit_lag_now") == [{"lag_seconds": 0.5}]


def test_tenants_for_the_variable(audited):
    for tenant in ("b", None, "a", "b"):
        audited.event(tenant_id=tenant)
    assert [row["__value"] for row in audited.ask("tenants")] == ["(none)", "a", "b"]
