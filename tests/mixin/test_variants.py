"""The mixin rendered otherwise: other labels, other times, other FraiseQL, parts switched off."""

from __future__ import annotations

import json
import re

import promql_parser
import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.mixin import knobs, lint, render, sources
from fraiseql_observe.mixin.lint import exclusions, promql
from fraiseql_observe.mixin.lint.labels import labels

QUESTIONS = catalogue.load().as_json()
ALERTS = sorted(knobs.defaults()["alerts"])
DASHBOARDS = ["operations", "cache", "database", "errors", "users", "compliance", "backend"]
TIMES = re.compile(r"\[(?P<range>[0-9a-z]+)(?::[0-9a-z]*)?\]")


def rendered(**overrides):
    return render(overrides, catalogue=QUESTIONS)


USUAL = rendered()


def groups(result):
    return [*result.rules["groups"], *result.alerts["groups"]]


def rules(result):
    return [rule for group in groups(result) for rule in group["rules"]]


def names(result):
    return {rule["alert"] for rule in rules(result) if "alert" in rule}


def expressions(result):
    panels = [target["expr"] for one in result.dashboards.values() for target in targets(one) if "expr" in target]
    return [*panels, *(rule["expr"] for rule in rules(result))]


def targets(dashboard):
    return [target for panel in dashboard["panels"] for target in panel.get("targets", [])]


def ranges(result):
    """The fixed windows of the rules, in seconds, in order."""
    found = [each["range"] for rule in rules(result) for each in TIMES.finditer(rule["expr"])]
    return [promql_parser.parse_duration(each).total_seconds() for each in found]


def clean(result):
    """The findings under the mixin's own exclusions; those a variant has no need of are no finding."""
    allowed = exclusions.load(sources.root() / exclusions.FILE)
    found = lint.lint(result.dashboards.values(), groups(result), allowed)
    return [str(finding) for finding in found if finding.rule != "exclusion-unused"]


# What has no series to take a cluster from.
WITHOUT_SERIES = {"FraiseQLWatchdog", "FraiseQLAbsent"}

VARIANTS = {
    "default": {},
    "v2": {"flavour": "v2"},
    "infinity": {"auditSource": "infinity"},
    "clusters": {"showMultiCluster": True, "showNamespace": True},
    "native": {"nativeHistograms": "native"},
    "both histograms": {"nativeHistograms": "both"},
    "fast": {"timeScale": 60},
    "slow scrapes": {"scrapeInterval": 60},
    "grafana": {"grafanaUrl": "https://grafana.example.com"},
}


@pytest.mark.parametrize("overrides", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_variant_passes_the_lint_and_parses(overrides):
    result = rendered(**overrides)
    assert clean(result) == []
    assert [promql.parse(text).error for text in expressions(result) if promql.parse(text).error] == []


def test_other_label_names_leave_no_default_label_behind():
    result = rendered(
        showMultiCluster=True,
        showNamespace=True,
        clusterLabel="k8s_cluster",
        namespaceLabel="k8s_namespace",
        instanceLabel="pod",
    )
    selected = [
        (label, text)
        for text in expressions(result)
        for node in promql.parse(text).selectors
        for label, _, _ in promql.matchers(node.expr)
    ]
    assert {text for label, text in selected if label in {"cluster", "namespace", "instance"}} == set()
    words = json.dumps([rules(result), list(result.dashboards.values())])
    assert re.findall(r"\$labels\.(?:cluster|namespace|instance)\b", words) == []
    grouped = [text for text in expressions(result) if re.search(r"by \([^)]*\b(?:cluster|namespace|instance)\b", text)]
    assert grouped == []
    assert "k8s_cluster" in words
    assert "pod" in words


def test_clusters_are_kept_in_every_rule():
    result = rendered(showMultiCluster=True)
    for rule in rules(result):
        kept = labels(promql.parse(rule["expr"]).tree)
        assert kept is None or "cluster" in kept or rule.get("alert") in WITHOUT_SERIES, rule


def test_one_cluster_shows_no_cluster():
    assert [text for text in expressions(USUAL) if re.search(r"\bcluster\b", text)] == []


def test_times_divided_by_sixty():
    # A scrape a second shorter than the sixtieth of any window: the floor of four scrapes stays out of the way.
    usual, fast = rendered(scrapeInterval=1), rendered(scrapeInterval=1, timeScale=60)
    assert [round(seconds * 60) for seconds in ranges(fast)] == [round(seconds) for seconds in ranges(usual)]
    for slow, quick in zip(rules(usual), rules(fast), strict=True):
        for key in ("for", "keep_firing_for"):
            assert (key in slow) == (key in quick)
            if key in slow:
                parse = promql_parser.parse_duration
                assert parse(slow[key]).total_seconds() == pytest.approx(
                    parse(quick[key]).total_seconds() * 60, rel=0.01
                )


def test_no_window_is_shorter_than_four_scrapes():
    assert min(ranges(rendered(scrapeInterval=60))) >= 240


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_can_be_switched_off(alert):
    usual, without = names(USUAL), names(rendered(alerts={alert: {"enabled": False}}))
    assert usual - without == {f"FraiseQL{alert}"}
    assert without < usual


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_a_dashboard_can_be_switched_off(dashboard):
    usual, without = USUAL, rendered(dashboards={dashboard: {"enabled": False}})
    assert set(usual.dashboards) - set(without.dashboards) == {f"fraiseql-{dashboard}.json"}
    assert len(without.dashboards) == len(DASHBOARDS) - 1


@pytest.mark.parametrize(
    ("alert", "given"),
    [
        ("HighErrorRate", {"warning": 0.5, "critical": 0.1}),
        ("DiskSpaceRunningLow", {"warning": 0.05, "critical": 0.15}),
    ],
)
def test_a_critical_threshold_lies_beyond_the_warning(alert, given):
    with pytest.raises(ConfigError, match=f"alerts.{alert}.thresholds: critical .* must be (above|below) warning"):
        rendered(alerts={alert: {"thresholds": given}})


def test_a_threshold_moves_the_alert_and_the_line_on_the_panel():
    result = rendered(alerts={"HighErrorRate": {"thresholds": {"warning": 0.0123}}})
    assert any("0.0123" in rule["expr"] for rule in rules(result) if rule.get("alert") == "FraiseQLHighErrorRate")
    steps = json.dumps([dashboard["panels"] for dashboard in result.dashboards.values()])
    assert "0.0123" in steps


def test_version_two_leaves_out_what_it_cannot_give_and_says_why():
    result = rendered(flavour="v2")
    assert {entry["dashboard"] for entry in result.left_out} <= {f"fraiseql-{name}" for name in DASHBOARDS}
    assert all(entry["why"] and entry["panel"] and entry["signal"] for entry in result.left_out)
    assert all(
        panel.get("targets") or panel["type"] in {"row", "alertlist"}
        for one in result.dashboards.values()
        for panel in one["panels"]
    )
    assert USUAL.left_out == ()


def test_native_histograms_ask_no_buckets():
    assert [text for text in expressions(rendered(nativeHistograms="native")) if "_bucket" in text] == []
    both = [text for text in expressions(rendered(nativeHistograms="both")) if "_bucket" in text]
    assert both
