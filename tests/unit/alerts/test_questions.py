"""What is asked about an incident."""

from __future__ import annotations

from datetime import timedelta

import pytest
from samples import NOW, alert

from fraiseql_observe.alerts import questions
from fraiseql_observe.alerts.prometheus import Series
from fraiseql_observe.alerts.trend import Branch

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("age", "seconds", "step"),
    [(timedelta(0), 3600, 15), (timedelta(hours=2), 9000, 38), (timedelta(days=9), 86400, 360), (-HOUR, 3600, 15)],
)
def test_the_picture_begins_before_the_alert_and_shows_a_day_at_most(age, seconds, step):
    shown = questions.shown(NOW - age, NOW, HOUR)

    assert shown.end == NOW.timestamp()
    assert (shown.end - shown.start, shown.step) == (seconds, step)
    assert (shown.end - shown.start) / shown.step <= 300


def series(value, **labels):
    return Series(labels, ((0.0, 0.0), (1.0, value)))


def test_the_series_is_one_of_the_alerts_and_the_worst_of_them():
    high, low = Branch("a", ">", 5), Branch("b", "<", 1)
    found = [
        (high, series(99, instance="other")),
        (high, series(4, instance="app-0:8000")),
        (high, series(7, instance="app-0:8000")),
        (high, series(9, instance="app-1:8000")),
        (low, series(500, __name__="b")),
    ]

    assert questions.chosen(found, [alert(0), alert(1)]) == found[3]
    assert questions.chosen(found, [alert(0)]) == found[2]
    assert questions.chosen(found[:1], [alert(0)]) is None


LABELS = {"job": "fraiseql", "instance": 'a"b\\c', "cluster": "eu", "secret": "x", "operation_name": "posts"}
MATCHERS = 'cluster="eu",job="fraiseql",instance="a\\"b\\\\c",operation_name="posts"'


@pytest.mark.parametrize(
    ("expression", "query"),
    [
        (
            "rate(fraiseql_graphql_queries_errors_total[5m]) > 1",
            f"topk(5, sum by (operation_name) (increase(fraiseql_graphql_errors_total{{{MATCHERS}}}[600s])) > 0)",
        ),
        (
            "histogram_quantile(0.9, rate(fraiseql_graphql_query_duration_seconds_bucket[5m])) > 1",
            (
                "topk(5, histogram_quantile(0.95, sum by (operation_name, le) "
                f"(rate(fraiseql_graphql_query_duration_seconds_bucket{{{MATCHERS}}}[600s]))))"
            ),
        ),
        (
            "pg_up == 0",
            'topk(5, sum by (operation_name) (increase(fraiseql_graphql_errors_total{cluster="eu"}[600s])) > 0)',
        ),
        ("", 'topk(5, sum by (operation_name) (increase(fraiseql_graphql_errors_total{cluster="eu"}[600s])) > 0)'),
    ],
)
def test_the_operations_are_those_of_the_alerts_labels(expression, query):
    assert questions.operations(expression, LABELS, 600, 5) == query


@pytest.mark.parametrize(("seconds", "span"), [(1, "300s"), (-5, "300s"), (1e9, "3600s"), (900.4, "900s")])
def test_the_operations_range_is_bounded(seconds, span):
    assert f"[{span}]" in questions.operations("", {}, seconds, 1)


def test_an_expression_is_restricted_whatever_it_is_made_of():
    assert questions.only("a or b", {"__name__": "a", "path": '$1 "x"', "job": "j", "a b": "c"}) == (
        '(a or b) and on (job, path) label_replace(label_replace(vector(1), "job", "j", "", ""), '
        '"path", "$$1 \\"x\\"", "", "")'
    )


def test_the_most_affected_come_first():
    found = [
        series(1, operation_name="posts"),
        series(7, operation_name="__other__"),
        series(3, operation_name="users"),
        series(9),
        series(2, operation_name="__anonymous__"),
    ]

    assert questions.most_affected(found) == ("(other operations)", "users", "(anonymous operations)", "posts")
