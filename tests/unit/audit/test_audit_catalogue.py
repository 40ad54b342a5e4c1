import json
from pathlib import Path

import pytest

from fraiseql_observe.audit import catalogue, reference
from fraiseql_observe.audit.frontmatter import parse
from fraiseql_observe.errors import CatalogueError

ROOT = Path(__file__).parents[3]
GOOD = """\
-- ---
-- title: Failures
-- description: >-
--   What failed,
--   newest first.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   limit: {type: integer, default: 10, minimum: 1, maximum: 100}
-- columns:
--   time: {title: Time, type: time}
--   share: {title: Share, type: number, unit: percentunit}
-- scope: audit:read
-- ---
-- newest first
select occurred_at as time, 1 as share
  from t
 where occurred_at > :from::timestamptz
 limit :limit::integer;
-- the end
"""


def test_reads_a_question():
    question = parse("failures", GOOD, "failures.sql")
    assert (question.title, question.description) == ("Failures", "What failed, newest first.")
    assert (question.format, question.scope) == ("table", "audit:read")
    assert question.as_json() == {
        "title": "Failures",
        "description": "What failed, newest first.",
        "format": "table",
        "parameters": {
            "from": {"type": "timestamptz"},
            "limit": {"type": "integer", "default": 10, "minimum": 1, "maximum": 100},
        },
        "columns": [
            {"name": "time", "title": "Time", "type": "time", "unit": ""},
            {"name": "share", "title": "Share", "type": "number", "unit": "percentunit"},
        ],
        "rawSql": "select occurred_at as time, 1 as share\n  from t\n"
        " where occurred_at > $__timeFrom()::timestamptz\n limit 50::integer".replace("50", "10"),
    }
    assert question.bound_sql.endswith("> %(from)s::timestamptz\n limit %(limit)s::integer")


def test_binds_given_values_and_defaults():
    question = parse("failures", GOOD, "failures.sql")
    assert question.arguments(**{"from": "now", "else": 1}) == {"from": "now", "limit": 10}
    assert question.arguments(limit=5) == {"from": None, "limit": 5}


def test_windows_line_ends_make_no_difference():
    assert parse("failures", GOOD.replace("\n", "\r\n"), "f.sql") == parse("failures", GOOD, "f.sql")


def test_scope_and_parameters_may_be_left_out():
    text = GOOD.replace("-- scope: audit:read\n", "").split("-- parameters:")[0]
    text += "-- columns:\n--   one: {title: One, type: number}\n-- ---\nselect 1 as one"
    question = parse("one", text, "one.sql")
    assert (question.scope, question.parameters) == ("audit:read", {})


@pytest.mark.parametrize(
    ("old", "new", "line", "what", "hint"),
    [
        ("-- ---\n-- title", "-- title", 1, "front matter is missing", "-- ---"),
        ("-- ---\n-- newest first", "", 1, "never ends", "close it"),
        ("-- scope", "scope", 1, "never ends", "close it"),
        ("-- format: table", "-- format: [", 8, "not YAML", "quote"),
        ("-- title: Failures\n", "-- title: Failures: 5\n", 2, "not YAML", "quote"),
        ("-- format: table", "-- formt: table", 6, "unknown key 'formt'", "'format'"),
        ("-- format: table", "-- xyz: red", 6, "unknown key 'xyz'", "one of: title"),
        ("-- format: table\n", "", 1, "'format' is missing", "-- format:"),
        ("-- format: table", "-- format: chart", 6, "format 'chart' is not known", "one of: table, time_series"),
        ("-- format: table", "-- format: table\n-- format: table", 7, "given twice", "remove"),
        ("-- format: table", "-- format: time_series", 10, None, None),
        ("-- title: Failures", "-- title: 5", 2, "'title' must be a text", "quoted"),
        ("-- title: Failures", "-- title: [a]", 2, "'title' must be a single value", "one line"),
        ("-- title: Failures", "-- title: ' '", 2, "'title' must be a text", "quoted"),
        ("{type: timestamptz}", "{type: text}", 8, "parameter 'from' is of type timestamptz", "timestamptz"),
        ("{type: timestamptz}", "{type: timestampz}", 8, "type 'timestampz' is not known", "'timestamptz'"),
        ("{type: timestamptz}", "{}", 8, "'type' is missing", "type:"),
        ("{type: timestamptz}", "", 8, "'from' must be a mapping", "key: value"),
        ("default: 10, ", "", 9, "nothing gives parameter 'limit' a value", "`default:`"),
        ("minimum: 1", "min: 1", 9, "unknown key 'min'", "'minimum'"),
        ("{title: Time, type: time}", "{title: Time, type: date}", 11, "type 'date' is not known", "one of: time"),
        ("{title: Time, type: time}", "{type: time}", 11, "'title' is missing", "title:"),
        ("{title: Time, type: time}", "{title: Time, type: time, units: s}", 11, "unknown key 'units'", "'unit'"),
        (":from::timestamptz", ":since::timestamptz", 18, "parameter :since is not declared", "declare 'since'"),
        (":from::timestamptz", ":from", 18, "parameter :from has no cast", ":from::timestamptz"),
        (":from::timestamptz", ":from::text", 18, "parameter :from has no cast", ":from::timestamptz"),
        (":from::timestamptz", ":from::timestamptz[]", 18, "parameter :from has no cast", ":from::timestamptz"),
        (":from::timestamptz", "now()", 8, "parameter 'from' is never used", "remove"),
        ("limit :limit::integer;", "limit :limit", 19, "parameter :limit has no cast", ":limit::integer"),
        ("integer;", "integer; drop table t;", 19, "one statement", "semicolon"),
        ("select occurred_at", "delete from t returning", 16, "a question is a SELECT", "select"),
        ("1 as share", "'open as share", 16, "unterminated string", "close it"),
        ("1 as share", "$__interval_ms as share", 16, "Grafana would replace", ":parameter"),
        ("1 as share", "'${tenant}' as share", 16, "Grafana would replace", ":parameter"),
    ],
)
def test_refuses_a_bad_file_with_its_line(old, new, line, what, hint):
    if what is None:  # a time series whose first column is its time is right
        assert parse("failures", GOOD.replace(old, new), "f.sql").format == "time_series"
        return
    assert old in GOOD
    with pytest.raises(CatalogueError) as error:
        parse("failures", GOOD.replace(old, new, 1), "failures.sql")
    assert error.value.message.startswith(f"failures.sql:{line}: ")
    assert what in error.value.message
    assert hint in error.value.hint


