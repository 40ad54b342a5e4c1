"""What the Infinity data source asks and makes of the answer, and what verify says when it cannot."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from fraiseql_observe.cli.verify import command
from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import Audit, Options, verify
from fraiseql_observe.verify.audit import address
from fraiseql_observe.verify.dashboards import Kind, parse_dashboard
from fraiseql_observe.verify.infinity import Column, Request, filled, options, parse_request, rows
from fraiseql_observe.verify.interpolate import Value
from fraiseql_observe.verify.options import Option
from fraiseql_observe.verify.scope import for_infinity
from fraiseql_observe.verify.timing import parse_window
from fraiseql_observe.verify.variables import parse_variable

NOW = datetime(2030, 1, 2, tzinfo=UTC)
WINDOW = parse_window("now-1h", "now", NOW)
SOURCE = {"type": "yesoreyeram-infinity-datasource", "uid": "${audit_datasource}"}
TARGET = {
    "refId": "A",
    "type": "json",
    "source": "url",
    "parser": "backend",
    "format": "table",
    "url": "queries/who",
    "url_options": {
        "method": "GET",
        "params": [
            {"key": "to", "value": " ${__timeTo:date:iso} "},
            {"key": "from", "value": "${__timeFrom}"},
            {"key": "bucket", "value": "$__interval"},
            {"key": "tenants", "value": "${tenant:json}"},
        ],
    },
    "root_selector": "rows",
    "columns": [
        {"selector": "user", "text": "user", "type": "string"},
        {"selector": "calls", "text": "", "type": "number"},
        {"selector": "at", "text": "at", "type": "timestamp"},
    ],
}
TENANTS = Value(("acme", 'o"n'), multi=True, include_all=True)
BASE = "http://observe:9095/"


def panel(**changed):
    return {"type": "table", "title": "Who", "datasource": SOURCE, "targets": [{**TARGET, **changed}]}


def query(**changed):
    return parse_dashboard({"panels": [panel(**changed)]}).panels[0].queries[0]


def test_a_target_is_read():
    found = query()
    assert (found.kind, found.format, found.note) == (Kind.INFINITY, "table", "")
    assert found.request == parse_request(TARGET)
    assert found.request.columns[1] == Column("calls", "calls", "number")
    assert "${tenant:json}" in found.text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"parser": "simple"}, "parser `backend`, not `simple`"),
        ({"type": "csv"}, "type `json`, not `csv`"),
        ({"source": "inline"}, "source `url`"),
        ({"url_options": {"method": "POST"}}, "the target says POST"),
    ],
)
def test_what_verify_cannot_ask_as_the_plugin_does_is_said(changed, why):
    found = query(**changed)
    assert found.kind is Kind.UNKNOWN
    assert why in found.note


def test_variables_are_filled_first_and_then_the_macros_of_time():
    found = filled(parse_request(TARGET), {"tenant": TENANTS, **for_infinity(WINDOW, 100, "1m")}, WINDOW)
    assert found.parameters == (
        ("to", "2030-01-02T00:00:00.000Z"),
        ("from", str(round(WINDOW.start.timestamp() * 1000))),
        ("bucket", "1m"),
        ("tenants", '["acme","o\\"n"]'),
    )
    everybody = Value("[]", multi=True, include_all=True, verbatim=True)
    assert filled(parse_request(TARGET), {"tenant": everybody}, WINDOW).parameters[3] == ("tenants", "[]")


def test_points_are_as_narrow_as_the_screen_unless_the_panel_says_so():
    assert for_infinity(WINDOW, 1000, "")["__interval"].value == "5s"
    assert "__rate_interval" not in for_infinity(WINDOW, 1000, "")


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        (Request("a/b", (("z", "1"), ("a", "é &"))), f"{BASE}a/b?a=%C3%A9+%26&z=1"),
        (Request("a?q=1", (("p", "2"),)), f"{BASE}a?p=2&q=1"),
        (Request(f"{BASE}a"), f"{BASE}a"),
    ],
)
def test_the_address_is_put_together_as_the_plugin_does(asked, url):
    assert address(BASE, asked) == url


@pytest.mark.parametrize("base", ["http://observe:9095", "http://observe"])
def test_an_address_that_leaves_the_data_source_is_refused(base):
    with pytest.raises(VerifyError, match="another host"):
        address(base, Request("@elsewhere.example/x"))


def test_columns_come_by_alphabet_and_as_their_types():
    body = {"rows": [{"user": "ada", "calls": 3, "at": "2030-01-01T00:00:00.5Z"}, {"user": None}], "truncated": True}
    found = rows(parse_request(TARGET), body)
    assert found.columns == ("at", "calls", "user")
    assert found.rows == ((datetime(2030, 1, 1, 0, 0, 0, 500_000, UTC), 3.0, "ada"), (None, None, None))
    assert (found.numeric, found.truncated) == ({"calls"}, True)


@pytest.mark.parametrize(
    ("column", "value"),
    [("calls", "3"), ("calls", True), ("at", "noon"), ("at", 7)],
)
def test_a_cell_that_infinity_would_make_empty_is_said(column, value):
    with pytest.raises(VerifyError, match=f"The column {column} holds something that is no"):
        rows(parse_request(TARGET), {"rows": [{column: value}]})


@pytest.mark.parametrize("body", [{}, [], {"rows": 3}, {"rows": [3]}, None])
def test_an_answer_without_rows_is_said(body):
    with pytest.raises(VerifyError, match="no list of rows at `rows`"):
        rows(parse_request(TARGET), body)


def test_truth_and_the_root():
    found = rows(Request("x", columns=(Column("ok", "ok", "boolean"),)), [{"ok": True}])
    assert found.rows == ((True,),)
    with pytest.raises(VerifyError, match="no boolean"):
        rows(Request("x", columns=(Column("ok", "ok", "boolean"),)), [{"ok": 1}])


def test_a_variable_offers_text_and_value_or_its_first_column():
    text, value = Column("__text", "__text", "string"), Column("__value", "__value", "string")
    both = rows(Request("x", columns=(value, text)), [{"__text": "Acme", "__value": "a"}])
    assert options(both) == (Option("a", "Acme"),)
    assert options(rows(Request("x", columns=(Column("b", "b", "string"),)), [{"b": "x"}])) == (Option("x", "x"),)


def test_what_a_variable_asks_stays_whole():
    variable = parse_variable(
        {"name": "tenant", "type": "query", "datasource": SOURCE, "query": {"infinityQuery": TARGET}}
    )
    assert json.loads(variable.query) == TARGET


@pytest.mark.parametrize("url", ["observe:9095", "ftp://observe", "http://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(VerifyError, match="is not the URL of an alert backend"):
        Audit(url)


def test_without_a_backend_the_queries_are_missing_and_say_so():
    report = verify([{"panels": [panel()]}], None, None, now=NOW, options=Options())
    assert [result.why for result in report.results] == ["no alert backend was named (--audit)"]


def test_the_command_wants_a_server():
    outcome = CliRunner().invoke(command, [])
    assert outcome.exit_code == 2
    assert "--audit URL" in outcome.output
