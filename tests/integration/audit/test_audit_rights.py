"""What the two roles may do, and that they may do nothing else."""

import psycopg
import pytest

READ_ONLY = (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)


@pytest.fixture
def reader(audited):
    audited.run("create table public.invoice (id int); insert into public.invoice values (1)")
    audited.event()
    audited.event(1, tenant_id="globex", user_id="gus")
    audited.event(2, tenant_id=None, user_id=None)
    with psycopg.connect(audited.reader_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("view", ["audit_events", "error_groups", "tenants", "statement_stats", "schema_version"])
def test_reads_what_dashboards_read(reader, view):
    reader.execute(f"select * from fraiseql_observe.{view}")


def test_sees_every_row(reader):
    assert reader.execute("select count(*) from fraiseql_observe.audit_events").fetchone() == (3,)


ADD = """
insert into fraiseql_observe.audit_event (event_id, occurred_at, event_type, outcome)
values ('00000000-0000-0000-0000-000000000001', now(), 'access', 'success')
on conflict do nothing
"""
ATTACKS = [
    ADD,
    "update fraiseql_observe.audit_event set user_id = 'eve'",
    "delete from fraiseql_observe.audit_event",
    "truncate fraiseql_observe.audit_event",
    "with gone as (delete from fraiseql_observe.audit_event returning 1) select * from gone",
    "update fraiseql_observe.error_group set status = 'resolved'",
    "select fraiseql_observe.resolve_error('x', 'eve')",
    "update fraiseql_observe.schema_version set version = 9",
    "create table fraiseql_observe.mine (id int)",
    "drop view fraiseql_observe.audit_events",
    "alter table fraiseql_observe.audit_event disable row level security",
    "drop policy reader_select on fraiseql_observe.audit_event",
    "select * from public.invoice",
    "select * from pg_catalog.pg_authid",
    "select pg_read_file('/etc/passwd')",
    "copy fraiseql_observe.audit_event to program 'cat'",
    "copy fraiseql_observe.audit_event from '/etc/passwd'",
    "set role postgres",
    "set session authorization postgres",
    "set role fraiseql_observe_writer",
    "create role eve",
    "alter role fraiseql_observe_reader superuser",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("escaped", [False, True])
def test_does_nothing_else(reader, attack, escaped):
    if escaped:  # anybody may leave read-only mode: the grants are the wall
        reader.execute("set default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.Error) as error:
        reader.execute(attack)
    allowed = (*READ_ONLY, psycopg.errors.InvalidParameterValue, psycopg.errors.ActiveSqlTransaction)
    assert isinstance(error.value, allowed)
    if escaped:
        assert isinstance(error.value, psycopg.errors.InsufficientPrivilege)


def test_cannot_give_away_what_it_may_read(audited, reader):
    reader.execute("set default_transaction_read_only = off")
    reader.execute("grant select on fraiseql_observe.audit_event to public")  # a warning, no error
    given = audited.run("select has_table_privilege('public', 'fraiseql_observe.audit_event', 'select')")
    assert given == [(False,)]


def test_cannot_hold_the_database_up(reader):
    settings = {
        name: reader.execute(f"show {name}").fetchone()[0]
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    }
    assert settings == {
        "statement_timeout": "15s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "30s",
    }
    assert reader.execute("select rolconnlimit from pg_roles where rolname = current_user").fetchone() == (20,)


@pytest.mark.parametrize(
    ("tenant", "users", "tenants"),
    [
        ("acme", ["ada"], ["acme"]),
        ("globex", ["gus"], ["globex"]),
        ("", ["ada", "gus", None], ["(none)", "acme", "globex"]),
        ("nobody", [], ["nobody"]),
    ],
)
@pytest.mark.parametrize("relation", ["audit_events", "audit_event"])
def test_a_narrowed_session_sees_one_tenant(reader, tenant, users, tenants, relation):
    with reader.transaction():
        reader.execute("select set_config('fraiseql.tenant_id', %s, true)", (tenant,))
        seen = reader.execute(f"select user_id from fraiseql_observe.{relation} order by user_id").fetchall()
        assert [row[0] for row in seen] == users
        assert [row[0] for row in reader.execute("select * from fraiseql_observe.tenants order by 1")] == tenants
    assert reader.execute("select count(*) from fraiseql_observe.audit_events").fetchone() == (3,)


def test_a_narrowed_session_sees_the_errors_it_met_without_the_words_of_others(audited, reader):
    audited.error("shared")
    audited.error("foreign")
    audited.event(3, outcome="failure", error_fingerprint="shared")
    audited.event(4, tenant_id="globex", outcome="failure", error_fingerprint="foreign")
    with reader.transaction():
        reader.execute("select set_config('fraiseql.tenant_id', 'acme', true)")
        groups = reader.execute("select fingerprint, message from fraiseql_observe.error_groups").fetchall()
        assert groups == [("shared", None)]
        assert reader.execute("select fingerprint from fraiseql_observe.error_group").fetchall() == [("shared",)]
    everything = reader.execute("select fingerprint, message from fraiseql_observe.error_groups order by 1").fetchall()
    assert everything == [("foreign", "another tenant's secret"), ("shared", "another tenant's secret")]


@pytest.fixture
def writer(audited):
    with psycopg.connect(audited.url, autocommit=True) as connection:
        connection.execute("set role fraiseql_observe_writer")
        yield connection


def test_the_application_adds_but_neither_reads_nor_changes(writer):
    writer.execute(ADD)
    for attack in (
        "select user_id from fraiseql_observe.audit_event",
        "select * from fraiseql_observe.audit_events",
        "update fraiseql_observe.audit_event set user_id = 'eve'",
        "delete from fraiseql_observe.audit_event",
        "delete from fraiseql_observe.error_group",
        "truncate fraiseql_observe.audit_event",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute(attack)


def test_resolving_an_error(audited, writer):
    audited.error("boom")
    resolve = "select fraiseql_observe.resolve_error('boom', %s, 'index added')"
    assert writer.execute(resolve, ("ada",)).fetchone() == (True,)
    assert writer.execute(resolve, ("bob",)).fetchone() == (False,)
    resolved = audited.run(
        "select status, resolved_by, resolution_note, resolved_at is not null from fraiseql_observe.error_group"
    )
    assert resolved == [("resolved", "ada", "index added", True)]
    with pytest.raises(psycopg.errors.NoDataFound, match="no error with fingerprint nothing"):
        writer.execute("select fraiseql_observe.resolve_error('nothing', 'ada')")
