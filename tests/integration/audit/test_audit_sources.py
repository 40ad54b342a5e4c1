"""FraiseQL's own audit logs, created by FraiseQL's own SQL, read through our views."""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from audit_database import NOON

from fraiseql_observe.audit import setup
from fraiseql_observe.audit.check import check

DATA = Path(__file__).parents[2] / "data" / "audit"
TENANT = "10000000-0000-0000-0000-000000000001"
OTHER = "10000000-0000-0000-0000-000000000002"
USER = "20000000-0000-0000-0000-000000000001"
KEY = "insert into audit_signing_keys (key_value) values ('test')"


def shipped(path):
    """A file of the installed FraiseQL; found without importing it, which starts its machinery."""
    specification = find_spec("fraiseql")
    if specification is None:
        pytest.skip("FraiseQL is not installed")
    return (Path(specification.origin).parent / path).read_text(encoding="utf-8")


def events(audited, source):
    rows = audited.ask("compliance_recent_events", tenants=("acme", "7", TENANT, OTHER, "(none)"))
    return [row for row in rows if row["source"] == source]


def scoped(audited, tenant, sql):
    with psycopg.connect(audited.reader_url) as reader:
        reader.execute("select set_config('fraiseql.tenant_id', %s, true)", (tenant,))
        return reader.execute(sql).fetchall()


@pytest.mark.fraiseql
def test_the_unified_audit_table_hides_its_rows_until_we_are_set_up(audited):
    audited.run(shipped("enterprise/migrations/002_unified_audit.sql"))
    audited.run(KEY)
    for kind, subtype in (("INSERT", "new"), ("DELETE", None), ("NOOP", "noop:duplicate")):
        audited.run(
            "select log_and_return_mutation(%s, %s, 'post', null, %s, %s, null, 'm', null, null, null)",
            (TENANT, USER, kind, subtype),
        )
    audited.run("update audit_events set timestamp = %s, created_at = %s", (NOON, NOON + timedelta(seconds=2)))
    applied = setup.apply(audited.url)
    assert applied.sources == ("public.audit_events",)
    assert applied.online_indexes[-1] == 'index on "public"."audit_events"'
    found = {(row["event_type"], row["outcome"], row["user"], row["entity"]) for row in events(audited, "audit_events")}
    assert found == {
        ("create", "success", USER, "post"),
        ("delete", "success", USER, "post"),
        ("update", "noop", USER, "post"),
    }
    assert audited.ask("compliance_audit_lag_now", tenants=(TENANT,)) == [{"lag_seconds": 2}]
    assert [row["__value"] for row in audited.ask("tenants")] == [TENANT]
    assert scoped(audited, OTHER, "select * from fraiseql_observe.audit_events") == []
    assert len(scoped(audited, TENANT, "select * from fraiseql_observe.audit_events")) == 3
    with psycopg.connect(audited.reader_url) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select new_data from public.audit_events")
    assert setup.apply(audited.url).online_indexes == ()


@pytest.mark.fraiseql
def test_the_hash_chain_table(audited):
    audited.run(shipped("enterprise/migrations/001_audit_tables.sql"))
    audited.run(KEY)
    # with this trigger FraiseQL 1.9.16 refuses every insert into its own table
    audited.run("drop trigger create_audit_partition_trigger on audit_events")
    insert = """insert into audit_events (event_type, event_data, user_id, tenant_id, timestamp, ip_address)
                values (%s, %s, %s, %s, %s, '192.0.2.1')"""
    for name in ("post.created", "user.role_granted", "login.failed", "access.denied"):
        audited.run(insert, (name, '{"entity_type": "Thing"}', USER, TENANT, NOON))
    assert setup.apply(audited.url).sources == ("public.audit_events",)
    found = {
        (row["operation_name"], row["event_type"], row["category"], row["outcome"])
        for row in events(audited, "audit_events")
    }
    assert found == {
        ("post.created", "create", "data", "success"),
        ("user.role_granted", "create", "permission", "success"),
        ("login.failed", "access", "data", "failure"),
        ("access.denied", "access", "data", "denied"),
    }
    assert [row["attempts"] for row in audited.ask("compliance_failed_access", tenants=(TENANT,))] == [1]


