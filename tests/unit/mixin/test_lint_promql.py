"""Variables are filled in where they stand, and what an expression keeps is known."""

from __future__ import annotations

import promql_parser
import pytest

from fraiseql_observe.mixin.lint import promql
from fraiseql_observe.mixin.lint.labels import labels


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ('rate(x{job=~"$job"}[$__rate_interval])', 'rate(x{job=~"$job"}[5m])'),
        ("x[${__range}] offset $shift", "x[5m] offset 5m"),
        ("max_over_time(x[1h:$__interval])", "max_over_time(x[1h:5m])"),
        ("sum by ($by, ${more:csv}) (x) > $limit", "sum by (label, label) (x) > 1"),
        ("x > [[limit]]", "x > 1"),
        ("label_replace(x, 'a', '$1', 'b', `$x`)", "label_replace(x, 'a', '$1', 'b', `$x`)"),
        (r'x{a="say \"$job\""}', r'x{a="say \"$job\""}'),
        ("x > 1", "x > 1"),
    ],
)
def test_variables_are_filled_in(written, parsed):
    assert promql.substitute(written) == parsed


def test_an_error_is_kept():
    query = promql.parse("sum(")
    assert query.tree is None
    assert query.error
    assert query.nodes == ()


def test_metrics_are_those_asked_for():
    query = promql.parse('a / on (x) {__name__="b", x="1"} + {x="1"} + sum(rate(c[5m:1m])) - topk(3, d)')
    assert query.metrics == {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    ("expr", "kept"),
    [
        ("x", None),
        ("1", set()),
        ('"text"', set()),
        ("sum(x)", set()),
        ("sum by (a) (x)", {"a"}),
        ("sum without (a) (x)", None),
        ("sum without (a) (sum by (a, b) (x))", {"b"}),
        ("topk(3, sum by (a) (x))", {"a"}),
        ('count_values("v", x)', {"v"}),
        ("-(sum by (a) (x))", {"a"}),
        ("1 + sum by (a) (x)", {"a"}),
        ("sum by (a) (x) or sum by (b) (x)", {"a", "b"}),
        ("sum by (a) (x) or x", None),
        ("x and sum by (b) (x)", None),
        ("sum by (a, b) (x) / on (a) sum by (a) (y)", {"a"}),
        ("sum by (a, b) (x) > on (a) sum by (a) (y)", {"a", "b"}),
        ("sum by (a, b) (x) / ignoring (b) sum by (a) (y)", {"a", "b"}),
        ("sum by (a, b) (x) / on (a) group_left (c) sum by (a, c) (y)", {"a", "b", "c"}),
        ("sum by (a) (x) / on (a) group_right () sum by (a, c) (y)", {"a", "c"}),
        ("x / on (a) group_left () sum by (a, c) (y)", None),
        ("sum by (a) (y) / on (a) group_right () x", None),
        ('absent(x{a="1",b=~"2"})', {"a"}),
        ('absent_over_time(x{a="1"}[5m])', {"a"}),
        ("absent(sum(x))", set()),
        ("vector(1)", set()),
        ("hour()", set()),
        ("abs(sum by (a) (x))", {"a"}),
        ("clamp_max(sum by (a) (x), 5)", {"a"}),
        ("histogram_quantile(0.9, sum by (a, le) (x))", {"a"}),
        ("histogram_quantile(0.9, x)", None),
        ('label_join(sum by (a) (x), "b", "", "a")', {"a", "b"}),
        ("max_over_time(sum by (a) (x)[5m:1m])", {"a"}),
    ],
)
def test_the_labels_of_a_result(expr, kept):
    assert labels(promql_parser.parse(expr)) == kept
