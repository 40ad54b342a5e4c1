from fraiseql_observe.audit import ddl, setup
from fraiseql_observe.audit.facts import Facts
from fraiseql_observe.audit.sources import KINDS, Source

EVERY_SOURCE = tuple(Source("app", kind.table, kind.name, row_security=True) for kind in KINDS)


def step(facts, title):
    return next(step.sql for step in ddl.steps(facts) if step.title == title)


def titles(facts):
    return [(step.title, step.online) for step in ddl.steps(facts)]


def test_no_placeholder_is_left():
    facts = Facts(sources=EVERY_SOURCE, error_logs=(("app", True),), statements='"ext"."pg_stat_statements"')
    for sql in setup.statements(facts, app_role="app"):
        for placeholder in ("{relation}", "{schema}", "{scope}", "{tenant_scope}", "{superseded}", "{key}", "{select}"):
            assert placeholder not in sql


def test_a_view_has_the_rights_of_its_reader_where_the_server_can():
    assert "security_invoker" in step(Facts(server=15), "view audit_events")
    assert "security_invoker" not in step(Facts(server=14), "view audit_events")


def test_every_branch_of_a_view_is_scoped_to_the_tenant():
    facts = Facts(sources=EVERY_SOURCE, error_logs=(("app", False),))
    for title in ("view audit_events", "view error_groups"):
        for branch in step(facts, title).split("\nunion all\n"):
            assert "fraiseql.tenant_id" in branch[branch.rindex("\n where") :]


def test_indexes_are_part_of_the_transaction_only_while_the_table_is_empty():
    names = ddl.index_names()
    assert len(names) == 7
    assert {(f"index {name}", False) for name in names} <= set(titles(Facts()))
    full = Facts(has_rows=True, indexes=dict.fromkeys(names, True))
    assert not any(title.startswith("index") for title, _ in titles(full))


def test_missing_and_broken_indexes_are_built_online():
    first, second, *others = ddl.index_names()
    facts = Facts(has_rows=True, indexes=dict.fromkeys(others, True) | {second: False})
    online = [step for step in ddl.steps(facts) if step.online]
    assert [step.title for step in online] == [f"index {first}", f"drop broken index {second}", f"index {second}"]
    assert online[0].sql.startswith("create index concurrently if not exists ")


def test_a_log_without_an_index_on_time_gets_one_online():
    source = Source("app", "audit_events", "audit_events_unified", time_index=False)
    online = [step.sql for step in ddl.steps(Facts(sources=(source,))) if step.online]
    assert online == [
        'drop index concurrently if exists "app"."fraiseql_observe_audit_events_time";',
        'create index concurrently "fraiseql_observe_audit_events_time" on "app"."audit_events" ("timestamp");',
    ]


def test_row_security_of_a_source_gets_a_policy_for_the_reader():
    hidden, open_ = (Source("app", "audit_events", "audit_events_unified", row_security=on) for on in (True, False))
    title = 'reading "app"."audit_events"'
    assert 'create policy fraiseql_observe_select on "app"."audit_events"' in step(Facts(sources=(hidden,)), title)
    assert "policy" not in step(Facts(sources=(open_,)), title)
    assert "new_data" not in step(Facts(sources=(hidden,)), title)


def test_an_application_role_is_quoted():
    (granted,) = [step.sql for step in ddl.steps(Facts(), app_role='bl"og') if "may write" in step.title]
    assert granted == 'grant fraiseql_observe_writer to "bl""og";'


def test_the_script_states_what_it_assumes():
    script = setup.script()
    assert script.startswith("-- For a database without FraiseQL audit logs")
    assert script.index("begin;") < script.index("create schema") < script.index("commit;")
    assert "password" not in script.replace("\\password", "").replace("has a password", "").replace("a password", "")