def test_a_time_series_begins_with_its_time():
    text = GOOD.replace("format: table", "format: time_series").replace("--   time: {title: Time, type: time}\n", "")
    with pytest.raises(CatalogueError, match=r"f\.sql:10: a time series begins with its time"):
        parse("failures", text, "f.sql")


def test_columns_must_be_declared():
    text = GOOD.replace("--   time: {title: Time, type: time}\n", "")
    text = text.replace("-- columns:\n--   share: {title: Share, type: number, unit: percentunit}", "-- columns: {}")
    with pytest.raises(CatalogueError, match=r"f\.sql:10: 'columns' is empty"):
        parse("failures", text, "f.sql")


@pytest.mark.parametrize("body", ["", "-- nothing", ";"])
def test_an_empty_statement_is_refused(body):
    head = GOOD.split("-- newest first\n", maxsplit=1)[0]
    with pytest.raises(CatalogueError, match="a question is a SELECT"):
        parse("failures", head + body, "f.sql")


@pytest.mark.parametrize("text", ["-- ---\n-- ---\nselect 1", "-- ---\n-- a\n-- ---\nselect 1"])
def test_front_matter_is_a_mapping(text):
    with pytest.raises(CatalogueError, match="the front matter must be a mapping"):
        parse("failures", text, "f.sql")


def test_a_name_is_an_identifier():
    with pytest.raises(CatalogueError, match="no question name"):
        parse("Top-Errors", GOOD, "Top-Errors.sql")


def test_loads_a_folder_in_order(tmp_path):
    for name in ("b", "a"):
        (tmp_path / f"{name}.sql").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("not a question")
    loaded = catalogue.load(tmp_path)
    assert list(loaded) == ["a", "b"]
    assert loaded["a"].title == "Failures"


def test_an_unreadable_folder_is_an_error_of_ours(tmp_path):
    with pytest.raises(CatalogueError, match="cannot be read"):
        catalogue.load(tmp_path / "missing")
    (tmp_path / "latin.sql").write_bytes(b"-- \xe9")
    with pytest.raises(CatalogueError, match="cannot be read"):
        catalogue.load(tmp_path)


def test_writes_the_same_bytes_and_says_whether_they_changed(tmp_path):
    target = tmp_path / "audit" / "catalogue.json"
    assert catalogue.write(target) is True
    first = target.read_bytes()
    assert catalogue.write(target) is False
    assert target.read_bytes() == first
    assert json.loads(first) == catalogue.load().as_json()


def test_the_committed_catalogue_is_that_of_the_queries():
    committed = ROOT / "jsonnet" / "audit" / "catalogue.json"
    assert committed.read_bytes() == catalogue.to_bytes(catalogue.load()), "run `fraiseql-observe build`"


def test_the_reference_page_is_that_of_the_queries():
    page = ROOT / "docs" / "reference" / "audit-questions.md"
    assert page.read_text(encoding="utf-8") == reference.markdown(catalogue.load())


QUESTIONS = [
    "errors_top_fingerprints",
    "errors_by_endpoint",
    "errors_recent",
    "errors_affected_users",
    "errors_affected_users_over_time",
    "errors_resolution_time",
    "errors_open",
    "users_active_by_tenant",
    "users_active_total",
    "users_requests_per_user",
    "users_query_patterns",
    "users_top",
    "users_error_rate",
    "users_complexity_distribution",
    "users_new",
    "users_new_total",
    "users_tenant_metrics",
    "compliance_recent_events",
    "compliance_events_by_type",
    "compliance_admin_actions",
    "compliance_permission_changes",
    "compliance_access_by_user",
    "compliance_failed_access",
    "compliance_failed_access_over_time",
    "compliance_status",
    "compliance_audit_lag",
    "compliance_audit_lag_now",
    "database_top_statements",
    "tenants",
]


def test_ships_the_questions_that_the_dashboards_ask():
    assert sorted(catalogue.load()) == sorted(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_about_rows_is_scoped_and_bounded(name):
    question = catalogue.load()[name]
    if name not in ("tenants", "database_top_statements"):
        assert {"from", "to", "tenants"} <= question.parameters.keys()
    assert ("bucket" in question.parameters) == (question.format == "time_series")
    assert question.description.endswith(".")
    assert "--" not in question.raw_sql
    if question.format == "time_series" and any(column.type == "string" for column in question.columns):
        assert [column.name for column in question.columns] == ["time", "metric", "value"]
