"""What counts as data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.verify.judge import (
    AlertRule,
    Finding,
    Rows,
    explain_absence,
    judge_rows,
    judge_rules,
    judge_series,
    metrics_in,
)

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def series(*values: str) -> dict[str, Any]:
    return {"metric": {}, "values": [[place, value] for place, value in enumerate(values)]}


@pytest.mark.parametrize(
    ("result", "finding"),
    [
        ([], Finding(why="no series")),
        ([series("1", "NaN")], Finding(1, "1")),
        ([series("1", "0"), series("9", "5"), series("7", "3")], Finding(3, "5")),
        ([series("NaN"), series("NaN", "2.5")], Finding(2, "2.5")),
        ([series("NaN", "NaN")], Finding(1, why="only NaN")),
        ([series("NaN", "+Inf")], Finding(1, why="only NaN and infinite values")),
        ([series("-Inf")], Finding(1, why="only NaN and infinite values")),
        ([series()], Finding(1, why="only NaN")),
        ([{"metric": {}, "value": [1, "1234567"]}], Finding(1, "1,234,567")),
        ([{"metric": {}, "value": [1, "0"]}], Finding(1, "0")),
        ([{"metric": {}, "value": [1, "1e300"]}], Finding(1, "1e+300")),
        ([{"metric": {}, "histogram": [1, {"count": "3"}]}], Finding(1, "histogram")),
        ([{"metric": {}, "histograms": [[1, {}], [2, {}]]}], Finding(1, "histogram")),
        ([1.5, "4"], Finding(1, "4")),
        ([1.5, "NaN"], Finding(1, why="only NaN")),
    ],
)
def test_series(result, finding):
    assert judge_series(result) == finding


def test_warnings_stay_with_the_finding():
    assert judge_series([], ["slow"]).warnings == ("slow",)
    assert judge_series([series("NaN")], ["slow"]).warnings == ("slow",)


@given(st.lists(st.floats(), min_size=1))
def test_series_are_data_exactly_when_a_sample_is_finite(values):
    finding = judge_series([series(*(str(value) for value in values))])
    assert (not finding.why) == any(value - value == 0 for value in values)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", ("up",)),
        ('sum(rate(a_total{x="1"}[5m])) / on (x) group_left b', ("a_total", "b")),
        ("max_over_time(a[1h:5m]) > bool 1", ("a",)),
        ('{__name__="quoted"}', ()),
        ("sum(", ()),
        ("1 + 1", ()),
    ],
)
def test_metrics_of_an_expression(expression, names):
    assert metrics_in(expression) == names


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("fraiseql_x_total", "is the application instrumented"),
        ("pg_up", "postgres_exporter"),
        ("redis_up", "redis_exporter"),
        ("node_load1", "node_exporter"),
        ("alertmanager_alerts", "Alertmanager"),
        ("prometheus_build_info", "does Prometheus scrape itself"),
        ("other", "is its exporter scraped"),
        ("job:x:rate5m", "recording rules"),
    ],
)
def test_an_unknown_metric_says_what_to_do(metric, words):
    why = explain_absence(f"sum({metric})", lambda _: False)
    assert metric in why
    assert words in why


def test_known_metrics_are_not_blamed():
    assert explain_absence("a / b", lambda name: name == "a").startswith("metric b is not known")
    assert explain_absence("a / b", lambda _: True) == "no series"


def rows(columns: str, *lines: tuple[Any, ...], numeric: str = "") -> Rows:
    return Rows(tuple(columns.split()), frozenset(numeric.split()), lines)


EARLY, LATE = NOW, NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("answer", "form", "finding"),
    [
        (rows("a"), "table", Finding(why="0 rows")),
        (rows("a b", (None, None)), "table", Finding(1, why="only null values")),
        (rows("a b", (None, 0)), "table", Finding(1, "b=0")),
        (rows("a b", ("secret", None)), "table", Finding(1, "2 columns")),
        (rows("a b c d", (1, Decimal("2.5"), True, 4)), "table", Finding(1, "a=1, b=2.5, c=True")),
        (rows("time v", (EARLY, 1), (LATE, 2), numeric="v"), "table", Finding(2, "time=03:05:05, v=2")),
        (rows("time v", (EARLY, 1), (LATE, 2), numeric="v"), "time_series", Finding(2, "time=03:05:05, v=2")),
        (rows("time v", (LATE, 1), (EARLY, 2), numeric="v"), "time_series", Finding(2, "time=03:05:05, v=1")),
        (rows("time v", (EARLY, None), numeric="v"), "time_series", Finding(1, why="only null values")),
        (rows("time v", (None, 1), (EARLY, 2), numeric="v"), "time_series", Finding(2, "time=03:04:05, v=2")),
        (rows("time v", (None, 1), numeric="v"), "time_series", Finding(1, "v=1")),
    ],
)
def test_rows(answer, form, finding):
    assert judge_rows(answer, form) == finding


def test_rows_that_grafana_cannot_draw():
    no_time = judge_rows(rows("at v", (EARLY, 1), numeric="v"), "time_series")
    assert "column named time" in no_time.why
    unsorted = judge_rows(rows("time who v", (LATE, "a", 1), (EARLY, "b", 2), numeric="v"), "time_series")
    assert "not sorted by time" in unsorted.why
    assert judge_rows(rows("time who v", (EARLY, "a", 1), (EARLY, "b", 2), numeric="v"), "time_series").why == ""


RULES = (
    AlertRule("FraiseQLDown", {"severity": "critical"}),
    AlertRule("FraiseQLSlow", {"severity": "warning"}),
    AlertRule("Other", {"severity": "warning"}),
)


@pytest.mark.parametrize(
    ("name", "labels", "count"),
    [
        ("", "", 2),
        ("slow", "", 1),
        ("Nobody", "", 0),
        ("", '{alertname=~"FraiseQL.*"}', 2),
        ("", '{alertname!~"FraiseQL.*"}', 1),
        ("", '{alertname="Other"}', 1),
        ("", '{alertname!="Other", severity="critical"}', 1),
        ("", '{severity="critical", instance="a"}', 1),
        ("Slow", '{severity="critical"}', 0),
        ("", "{nonsense", 0),
        ("", "1 + 1", 0),
        ("", 'alertname="Other"', 1),
        ("", '{alertname=~"("}', 0),
    ],
)
def test_alert_lists(name, labels, count):
    finding = judge_rules(RULES, name, labels)
    assert finding.count == count
    assert bool(finding.why) == (count == 0)


def test_an_alert_list_without_rules_and_with_broken_ones():
    assert "it has none" in judge_rules(()).why
    assert "it has 1 others" in judge_rules(RULES[2:]).why
    broken = judge_rules([AlertRule("FraiseQLDown", error="many-to-many matching")])
    assert broken.warnings == ("alert FraiseQLDown cannot be evaluated: many-to-many matching",)
