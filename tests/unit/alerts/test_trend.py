"""What an expression compares, and in which unit."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fraiseql_observe.alerts.trend import DEEPEST, MOST_MARKS, Branch, branches, expression_of, metrics_in, parsed

RULES = Path(__file__).parents[3] / "bundle" / "prometheus" / "rules" / "fraiseql-alerts.yaml"
WITHOUT_THRESHOLD = {"FraiseQLAbsent", "FraiseQLFakeMetrics", "FraiseQLWatchdog", "FraiseQLBackendAbsent"}


def shipped():
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from group["rules"]


@pytest.mark.parametrize("rule", list(shipped()), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_shipped_alert_has_a_threshold_to_draw(rule):
    found = branches(rule["expr"])

    assert found
    assert all(branches(branch.expression) for branch in found), "what is asked is itself an expression"
    if rule["alert"] not in WITHOUT_THRESHOLD:
        assert all(branch.threshold is not None and branch.operator for branch in found)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("up == 0", [("up", "==", 0)]),
        ("5 < a", [("a", ">", 5)]),
        ("0 == a", [("a", "==", 0)]),
        ("(a >= bool 3 * -2)", [("a", ">=", -6)]),
        ("a > -(3)", [("a", ">", -3)]),
        ("a > -(b)", [("a", "", None)]),
        ("a > (1 + 3) / 2 % 5 - 1", [("a", ">", 1)]),
        ("a != 1 and b > 2", [("a", "!=", 1)]),
        ("a < 1 unless b", [("a", "<", 1)]),
        ("a > 1 or (b > 2 or c)", [("a", ">", 1), ("b", ">", 2), ("c", "", None)]),
        ("a > 1 or a > 1", [("a", ">", 1)]),
        ("a or b or c or d or e", [(name, "", None) for name in "abcd"]),
        ("a > b", [("a", "", None)]),
        ("absent(up)", [("absent(up)", "", None)]),
        ("a > 1 / 0", [("a", "", None)]),
        ("a > 2 ^ 3", [("a", "", None)]),
    ],
)
def test_branches(expression, found):
    assert [(branch.expression, branch.operator, branch.threshold) for branch in branches(expression)] == found


@pytest.mark.parametrize("expression", ["", "a >", "sum(", "\x00", "a" * 9000, "drop table x;"])
def test_what_is_no_expression_has_none(expression):
    assert branches(expression) == ()
    assert metrics_in(expression) == ()


@pytest.mark.parametrize(
    "expression",
    [
        "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1),
        "-" * 4000 + "a",
        "+".join("a" * 2000),
        " or ".join(["a > 1"] * 200),
    ],
    ids=["deep", "unary", "chain", "branches"],
)
def test_what_would_occupy_the_parser_is_not_parsed(expression):
    assert parsed(expression) is None


@pytest.mark.timeout(20)  # without the bounds it takes minutes, or the stack
def test_the_largest_that_is_parsed_ends():
    assert branches("-" * MOST_MARKS + "a")
    assert branches("+".join(["a"] * MOST_MARKS))
    assert branches("(" * DEEPEST + "a" + ")" * DEEPEST)


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("rate(errors_total[5m]) / rate(requests_total[5m])", "ratio"),
        ("100 * (a_total / b_total)", "percent"),
        ("1 - avg(rate(node_cpu_seconds_total[5m]))", "ratio"),
        ("rate(x_total[5m])", "/s"),
        ("rate(x_bytes_total[5m])", "bytes/s"),
        ("rate(x_total[5m]) * 300", ""),
        ("increase(x_total[5m])", ""),
        ("histogram_quantile(0.9, sum by (le) (rate(x_duration_seconds_bucket[5m])))", "seconds"),
        ("histogram_quantile(0.9, vector(1))", ""),
        ("max_over_time((max(lag_seconds))[1m:15s])", "seconds"),
        ("x_duration_seconds_sum / x_duration_seconds_count", "seconds_"),
        ("x_duration_seconds_count", ""),
        ("pg_database_size_bytes - pg_database_size_bytes offset 1d", "bytes"),
        ("size_bytes + 1", "bytes"),
        ("1 + size_bytes", "bytes"),
        ("size_bytes + lag_seconds", ""),
        ("size_bytes / 1024", "bytes"),
        ("size_bytes / elapsed_seconds", "bytes/s"),
        ("size_bytes / something", ""),
        ("size_bytes * something", ""),
        ("2 * size_bytes", "bytes"),
        ("a_ratio * 1", "ratio"),
        ("a_ratio * 7", ""),
        ("time() - x_timestamp_seconds", "seconds"),
        ("job:errors_per_request:ratio_rate5m", "ratio"),
        ("count(size_bytes)", ""),
        ("sum(size_bytes)", "bytes"),
        ("count_over_time(size_bytes[5m])", ""),
        ("-size_bytes", "bytes"),
        ("size_bytes > 0 and up", "bytes"),
        ("deriv(size_bytes[5m])", "bytes/s"),
        ("vector(1)", ""),
        ("{__name__='x'}", ""),
        ('"text"', ""),
    ],
)
def test_units(expression, unit):
    # A mean needs to know that `_sum` and `_count` are one histogram's; it has no unit rather than a wrong one.
    assert [branch.unit for branch in branches(expression)] == ["" if unit == "seconds_" else unit]


@pytest.mark.parametrize(
    ("url", "expression"),
    [
        ("http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1", "up == 0"),
        ("https://x/query?g0.expr=up", "up"),
        ("http://vm/vmui/#/?g0.expr=sum%28up%29&g0.range=1h", "sum(up)"),
        ("http://grafana/alerting/grafana/x/view?orgId=1", ""),
        ("", ""),
        ("http://[::1", ""),
        ("x?" + "&" * 200 + "g0.expr=up", ""),
        ("http://x/graph?g0.expr=", ""),
    ],
)
def test_the_expression_in_a_generator_url(url, expression):
    assert expression_of(url) == expression


def test_breached():
    assert Branch("a", ">", 5).breached(6)
    assert not Branch("a", "<=", 5).breached(6)
    assert Branch("a").breached(0)


def test_metrics():
    assert metrics_in('sum(a{x="y"}) / rate(b[5m]) + a + {job="z"}') == ("a", "b")
