import pytest

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
    for sql in setup.statements(facts, ddl.Wishes(app_role="app")):
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


NAMES = ddl.index_names()
OF_THE_LOG = tuple(name for name in NAMES if name.startswith("audit_event_"))


def online(facts):
    return [step.title for step in ddl.steps(facts) if step.when is ddl.When.AFTER]


def test_indexes_of_a_new_log_are_part_of_the_transaction():
    assert len(NAMES) == 8
    assert {(f"index {name}", False) for name in NAMES} <= set(titles(Facts()))
    whole = Facts(version=2, indexes=dict.fromkeys(NAMES, True))
    assert not any(title.startswith("index") for title, _ in titles(whole))


def test_a_missing_index_of_the_log_is_built_partition_for_partition():
    name = OF_THE_LOG[0]
    facts = Facts(
        version=2, indexes=dict.fromkeys(set(NAMES) - {name}, True), partitions=("audit_event_a", "audit_event_b")
    )
    assert "on only fraiseql_observe.audit_event" in step(facts, f"index {name}")
    assert online(facts) == [
        "index audit_event_a_failed", "attach index audit_event_a_failed",
        "index audit_event_b_failed", "attach index audit_event_b_failed",
    ]  # fmt: skip
    assert step(facts, "index audit_event_b_failed").startswith(
        'create index concurrently if not exists audit_event_b_failed\n  on fraiseql_observe."audit_event_b" '
    )


def test_an_interrupted_build_goes_on_where_it_ended():
    name = OF_THE_LOG[0]
    indexes = dict.fromkeys(NAMES, True) | {name: False, "audit_event_b_failed": False}
    facts = Facts(
        version=2, indexes=indexes, partitions=("audit_event_a", "audit_event_b"), unindexed={name: ("audit_event_b",)}
    )
    assert online(facts) == [
        "drop broken index audit_event_b_failed", "index audit_event_b_failed", "attach index audit_event_b_failed",
    ]  # fmt: skip


def test_an_index_that_is_broken_though_no_partition_lacks_it_is_built_anew():
    name = OF_THE_LOG[0]
    facts = Facts(version=2, indexes=dict.fromkeys(NAMES, True) | {name: False}, partitions=("audit_event_a",))
    assert (f"drop broken index {name}", False) in titles(facts)
    assert online(facts) == ["index audit_event_a_failed", "attach index audit_event_a_failed"]


def test_an_index_of_the_error_groups_is_built_online():
    facts = Facts(version=2, indexes=dict.fromkeys(OF_THE_LOG, True) | {"error_group_resolved": False})
    assert online(facts) == [
        "index error_group_unresolved", "drop broken index error_group_resolved", "index error_group_resolved",
    ]  # fmt: skip


def test_a_log_of_version_1_is_prepared_beside_the_traffic():
    facts = Facts(version=1, indexes=dict.fromkeys(NAMES, True) | {"audit_event_failed": False})
    before = [step.title for step in ddl.steps(facts) if step.when is ddl.When.BEFORE]
    assert before == [
        "upgrade: transaction ids", "drop broken index audit_event_failed", "index audit_event_failed",
        "upgrade: bound", "upgrade: prove the bound",
    ]  # fmt: skip
    together = [step.title for step in ddl.steps(facts) if step.when is ddl.When.TOGETHER]
    places = [
        together.index(title)
        for title in ("upgrade: make room", "tables", "index audit_event_failed", "upgrade: attach")
    ]
    assert places == sorted(places)
    assert online(facts) == []


@pytest.mark.parametrize("version", [0, 2])
def test_only_a_log_of_version_1_is_upgraded(version):
    assert not [title for title, _ in titles(Facts(version=version)) if title.startswith("upgrade")]


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
    (granted,) = [step.sql for step in ddl.steps(Facts(), ddl.Wishes(app_role='bl"og')) if "may write" in step.title]
    assert granted == 'grant fraiseql_observe_writer to "bl""og";'


def test_the_script_states_what_it_assumes():
    script = setup.script()
    assert script.startswith("-- For a database without FraiseQL audit logs")
    assert script.index("begin;") < script.index("create schema") < script.index("commit;")
    assert "password" not in script.replace("\\password", "").replace("has a password", "").replace("a password", "")