@pytest.mark.fraiseql
def test_the_error_tracker(audited):
    audited.run(shipped("monitoring/schema.sql"))
    audited.run("select create_error_occurrence_partition(%s::date)", (NOON.date(),))
    audited.run(
        """insert into tb_error_log
          (error_id, error_fingerprint, error_type, error_message, severity, first_seen, last_seen)
        values (%s, 'tracked', 'ValueError', 'no such post', 'critical', %s, %s)""",
        (USER, NOON, NOON),
    )
    audited.run(
        """insert into tb_error_occurrence (error_id, occurred_at, request_context, user_context)
        values (%s, %s, '{"path": "/graphql", "operation": "post"}', '{"user_id": "ada", "tenant_id": "acme"}')""",
        (USER, NOON),
    )
    assert setup.apply(audited.url).sources == ("public.tb_error_occurrence",)
    (error,) = audited.ask("errors_recent")
    assert (error["severity"], error["error_type"], error["user"], error["tenant"]) == (
        "critical",
        "ValueError",
        "ada",
        "acme",
    )
    (open_error,) = audited.ask("errors_open")
    assert (open_error["fingerprint"], open_error["status"], open_error["message"]) == (
        "tracked",
        "open",
        "no such post",
    )
    resolved = "update tb_error_log set status = 'resolved', resolved_at = %s"
    audited.run(resolved, (NOON + timedelta(minutes=5),))
    assert audited.ask("errors_open") == []
    assert audited.ask("errors_resolution_time")[0]["median_seconds"] == 300
    assert [row["__value"] for row in audited.ask("tenants")] == ["acme"]
    assert scoped(audited, "acme", "select * from fraiseql_observe.error_groups") == []


@pytest.mark.fraiseql
def test_granted_roles(audited):
    audited.run(shipped("enterprise/migrations/002_rbac_tables.sql").replace("MIN(depth)", "MIN(role_hierarchy.depth)"))
    audited.run(
        """insert into user_roles (user_id, role_id, granted_by, granted_at)
        values (%s, '00000000-0000-0000-0000-000000000002', %s, %s)""",
        (OTHER, USER, NOON),
    )
    assert setup.apply(audited.url).sources == ("public.user_roles",)
    (row,) = audited.ask("compliance_permission_changes")
    assert (row["user"], row["operation_name"], row["tenant"]) == (USER, "grant role", "(none)")
    assert row["entity_id"] == f"00000000-0000-0000-0000-000000000002 to {OTHER}"
    assert [row["__value"] for row in audited.ask("tenants")] == ["(none)"]


def log(audited, level, operation, query, error=None):
    audited.run(
        """insert into fraiseql_audit_logs
          (timestamp, created_at, level, user_id, tenant_id, operation, query, ip_address,
        user_agent, error, duration_ms) values (%s, %s, %s, 5, 7, %s, %s, 'unknown', 'test', %s, 12)""",
        (NOON, NOON + timedelta(seconds=1), level, operation, query, error),
    )


def test_the_request_log(audited):
    audited.run((DATA / "fraiseql_audit_logs.sql").read_text())
    log(audited, "INFO", "query", "query posts { posts { id } }")
    log(audited, "ERROR", "mutation", "mutation deletePost { deletePost }", "no such post")
    log(audited, "INFO", "mutation", "{ anonymous }")
    assert setup.apply(audited.url).online_indexes == ()
    found = {
        (row["operation_name"], row["event_type"], row["outcome"]) for row in events(audited, "fraiseql_audit_logs")
    }
    assert found == {("posts", "access", "success"), ("deletePost", "delete", "failure"), (None, "update", "success")}
    (error,) = audited.ask("errors_top_fingerprints", tenants=("7",))
    assert (error["message"], error["occurrences"], error["affected_users"]) == ("no such post", 1, 1)
    assert audited.ask("users_top", tenants=("7",))[0]["p95_ms"] == 12


