from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from audit_database import SHAPE, execute

from fraiseql_observe.audit import ddl, setup
from fraiseql_observe.audit.check import check
from fraiseql_observe.audit.facts import Facts
from fraiseql_observe.audit.keeping import Keeping

DATA = Path(__file__).parents[2] / "data" / "audit"


def wrong(audited):
    return {finding.subject: finding.detail for finding in check(audited.url) if not finding.ok}


def test_a_complete_set_up_passes(audited):
    assert wrong(audited) == {}
    audited.event()
    audited.maintain()
    assert {finding.subject for finding in check(audited.url)} >= {"rows of fraiseql_observe.audit_event"}
    assert wrong(audited) == {}


def test_a_log_that_nobody_maintains(audited):
    audited.event()
    assert wrong(audited) == {
        "default partition": "holds 1 rows that have no partition of their own",
        "roll-ups": "hold nothing yet; every question reads rows",
    }
    audited.run("select fraiseql_observe.roll_up()")
    audited.event(recorded_at=datetime.now(UTC) - timedelta(hours=1))
    assert wrong(audited)["roll-ups"].startswith("hold all but the last 1 rows, of the last 36")
    audited.run("update fraiseql_observe.rollup_state set covered_from = '2026-03-04 12:00+00'")
    assert "reach back to 2026-03-04 12:00" in wrong(audited)["roll-ups"]
    setup.apply(audited.url, wishes=ddl.Wishes(keeping=Keeping(retention=timedelta(days=30))))
    audited.run("select fraiseql_observe.empty_default()")
    assert wrong(audited)["retention"] == "1 partitions are past their retention"
    audited.maintain()
    assert wrong(audited) == {}


def test_no_partition_for_times_to_come(audited):
    for (name,) in audited.run("select name from fraiseql_observe.partitions() where lower > now()"):
        audited.run(f"drop table fraiseql_observe.{name}")
    assert wrong(audited) == {"partitions": "1, of which 0 for times to come"}


def test_an_upgrade_that_has_not_ended(database_url):
    execute(database_url, (DATA / "version_1.sql").read_text())
    for step in ddl.steps(Facts(version=1)):
        if step.when is ddl.When.BEFORE and "prove" not in step.title:
            execute(database_url, step.sql)
    (finding,) = [finding for finding in check(database_url) if finding.subject == "schema"]
    assert (finding.ok, "an upgrade was begun" in finding.detail) == (False, True)


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


@pytest.mark.parametrize("role", ["fraiseql_observe_reader", "fraiseql_observe_writer", "fraiseql_observe_maintainer"])
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
