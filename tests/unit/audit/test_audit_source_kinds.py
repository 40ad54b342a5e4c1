import re
from importlib import resources

import pytest

from fraiseql_observe.audit.sources import ERROR_LOG, KINDS, Source, Table, quoted, recognise

UNIFIED = next(kind for kind in KINDS if kind.name == "audit_events_unified")
TRACKER = next(kind for kind in KINDS if kind.name == "tb_error_occurrence")


def select_of(kind):
    folder = resources.files("fraiseql_observe.audit").joinpath("schema", "sources")
    return folder.joinpath(f"{kind.name}.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_view_reads_only_columns_that_the_reader_is_granted(kind):
    read = set(re.findall(r'\bt\."?([a-z_]+)"?', select_of(kind)))
    assert read <= set(kind.columns)
    assert kind.time in kind.columns
    assert not kind.tenant_column or kind.tenant_column in kind.columns


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_source_gives_the_columns_of_ours(kind):
    def columns(sql):
        body = sql[sql.index("select ") : sql.rindex("\n  from ")]
        depth, parts = 0, [""]
        for character in body.removeprefix("select "):
            depth += {"(": 1, ")": -1}.get(character, 0)
            if character == "," and depth == 0:
                parts.append("")
            else:
                parts[-1] += character
        return [re.split(r"[\s.]", part.strip())[-1] for part in parts]

    ours = resources.files("fraiseql_observe.audit").joinpath("schema", "sources", "fraiseql_observe.sql")
    assert columns(select_of(kind)) == columns(ours.read_text(encoding="utf-8"))


def test_recognises_a_table_by_name_and_columns():
    columns = frozenset(UNIFIED.columns) | {"event_hash"}
    tables = {
        ("public", "audit_events"): Table(columns, frozenset({"timestamp"}), row_security=True),
        ("app", "audit_events"): Table(columns),
        ("other", "audit_events"): Table(columns - {"entity_type"}),
        ("public", "posts"): Table(columns),
    }
    assert recognise(tables) == (
        Source("app", "audit_events", "audit_events_unified", row_security=False, time_index=False),
        Source("public", "audit_events", "audit_events_unified", row_security=True, time_index=True),
    )


def test_a_source_needs_its_companion_in_the_same_schema():
    occurrences = {("public", "tb_error_occurrence"): Table(frozenset(TRACKER.columns))}
    log = Table(frozenset(ERROR_LOG[1]))
    assert recognise(occurrences) == ()
    assert recognise(occurrences | {("app", "tb_error_log"): log}) == ()
    assert recognise(occurrences | {("public", "tb_error_log"): Table(frozenset({"error_id"}))}) == ()
    (source,) = recognise(occurrences | {("public", "tb_error_log"): log})
    assert source.definition is TRACKER


def test_identifiers_are_quoted():
    assert quoted('a"b') == '"a""b"'
    assert Source('my "app"', "audit_events", "x").relation == '"my ""app"""."audit_events"'
