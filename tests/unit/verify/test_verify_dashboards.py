"""Which panels a dashboard has, what each asks, and of whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.dashboards import Kind, parse_dashboard
from fraiseql_observe.verify.interpolate import Value
from fraiseql_observe.verify.scope import for_postgres, for_prometheus, panel_window, repeated
from fraiseql_observe.verify.timing import parse_window

NOW = datetime(2030, 1, 2, tzinfo=UTC)
WINDOW = parse_window("now-1h", "now", NOW)


def panel_of(raw: dict[str, Any], **more: Any):
    return parse_dashboard({"panels": [raw], **more}).panels[0]


def test_the_frame_of_a_dashboard():
    plain = parse_dashboard({"panels": []}, "shop.json")
    assert (plain.uid, plain.title, plain.start, plain.end) == ("", "shop.json", "now-6h", "now")
    wrapped = parse_dashboard({"dashboard": {"uid": "u", "title": "T", "time": {"from": "now-1h"}, "panels": []}})
    assert (wrapped.uid, wrapped.title, wrapped.start) == ("u", "T", "now-1h")
    with pytest.raises(VerifyError, match=r"shop\.json is not a classic Grafana dashboard"):
        parse_dashboard({"kind": "Dashboard"}, "shop.json")


def test_panels_in_collapsed_rows_count_and_rows_and_texts_do_not():
    target = {"expr": "up"}
    found = parse_dashboard(
        {
            "panels": [
                {"type": "text", "title": "Hello"},
                {"type": "row", "title": "Closed", "repeat": "shop", "panels": [
                    {"type": "stat", "title": "Inside", "targets": [target]},
                    {"type": "stat", "title": "Own", "repeat": "job", "targets": [target]},
                ]},
                {"type": "stat", "title": "Outside", "targets": [target]},
            ],
            "rows": [{"panels": [{"type": "graph", "title": "Old", "targets": [target]}]}],
        }
    )  # fmt: skip
    assert [(panel.title, panel.repeat) for panel in found.panels] == [
        ("Old", ""), ("Inside", "shop"), ("Own", "job"), ("Outside", ""),
    ]  # fmt: skip


MIXED = {"type": "datasource", "uid": "-- Mixed --"}


@pytest.mark.parametrize(
    ("panel", "target", "kind"),
    [
        ({"type": "prometheus", "uid": "${datasource}"}, {"expr": "up"}, Kind.PROMETHEUS),
        ({"uid": "${ds}"}, {"expr": "up"}, Kind.PROMETHEUS),
        ("${ds}", {"expr": "up"}, Kind.PROMETHEUS),
        ("$sql", {"rawSql": "select 1"}, Kind.POSTGRES),
        (None, {"expr": "up"}, Kind.PROMETHEUS),
        (None, {"rawSql": "select 1"}, Kind.POSTGRES),
        (MIXED, {"expr": "up", "datasource": {"type": "prometheus"}}, Kind.PROMETHEUS),
        (MIXED, {"rawSql": "s", "datasource": {"type": "postgres"}}, Kind.POSTGRES),
        (MIXED, {"expr": "up"}, Kind.PROMETHEUS),
        ({"type": "__expr__", "uid": "__expr__"}, {"expression": "$A * 2"}, Kind.SKIPPED),
        ({"type": "prometheus"}, {"datasource": {"type": "__expr__", "uid": "__expr__"}}, Kind.SKIPPED),
        ({"type": "prometheus"}, {"datasource": "__expr__"}, Kind.SKIPPED),
        ({"type": "datasource", "uid": "-- Dashboard --"}, {"panelId": 3}, Kind.SKIPPED),
        ({"type": "loki", "uid": "x"}, {"expr": "{}"}, Kind.UNKNOWN),
        ("somewhere", {"query": "x"}, Kind.UNKNOWN),
        ({"type": "postgres"}, {"rawSql": "select 1", "fillMode": "null"}, Kind.UNKNOWN),
    ],
)  # fmt: skip
def test_who_answers(panel, target, kind):
    variables = [
        {"name": "ds", "type": "datasource", "query": "prometheus"},
        {"name": "sql", "type": "datasource", "query": "postgres"},
    ]
    raw = {"type": "stat", "datasource": panel, "targets": [target]}
    query = panel_of(raw, templating={"list": variables}).queries[0]
    assert query.kind is kind
    assert bool(query.note) == (kind in (Kind.SKIPPED, Kind.UNKNOWN))


@pytest.mark.parametrize(
    ("target", "instant", "ranged"),
    [
        ({}, False, True),
        ({"range": True}, False, True),
        ({"instant": True}, True, False),
        ({"instant": True, "range": True}, True, True),
    ],
)
def test_instant_and_range(target, instant, ranged):
    query = panel_of({"type": "stat", "targets": [{"expr": "up", **target}]}).queries[0]
    assert (query.instant, query.range) == (instant, ranged)


def test_hidden_targets_are_still_queries_and_references_are_given():
    queries = panel_of(
        {"type": "stat", "targets": [{"expr": "up", "hide": True}, {"expr": "up", "refId": "X"}]}
    ).queries
    assert [(query.ref, query.hidden) for query in queries] == [("A", True), ("X", False)]


def test_the_frame_of_a_panel():
    bare = panel_of({"id": 7, "type": "stat"})
    assert (bare.title, bare.points, bare.note) == ("stat 7", 960, "the panel has no query")
    wide = panel_of({"title": "T", "gridPos": {"w": 24}, "interval": "1m", "timeFrom": "2h", "timeShift": "1d"})
    assert (wide.points, wide.min_interval, wide.time_from, wide.time_shift) == (1920, "1m", "2h", "1d")
    assert panel_of({"title": "T", "maxDataPoints": 100}).points == 100


def test_alert_lists_ask_for_rules():
    options = {"alertName": "FraiseQL", "alertInstanceLabelFilter": '{severity="critical"}'}
    query = panel_of({"type": "alertlist", "title": "Alerts", "options": options}).queries[0]
    assert (query.kind, query.text, query.labels) == (Kind.RULES, "FraiseQL", '{severity="critical"}')


def test_library_panels_are_taken_from_the_export_or_named():
    link = {"libraryPanel": {"uid": "l1", "name": "Shared"}, "title": "Mine", "gridPos": {"w": 6}}
    model = {"type": "stat", "title": "Theirs", "targets": [{"expr": "up"}]}
    found = panel_of(link, __elements={"l1": {"model": model}})
    assert (found.title, found.type, len(found.queries)) == ("Mine", "stat", 1)
    assert len(panel_of(link, __elements=[{"uid": "l1", "model": model}]).queries) == 1
    lost = panel_of(link)
    assert lost.queries == ()
    assert "library panel `Shared`" in lost.note


def test_what_a_prometheus_query_sees():
    scope, step = for_prometheus(WINDOW, 100, "", "", "15s")
    assert step == 30_000
    assert {name: value.value for name, value in scope.items()} == {
        "__interval": "30s",
        "__interval_ms": "30000",
        "__rate_interval": "60s",
        "__rate_interval_ms": "60000",
        "__range": "3600s",
        "__range_s": "3600",
        "__range_ms": "3600000",
        "__from": "1893538800000",
        "__to": "1893542400000",
    }


@pytest.mark.parametrize(
    ("panel", "target", "interval", "rate"),
    [
        ("", "", "15s", "60s"),
        ("1m", "", "1m", "75s"),
        (">1m", "", "1m", "75s"),
        ("", "1m", "1m", "240s"),
        ("5m", "1m", "1m", "240s"),
        ("", "$__rate_interval", "15s", "60s"),
    ],
)
def test_smallest_intervals(panel, target, interval, rate):
    scope, _ = for_prometheus(WINDOW, 960, panel, target, "15s")
    assert (scope["__interval"].value, scope["__rate_interval"].value) == (interval, rate)


def test_what_an_sql_query_sees():
    scope = for_postgres(WINDOW, 960, "")
    assert scope["__interval"].value == "1m"
    assert "__rate_interval" not in scope
    assert for_postgres(WINDOW, 960, "10s")["__interval"].value == "10s"


def test_panels_may_look_elsewhere():
    assert panel_window(panel_of({"timeFrom": "2h"}), WINDOW, NOW) == parse_window("now-2h", "now", NOW)
    assert panel_window(
        panel_of({"timeFrom": "now/d", "timeShift": "1h"}), WINDOW, NOW.replace(hour=5)
    ) == parse_window("now-6h", "now-1h", NOW.replace(hour=5))


def test_a_repeated_panel_sees_one_value():
    panel = panel_of({"repeat": "shop"})
    many = {"shop": Value(("a", "b"), multi=True), "other": Value("x")}
    assert repeated(panel, many) == {"shop": Value("a", "a", multi=True), "other": Value("x")}
    assert repeated(panel, {"shop": Value(())}) == {"shop": Value(())}
    assert repeated(panel_of({}), many) == many
    everything = {"shop": Value(".*", verbatim=True)}
    assert repeated(panel, everything) == everything


@pytest.mark.parametrize(
    "body",
    [
        {"panels": 5},
        {"panels": [5, None]},
        {"panels": [{"type": "stat", "targets": 7}]},
        {"panels": [], "templating": []},
        {"panels": [], "templating": {"list": [{"name": "a", "sort": "up"}]}},
    ],
)
def test_what_grafana_would_never_write_is_refused_in_a_sentence(body):
    with pytest.raises(VerifyError, match="is not built as Grafana builds dashboards"):
        parse_dashboard(body)
