from pathlib import Path

import pytest
from audit_database import SHAPE

from fraiseql_observe.audit import ddl, setup
from fraiseql_observe.audit.check import check

DATA = Path(__file__).parents[2] / "data" / "audit"


def wrong(audited):
    return {finding.subject: finding.detail for finding in check(audited.url) if not finding.ok}


def test_a_complete_set_up_passes(audited):
    assert wrong(audited) == {}
    audited.event()
    assert {finding.subject for finding in check(audited.url)} >= {"rows of fraiseql_observe.audit_event"}
    assert wrong(audited) == {}


def test_it_changes_nothing(audited):
    before = audited.run(SHAPE)
    check(audited.url)
    assert audited.run(SHAPE) == before


def test_nothing_there(database_url):
    (finding,) = check(database_url)
    assert (finding.ok, finding.subject) == (False, "schema")


@pytest.mark.parametrize(
    ("damage", "subject", "detail"),
    [
        ("drop index fraiseql_observe.audit_event_failed", "indexes", "missing or broken: audit_event_failed"),
        ("drop policy reader_select on fraiseql_observe.audit_event", "rows of fraiseql_observe.audit_event", "hidden"),
        (
            "drop policy reader_select on fraiseql_observe.error_group",
            "row security of fraiseql_observe.error_group",
            "no policy",
        ),
        (
            "revoke select on fraiseql_observe.audit_event from fraiseql_observe_reader",
            "reader sees rows",
            "permission denied",
        ),
        ("drop view fraiseql_observe.audit_events", "reader sees rows", "missing"),
        ("grant update on fraiseql_observe.audit_event to fraiseql_observe_reader", "least privilege", "may change"),
        ("insert into fraiseql_observe.schema_version (version) values (9)", "schema", "version 9"),
    ],
)
def test_says_what_is_wrong(audited, damage, subject, detail):
    audited.event()
    audited.run(damage)
    assert detail in wrong(audited)[subject]


@pytest.mark.parametrize("role", ["fraiseql_observe_reader", "fraiseql_observe_writer"])
def test_a_role_with_power_over_the_server(audited, role):
    audited.run(f"alter role {role} createdb")
    try:
        (finding,) = [finding for finding in check(audited.url) if not finding.ok]
    finally:
        audited.run(f"alter role {role} nocreatedb")
    assert finding.subject == f"role {role}"
    assert f"alter role {role}" in finding.hint


def test_a_source_that_appeared_later(audited):
    audited.run((DATA / "fraiseql_v2.sql").read_text())
    audited.run("insert into core.tb_entity_change_log (object_type, modification_type) values ('Post', 'INSERT')")
    problems = wrong(audited)
    assert "not read" in problems['source "core"."tb_entity_change_log"']
    assert "not read" in problems['source "public"."fraiseql_permission_audit"']
    setup.apply(audited.url)
    assert wrong(audited) == {}


def test_row_security_switched_on_later(audited):
    audited.run((DATA / "fraiseql_audit_logs.sql").read_text())
    setup.apply(audited.url)
    audited.run("alter table fraiseql_audit_logs enable row level security")
    assert "no policy" in wrong(audited)['row security of "public"."fraiseql_audit_logs"']
    setup.apply(audited.url)
    assert wrong(audited) == {}


def test_the_reader_may_check_too(audited):
    audited.event()
    findings = check(audited.reader_url)
    assert [finding for finding in findings if not finding.ok] == []
    assert findings[0].detail == f"version {ddl.VERSION}, this program's is {ddl.VERSION}"
