"""The report, its JSON and what a person sees of it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import Report, Result, Status, load_dashboards, verify
from fraiseql_observe.verify.terminal import show, verdict

if TYPE_CHECKING:
    from pathlib import Path


def result(panel: str = "P", query: str = "A", status: Status = Status.DATA, **more: Any) -> Result:
    return Result(**{"dashboard": "D", "panel": panel, "place": 0, "query": query, "status": status} | more)


def test_an_empty_report_is_no_success():
    assert not Report(0, ()).ok


def test_counts():
    report = Report(
        2,
        (
            result(place=0, query="A"),
            result(place=0, query="B", status=Status.MISSING, why="no series"),
            result(place=1, query="A", hidden=True),
            result(place=2, query="A", status=Status.SKIPPED, why="an expression"),
            result(place=3, query="", status=Status.MISSING, why="the panel has no query"),
            result(place=4, query="A", status=Status.IGNORED, why="0 rows", panel="Q"),
            result(place=0, query="A", document=1),
        ),
    )
    assert report.as_json() == {
        "dashboards": 2,
        "panels": 6,
        "panels_with_data": 2,
        "queries": 5,
        "queries_with_data": 3,
        "missing": [
            {"dashboard": "D", "panel": "P", "query": "B", "why": "no series"},
            {"dashboard": "D", "panel": "P", "query": "", "why": "the panel has no query"},
        ],
        "ignored": [{"dashboard": "D", "panel": "Q", "query": "A", "why": "0 rows"}],
    }
    assert not report.ok


def test_the_json_has_exactly_the_promised_keys_when_nothing_is_ignored():
    keys = ["dashboards", "panels", "panels_with_data", "queries", "queries_with_data", "missing"]
    assert list(Report(1, (result(),)).as_json()) == keys


def test_the_table_names_each_query_and_its_reason():
    out = io.StringIO()
    report = Report(
        1,
        (
            result("Fed", kind="prometheus", count=3, newest="42", seconds=0.0123, warnings=("partial answer",)),
            result("Fed", "B", hidden=True, kind="postgres", count=2, newest="n=1"),
            result("Starved", "A", Status.MISSING, place=1, why="only NaN"),
            result("Sum", "C", Status.SKIPPED, place=2, why="an expression"),
        ),
    )
    show(report, out)
    text = out.getvalue()
    for words in ("3 series", "42", "12 ms", "2 rows", "B (hidden)", "only NaN", "missing", "skipped"):
        assert words in text
    assert "warning: D / Fed / A: partial answer" in text
    assert text.count("Fed") == 2  # the panel once, the warning once
    assert "1 of 3 panels and 2 of 3 queries in 1 dashboards show data; 1 missing." in text
    assert "\x1b" not in text


def test_the_verdict_names_what_is_ignored():
    report = Report(1, (result(), result(status=Status.IGNORED, place=1)))
    assert verdict(report).endswith("1 queries without data ignored as asked.")


def test_titles_with_markup_are_shown_as_they_are():
    out = io.StringIO()
    show(Report(1, (result("[red]P[/red]", newest="[x]"),)), out)
    assert "[red]P[/red]" in out.getvalue()


def test_dashboards_are_found_in_files_and_folders(tmp_path: Path):
    (tmp_path / "a.json").write_text('{"title": "a", "panels": []}')
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.json").write_text('{"title": "b", "panels": []}')
    (tmp_path / "note.txt").write_text("no dashboard")
    assert [each["title"] for each in load_dashboards([tmp_path])] == ["a", "b"]
    assert [each["title"] for each in load_dashboards([tmp_path / "deep" / "b.json"])] == ["b"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("a.json", "{", "cannot be read"), ("a.json", "3", "not hold"), ("b", "", "no dashboard")],
)
def test_what_is_no_dashboard_is_named(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    with pytest.raises(VerifyError, match=words):
        load_dashboards([tmp_path if name == "b" else tmp_path / name])


def test_without_servers_every_query_says_which_server_is_missing():
    body = {
        "title": "D",
        "templating": {"list": [{"name": "a", "type": "query", "query": "x"}]},
        "panels": [
            {"title": "P", "targets": [{"expr": "x$a"}, {"rawSql": "select 1"}, {"datasource": "__expr__"}]},
            {"title": "Alerts", "type": "alertlist"},
            {"title": "Bad", "timeShift": "soon", "targets": [{"expr": "up"}]},
            {"title": "None"},
        ],
    }
    report = verify([body], None, None, now=datetime(2030, 1, 1, tzinfo=UTC))
    assert [(each.panel, each.why.split(" (")[0]) for each in report.results] == [
        ("P", "no Prometheus was named"),
        ("P", "no PostgreSQL was named"),
        ("P", "an expression: Grafana computes it from the panel's other queries"),
        ("Alerts", "no Prometheus was named"),
        ("Bad", "`soon` is not an interval."),
        ("None", "the panel has no query"),
    ]
    assert json.dumps(report.as_json())
