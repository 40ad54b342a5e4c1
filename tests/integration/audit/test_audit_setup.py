import re
import threading
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from audit_database import READER_PASSWORD, SHAPE, execute

from fraiseql_observe.audit import ddl, setup
from fraiseql_observe.audit.facts import Facts
from fraiseql_observe.errors import AuditError


def test_sets_an_empty_database_up(database_url):
    applied = setup.apply(database_url)
    assert (applied.previous_version, applied.version, applied.sources) == (0, ddl.VERSION, ())
    found = execute(
        database_url,
        "select relname from pg_class where relnamespace = 'fraiseql_observe'::regnamespace and relkind <> 'i'",
    )
    relations = {name for (name,) in found}
    assert relations >= {
        "audit_event", "audit_event_default", "error_group", "schema_version", "maintenance_setting", "rollup_state",
        "audit_events", "error_groups", "tenants", "statement_stats", "rolled_up", "new_event", "old_event",
    }  # fmt: skip
    assert len([name for name in relations if re.fullmatch(r"audit_event_\d{8}", name)]) == 8


def test_running_it_again_changes_nothing(audited):
    audited.event()
    before = audited.run(SHAPE)
    applied = setup.apply(audited.url)
    assert (applied.previous_version, applied.online_indexes) == (ddl.VERSION, ())
    assert audited.run(SHAPE) == before
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(1,)]


def test_two_at_once_take_turns(database_url):
    errors = []

    def run():
        try:
            setup.apply(database_url)
        except AuditError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert execute(database_url, "select version from fraiseql_observe.schema_version") == [(ddl.VERSION,)]


def test_the_printed_script_does_the_same(audited, postgres_url, database_url):
    printed = setup.script()
    shape = audited.run(SHAPE)
    execute(database_url, "drop schema fraiseql_observe cascade")
    execute(database_url, printed)
    assert audited.run(SHAPE) == shape


def test_the_script_for_a_database_says_which(database_url):
    script = setup.script(database_url, ddl.Wishes(app_role="blog"))
    assert f"on PostgreSQL {psycopg.connect(database_url).info.server_version // 10000}" in script
    assert 'grant fraiseql_observe_writer to "blog"' in script
    assert execute(database_url, "select to_regnamespace('fraiseql_observe')") == [(None,)]


def test_all_or_nothing(database_url):
    # a table of ours with another shape makes a view fail half-way
    execute(database_url, "create schema fraiseql_observe; create table fraiseql_observe.audit_event (event_id uuid)")
    with pytest.raises(AuditError, match="refused a statement"):
        setup.apply(database_url)
    assert execute(database_url, "select to_regclass('fraiseql_observe.error_group')") == [(None,)]


@pytest.mark.parametrize(
    "bait", ["create schema fraiseql_observe", "create view fraiseql_observe.schema_version as select 1/0 as version"]
)
def test_a_schema_that_a_stranger_made_first_is_not_touched(database_url, bait):
    """Reading a stranger's view, or writing into his table, would run his code with the rights of who sets up."""
    name = "stranger_" + database_url.rpartition("_")[2]
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("create schema if not exists fraiseql_observe")
        admin.execute(f"create role {name}")
        try:
            admin.execute(f"grant create on schema fraiseql_observe to {name}")
            if bait.startswith("create schema"):
                admin.execute(f"alter schema fraiseql_observe owner to {name}")
            else:
                admin.execute(f"set role {name}; {bait}; reset role")
            for attempt in (setup.apply, setup.script):
                with pytest.raises(AuditError, match=f"holds objects of {name}"):
                    attempt(database_url)
        finally:
            admin.execute(f"drop owned by {name} cascade; drop role {name}")


def test_operators_in_public_get_into_no_view(database_url):
    """A better match than PostgreSQL's own: `varchar = unknown` would resolve to it while it is on the search path."""
    execute(
        database_url,
        """
        create function public.always(varchar, varchar) returns boolean language sql as 'select true';
        create operator public.= (leftarg = varchar, rightarg = varchar, procedure = public.always);
        create table public.tb_error_log (
          error_id uuid, error_fingerprint text, error_type varchar(9), error_message text, request_context jsonb,
          first_seen timestamptz, last_seen timestamptz, occurrence_count integer, status varchar(9),
          resolved_at timestamptz, resolved_by text, resolution_notes text, severity varchar(9));
        """,
    )
    setup.apply(database_url)
    used = execute(
        database_url,
        """
        select distinct o.oprname from pg_depend as d join pg_operator as o on o.oid = d.refobjid
         where d.refclassid = 'pg_operator'::regclass and o.oprnamespace = 'public'::regnamespace
        """,
    )
    assert list(used) == []


def test_a_newer_schema_is_left_alone(audited):
    audited.run("insert into fraiseql_observe.schema_version (version) values (99)")
    with pytest.raises(AuditError, match="newer fraiseql-observe") as error:
        setup.apply(audited.url)
    assert "upgrade" in error.value.hint


def test_an_old_server_is_refused():
    with pytest.raises(AuditError, match="PostgreSQL 13 is too old"):
        setup._supported(Facts(server=13))


