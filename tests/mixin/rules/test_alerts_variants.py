"""What a user changes in `_config` appears in the rules, and nothing else does."""

from __future__ import annotations

import re
from collections import Counter

import emitted
import mixin_rules
import pytest

from fraiseql_observe.mixin.lint import promql

SHIPPED = mixin_rules.rendered()
NAMES = sorted({rule["alert"] for rule in SHIPPED.all if "alert" in rule})
UNIT = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"(?<![\w.])(\d+)(ms|[smhd])\b")
# What the Rust server does not export: its pool's limit and time-outs, its cache, health, security and audit events.
V1_ONLY = {
    "FraiseQLAuditEventsDropped",
    "FraiseQLAuditLogLag",
    "FraiseQLCacheErrors",
    "FraiseQLCacheHitRateLow",
    "FraiseQLConnectionPoolTimeouts",
    "FraiseQLDatabaseConnectionPoolExhausted",
    "FraiseQLFakeMetrics",
    "FraiseQLHealthCheckFailed",
    "FraiseQLHighFailedAuthAttempts",
    "FraiseQLInstrumentDegraded",
    "FraiseQLSlowQueryRate",
    "FraiseQLSuspiciousQueryPattern",
    "FraiseQLUnauthorizedDataAccess",
}


def names(rules):
    return {rule["alert"] for rule in rules.all if "alert" in rule}


def seconds(text):
    return [int(number) * UNIT[unit] for number, unit in DURATION.findall(text)]


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_that_is_switched_off_is_gone_and_no_other(name):
    rules = mixin_rules.rendered({"alerts": {name.removeprefix("FraiseQL"): {"enabled": False}}})
    assert names(rules) == set(NAMES) - {name}


def test_a_group_without_alerts_is_gone():
    off = {name: {"enabled": False} for name in ("AuditLogLag", "AuditEventsDropped")}
    assert "fraiseql-compliance" in {group["name"] for group in SHIPPED.alerts}
    rules = mixin_rules.rendered({"alerts": off})
    assert "fraiseql-compliance" not in {group["name"] for group in rules.alerts}


def test_another_threshold_appears_in_the_expression_and_in_the_words():
    rules = mixin_rules.rendered({"alerts": {"HighErrorRate": {"thresholds": {"warning": 0.02, "critical": None}}}})
    (only,) = rules.named("FraiseQLHighErrorRate")
    assert only["labels"]["severity"] == "warning"
    assert " > 0.02 and " in only["expr"]
    assert "(threshold 2%)" in only["annotations"]["description"]


def test_other_times_appear():
    changed = {"window": 600, "for": 0, "keepFiringFor": None}
    rules = mixin_rules.rendered({"alerts": {"HighErrorRate": changed}})
    for rule in rules.named("FraiseQLHighErrorRate"):
        assert "[10m]" in rule["expr"]
        assert "[5m]" not in rule["expr"]
        assert "for" not in rule
        assert "keep_firing_for" not in rule


def test_a_severity_can_be_changed():
    rules = mixin_rules.rendered({"alerts": {"DatabaseDown": {"severity": "warning"}}})
    assert [rule["labels"]["severity"] for rule in rules.named("FraiseQLDatabaseDown")] == ["warning"]


def test_every_duration_is_divided_by_the_time_scale():
    fast = mixin_rules.rendered({"timeScale": 60})
    assert len(fast.all) == len(SHIPPED.all)
    for slow_rule, fast_rule in zip(SHIPPED.all, fast.all, strict=True):
        assert mixin_rules.name_of(slow_rule) == mixin_rules.name_of(fast_rule)
        for key in ("expr", "for", "keep_firing_for"):
            slow, quick = (re.sub(r"[\w:]+:\w+", "", rule.get(key, "")) for rule in (slow_rule, fast_rule))
            assert [time / 60 for time in seconds(slow)] == pytest.approx(seconds(quick)), slow_rule
    assert {group["interval"] for group in fast.alerts + fast.records} == {"500ms"}


def test_a_slower_scrape_widens_the_windows_that_would_see_too_little():
    rules = mixin_rules.rendered({"scrapeInterval": 120})
    for rule in rules.all:
        for window in re.findall(r"\[(\w+)[\]:]", rule["expr"]):
            assert seconds(window)[0] >= 480, rule


def test_v2_leaves_out_what_it_cannot_give():
    rules = mixin_rules.rendered({"flavour": "v2"})
    assert set(NAMES) - names(rules) == V1_ONLY
    asked = {metric for rule in rules.all for metric in promql.parse(rule["expr"]).metrics}
    assert not {
        metric for metric in asked if metric.startswith(("fraiseql_audit", "fraiseql_cache", "fraiseql_security"))
    }


@pytest.mark.parametrize("flavour", ["v1", "v2"])
def test_with_labels_of_their_own_no_default_label_is_left(flavour):
    rules = mixin_rules.rendered(
        {
            "flavour": flavour,
            "showMultiCluster": True,
            "clusterLabel": "region",
            "showNamespace": True,
            "namespaceLabel": "space",
            "instanceLabel": "pod",
            "fraiseqlSelector": 'app="shop"',
            "grafanaUrl": "https://grafana.example.com",
        }
    )
    for rule in rules.all:
        text = f"{rule['expr']} {rule.get('annotations', '')}"
        assert not re.search(r"\b(cluster|namespace)\b", text), rule
        assert not re.search(r"by \([^)]*\binstance\b|labels[.]instance", text), rule
        assert 'job="fraiseql"' not in text


def test_with_several_clusters_every_aggregation_keeps_the_cluster():
    rules = mixin_rules.rendered({"showMultiCluster": True})
    for rule in rules.all:
        for kept in re.findall(r"by \(([^)]*)\)", rule["expr"]):
            assert "cluster" in kept, rule
        if "record" in rule:
            assert rule["record"].startswith("cluster_job")
        elif rule["alert"] != "FraiseQLWatchdog":
            assert "$labels.cluster" in rule["annotations"]["description"], rule


def test_labels_and_annotations_can_be_added_to_all():
    rules = mixin_rules.rendered({"alertLabels": {"team": "platform"}, "alertAnnotations": {"pager": "please"}})
    for rule in rules.all:
        if "alert" in rule:
            assert rule["labels"]["team"] == "platform"
            assert rule["annotations"]["pager"] == "please"


def test_severities_of_one_alert_share_their_labels_so_that_one_can_mute_the_other():
    for name in NAMES:
        labels = [frozenset(rule["labels"]) for rule in SHIPPED.named(name)]
        assert len(set(labels)) == 1


def test_no_rule_is_there_twice():
    found = Counter((mixin_rules.name_of(rule), *sorted(rule.get("labels", {}).items())) for rule in SHIPPED.all)
    assert found.most_common(1)[0][1] == 1


def test_records_that_are_read_exist_and_come_first():
    seen = set()
    for rule in SHIPPED.all:
        read = {metric for metric in promql.parse(rule["expr"]).metrics if ":" in metric}
        assert read <= seen, rule
        seen.add(mixin_rules.name_of(rule))


def test_every_metric_and_label_is_one_that_we_emit():
    known = emitted.series()
    targets = {"job", "instance"}
    for rule in SHIPPED.all:
        for node in promql.parse(rule["expr"]).selectors:
            name = promql.metric(node.expr)
            if not name.startswith("fraiseql_"):
                continue
            assert name in known, rule
            assert {label for label, *_ in promql.matchers(node.expr)} <= known[name] | targets, rule