def test_the_logs_of_the_v2_server(audited):
    audited.run((DATA / "fraiseql_v2.sql").read_text())
    change = """insert into core.tb_entity_change_log
      (object_type, modification_type, tenant_id, created_at, commit_time,
      duration_ms, change_status) values (%s, %s, %s, %s, %s, 9, %s)"""
    audited.run(change, ("Post", "INSERT", TENANT, NOON, NOON + timedelta(seconds=3), None))
    audited.run(change, ("Post", "CUSTOM", OTHER, NOON, None, "noop:same"))
    audited.run(
        """insert into fraiseql_permission_audit (occurred_at, event_type, role_name, user_id, tenant_id, details)
        values (%s, 'role_revoked', 'editor', 'bob', %s, %s)""",
        (NOON, TENANT, '{"actor": "ada"}'),
    )
    assert setup.apply(audited.url).sources == ("core.tb_entity_change_log", "public.fraiseql_permission_audit")
    changes = {(row["event_type"], row["entity"], row["outcome"]) for row in events(audited, "tb_entity_change_log")}
    assert changes == {("create", "Post", "success"), ("update", "Post", "noop")}
    (permission,) = audited.ask("compliance_permission_changes", tenants=(TENANT,))
    assert (permission["user"], permission["event_type"], permission["entity_id"]) == ("ada", "delete", "editor to bob")
    assert len(scoped(audited, OTHER, "select * from fraiseql_observe.audit_events")) == 1
    assert check(audited.url) == [finding for finding in check(audited.url) if finding.ok]


def test_what_our_own_log_covers_is_not_counted_twice(audited):
    audited.run((DATA / "fraiseql_audit_logs.sql").read_text())
    log(audited, "INFO", "query", "query before { a }")
    audited.run("update fraiseql_audit_logs set timestamp = timestamp - interval '1 minute', tenant_id = 7")
    log(audited, "INFO", "query", "query after { a }")
    setup.apply(audited.url)
    everything = ("acme", "7")
    early = {"from": NOON - timedelta(hours=1)}
    assert audited.ask("users_active_total", tenants=everything, **early)[0]["active_users"] == 1
    assert {row["operation_name"] for row in audited.ask("users_query_patterns", tenants=everything, **early)} == {
        "before",
        "after",
    }
    audited.event(-10)
    patterns = audited.ask("users_query_patterns", tenants=everything, **early)
    assert {row["operation_name"] for row in patterns} == {"before", "posts"}
    evidence = audited.ask("compliance_recent_events", tenants=everything, **early)
    assert {row["operation_name"] for row in evidence} == {"before", "posts"}


def test_a_grant_behind_the_api_is_shown_and_one_through_it_only_once(audited):
    audited.run((DATA / "fraiseql_v2.sql").read_text())
    grant = "insert into fraiseql_permission_audit (occurred_at, event_type, role_name) values (%s, 'role_granted', %s)"
    for second, role in ((61, "through the API"), (600, "by hand")):
        audited.run(grant, (NOON + timedelta(seconds=second), role))
    setup.apply(audited.url)
    audited.event(60, category="permission", event_type="create", operation_name="grantRole")
    for question in ("compliance_permission_changes", "compliance_admin_actions"):
        found = [(row["operation_name"], row["entity_id"]) for row in audited.ask(question)]
        assert found == [("role_granted", "by hand"), ("grantRole", None)]


def test_schemas_are_told_apart_and_oddly_named(audited):
    text = (DATA / "fraiseql_audit_logs.sql").read_text()
    audited.run('create schema "Tenant ""B"""; set search_path = "Tenant ""B"""; ' + text)
    audited.run("create table public.fraiseql_audit_logs (id int, something_else text)")
    assert setup.apply(audited.url).sources == ('Tenant "B".fraiseql_audit_logs',)
    assert audited.ask("compliance_recent_events") == []


def test_on_a_server_without_security_invoker_the_views_scope_themselves(audited, monkeypatch):
    audited.event(1)
    audited.event(2, tenant_id="globex")
    audited.error("f")
    audited.event(3, tenant_id="globex", outcome="failure", error_fingerprint="f")
    monkeypatch.setattr("fraiseql_observe.audit.facts.SECURITY_INVOKER", 99)
    audited.run("drop view fraiseql_observe.audit_events, fraiseql_observe.error_groups, fraiseql_observe.tenants")
    setup.apply(audited.url)
    options = audited.run("select reloptions from pg_class where oid = 'fraiseql_observe.audit_events'::regclass")
    assert options == [(None,)]
    assert scoped(audited, "acme", "select tenant_id from fraiseql_observe.audit_events") == [("acme",)]
    assert scoped(audited, "acme", "select * from fraiseql_observe.error_groups") == []
    assert scoped(audited, "acme", "select * from fraiseql_observe.tenants") == [("acme",)]
    assert len(scoped(audited, "", "select * from fraiseql_observe.audit_events")) == 3