def test_a_missing_index_is_built_beside_the_traffic(audited):
    audited.event()
    audited.run("drop index fraiseql_observe.audit_event_failed")
    # an index whose build was interrupted stays behind, broken
    audited.run(
        "update pg_index set indisvalid = false where indexrelid = 'fraiseql_observe.audit_event_admin'::regclass"
    )
    built = setup.apply(audited.url).online_indexes
    for name in ("failed", "admin"):
        assert {f"index audit_event_default_{name}", f"attach index audit_event_default_{name}"} <= set(built)
    valid = audited.run(
        "select bool_and(indisvalid), count(*) from pg_index where indrelid = 'fraiseql_observe.audit_event'::regclass"
    )
    assert valid == [(True, 7)]
    assert setup.apply(audited.url).online_indexes == ()


def test_the_owner_of_the_database_needs_no_right_on_roles_that_exist(audited, database_url):
    audited.run("drop schema fraiseql_observe cascade; create role owner_of_test login password 'owner'")
    name = urlsplit(database_url).path.removeprefix("/")
    audited.run(f"alter database {name} owner to owner_of_test")
    host = urlsplit(database_url).netloc.rpartition("@")[2]
    try:
        url = urlunsplit(urlsplit(database_url)._replace(netloc=f"owner_of_test:owner@{host}"))
        assert setup.apply(url).version == ddl.VERSION
        assert audited.ask("compliance_recent_events") == []
    finally:
        audited.run(f"alter database {name} owner to current_user; reassign owned by owner_of_test to current_user")
        audited.run("drop owned by owner_of_test; drop role owner_of_test")


def test_a_partitioned_log_is_read_and_its_indexes_left_to_its_owner(audited):
    columns = (
        "id bigint, timestamp timestamptz, level text, user_id bigint, tenant_id bigint, operation text, query text"
    )
    columns += ", ip_address text, error text, duration_ms int, created_at timestamptz"
    audited.run(f"create table fraiseql_audit_logs ({columns}) partition by range (timestamp)")
    audited.run("create table fraiseql_audit_logs_all partition of fraiseql_audit_logs default")
    applied = setup.apply(audited.url)
    assert (applied.sources, applied.online_indexes) == (("public.fraiseql_audit_logs",), ())


def test_the_reader_logs_in_only_with_a_password(database_url):
    setup.apply(database_url)
    execute(database_url, "alter role fraiseql_observe_reader nologin password null")
    assert setup.apply(database_url).reader_login is False
    assert setup.apply(database_url, reader_password=READER_PASSWORD).reader_login is True
    stored = execute(database_url, "select rolpassword from pg_authid where rolname = 'fraiseql_observe_reader'")
    assert stored[0][0].startswith("SCRAM-SHA-256$")
    assert setup.apply(database_url).reader_login is True


def test_the_server_never_sees_the_password(database_url, monkeypatch):
    seen = []
    original = psycopg.Connection.execute

    def spy(self, query, *args, **kwargs):
        seen.append(query.as_string(self) if hasattr(query, "as_string") else str(query))
        return original(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Connection, "execute", spy)
    setup.apply(database_url, reader_password=READER_PASSWORD)
    assert any("SCRAM-SHA-256$" in query for query in seen)
    assert not any(READER_PASSWORD in query or READER_PASSWORD.replace("'", "''") in query for query in seen)


def test_another_audit_reader_keeps_his_rights(audited):
    audited.run("create role auditor_of_test; grant usage on schema fraiseql_observe to auditor_of_test")
    try:
        audited.run("grant select on fraiseql_observe.audit_events to auditor_of_test")
        setup.apply(audited.url)
        assert audited.run(
            "select has_table_privilege('auditor_of_test', 'fraiseql_observe.audit_events', 'select')"
        ) == [(True,)]
    finally:
        audited.run("drop owned by auditor_of_test; drop role auditor_of_test")


def test_statement_stats_come_and_stay_safe(audited):
    try:
        audited.run("create extension pg_stat_statements; select count(*) from pg_stat_statements")
    except psycopg.Error:
        pytest.skip("pg_stat_statements is not preloaded on this server")
    assert setup.apply(audited.url).statement_stats is True
    audited.run("select pg_stat_statements_reset()")
    audited.run("create role secret_of_test password 'hunter2'; drop role secret_of_test")
    for number in (1, 2, 3):
        audited.run(f"select {number} as marked, 'x' as  word")
    rows = audited.ask("database_top_statements")
    marked = next(row for row in rows if "as marked" in row["statement"])
    assert marked["statement"] == "select $1 as marked, $2 as word"
    assert (marked["calls"], marked["rows_per_call"]) == (3, 1)
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert not any("hunter2" in row["statement"] for row in rows)
    with psycopg.connect(audited.reader_url) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select pg_stat_statements_reset()")


def test_the_ddl_ships_with_the_package():
    folder = Path(ddl.__file__).parent / "schema"
    used = {name.name for name in folder.rglob("*.sql")}
    assert {"tables.sql", "fraiseql_observe.sql", "audit_events_unified.sql"} <= used
