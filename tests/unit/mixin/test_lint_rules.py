"""Every rule finds what it is there for, and finds nothing in a mixin that keeps it."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from house import CHOSEN, House

from fraiseql_observe.mixin import lint

Spoil = Callable[[House], object]
INFINITY = {"type": "yesoreyeram-infinity-datasource", "uid": "${audit_datasource}"}


def put(subject: str, key: str, value: object = True) -> Spoil:  # noqa: FBT002 - what is put may be a flag
    """Set one key of one part of the house."""
    return lambda house: getattr(house, subject).__setitem__(key, value)


def drop(subject: str, key: str) -> Spoil:
    return lambda house: getattr(house, subject).pop(key)


def asks(expr: str) -> Spoil:
    return put("target", "expr", expr)


def fires(expr: str) -> Spoil:
    return put("alert", "expr", expr)


def says(annotation: str, text: str) -> Spoil:
    return lambda house: house.alert["annotations"].__setitem__(annotation, text)


def names_variable(index: int, key: str, value: object) -> Spoil:
    return lambda house: house.variables[index].__setitem__(key, value)


def loki(expr: str) -> Spoil:
    return put(
        "panel", "targets", [{"refId": "A", "datasource": {"type": "loki", "uid": "${datasource}"}, "expr": expr}]
    )


def infinity(**changed: object) -> Spoil:
    """The second table asks Infinity, with these keys of its target changed."""
    target = {
        "refId": "A",
        "datasource": INFINITY,
        "type": "json",
        "source": "url",
        "parser": "backend",
        "format": "table",
        "url": "queries/who",
        "url_options": {"method": "GET", "params": [{"key": "from", "value": "${__timeFrom:date:iso}"}], "headers": []},
        "root_selector": "rows",
        "columns": [
            {"selector": "user", "text": "user", "type": "string"},
            {"selector": "calls", "text": "calls", "type": "number"},
        ],
        "filters": [],
    }
    order = {"id": "organize", "options": {"indexByName": {"user": 0, "calls": 1}}}
    return lambda house: house.table.update(
        datasource=INFINITY, targets=[{**target, **changed}], transformations=[order]
    )


def parameter(value: str) -> Spoil:
    return infinity(url_options={"method": "GET", "params": [{"key": "from", "value": value}]})


def unordered(house: House) -> None:
    infinity()(house)
    house.table["transformations"] = []


def infinity_variable(query: object) -> Spoil:
    return lambda house: house.variables[2].update(datasource=INFINITY, query=query)


def adds_rule(rule: dict[str, object], index: int | None = None) -> Spoil:
    return lambda house: house.group["rules"].insert(len(house.group["rules"]) if index is None else index, rule)


def second_group(*rules: dict[str, object], name: str = "other") -> Spoil:
    return lambda house: house.groups.append({"name": name, "rules": list(rules)})


def more_alerts(house: House) -> None:
    house.group["rules"] += [{**house.alert, "alert": f"FraiseQLHouse{chr(97 + n)}"} for n in range(20)]


def override_unit(unit: str) -> Spoil:
    properties = [{"id": "unit", "value": unit}, {"id": "min", "value": 0}]
    return lambda house: house.panel["fieldConfig"]["overrides"].append({"properties": properties})


X = 'sum by (job) (x{job="a"})'
Y = 'sum by (job) (y{job="a"})'

BAD: dict[str, list[Spoil]] = {
    "template-datasource-rule": [
        lambda house: house.dashboard["templating"].__setitem__("list", house.variables[2:]),
        names_variable(0, "name", "prom"),
        names_variable(1, "name", "audit"),
        names_variable(0, "label", "Prometheus"),
    ],
    "template-job-rule": [
        names_variable(2, "multi", 0),
        names_variable(2, "name", "service"),
        names_variable(2, "datasource", {"type": "prometheus", "uid": "fixed"}),
    ],
    "template-instance-rule": [names_variable(3, "allValue", None)],
    "template-label-promql-rule": [
        names_variable(2, "query", "values of up"),
        names_variable(2, "query", {"query": "label_values(up{, job)"}),
    ],
    "template-on-time-change-reload-rule": [names_variable(2, "refresh", 1)],
    "template-used-rule": [
        lambda house: house.variables.append({"name": "spare", "type": "custom"}),
        asks(f'sum(rate(requests_total{{{CHOSEN},zone="$zone"}}[$__rate_interval]))'),
    ],
    "panel-datasource-rule": [put("panel", "datasource", {"uid": "-- Mixed --"}), put("table", "datasource", None)],
    "panel-title-description-rule": [put("panel", "title", ""), drop("panel", "description")],
    "panel-units-rule": [
        put("panel", "fieldConfig", {"defaults": {}}),
        put("panel", "fieldConfig", {"defaults": {"unit": "bananas"}}),
        override_unit("bananas"),
    ],
    "panel-no-targets-rule": [put("panel", "targets", [])],
    "panel-ref-id-rule": [
        put("target", "refId", ""),
        lambda house: house.panel["targets"].append(copy.deepcopy(house.target)),
    ],
    "panel-instant-rule": [put("panel", "type", "table")],
    "target-promql-rule": [asks("sum(rate(")],
    "target-rate-interval-rule": [asks(f"sum(rate(requests_total{{{CHOSEN}}}[5m]))")],
    "target-job-rule": [asks('sum(rate(requests_total{instance=~"$instance"}[$__rate_interval]))')],
    "target-instance-rule": [asks('sum(rate(requests_total{job=~"$job"}[$__rate_interval]))')],
    "target-counter-agg-rule": [asks(f"sum(requests_total{{{CHOSEN}}})")],
    "target-logql-rule": [loki("sum(rate({")],
    "target-logql-auto-rule": [loki('sum(rate({app="x"}[5m]))')],
    "target-sql-rule": [
        drop("sql", "rawSql"),
        put("sql", "format", "logs"),
        put("sql", "rawSql", "select $__timeShift(at)"),
        put("sql", "rawSql", "select '$job'"),
    ],
    "target-infinity-rule": [
        infinity(parser="simple"),
        infinity(source="inline"),
        infinity(format="logs"),
        infinity(root_selector="rows[0]"),
        infinity(filters=[{"field": "user"}]),
        infinity(columns=[]),
        infinity(columns=[{"selector": "user", "type": "text"}]),
        infinity(url="@elsewhere.example/x"),
        infinity(url="https://elsewhere.example/x"),
        infinity(url="a/../../b"),
        infinity(url_options={"method": "POST"}),
        infinity(url_options={"method": "GET", "headers": [{"key": "Authorization", "value": "x"}]}),
        parameter("${__from}"),
        parameter("${job}"),
        parameter("$job"),
    ],
    "panel-column-order-rule": [unordered],
    "template-infinity-rule": [
        infinity_variable("Collection(a,b)"),
        infinity_variable({"infinityQuery": {"type": "json", "source": "url", "url": "tenants"}}),
    ],
    "target-topk-rule": [asks(f"topk(3, sum by (job) (rate(requests_total{{{CHOSEN}}}[$__rate_interval])))")],
    "uneditable-dashboard": [put("dashboard", "editable"), drop("dashboard", "editable")],
    "dashboard-title-uid": [put("dashboard", "title", ""), put("dashboard", "uid", "x" * 41)],
    "dashboard-unique": [lambda house: house.dashboards.append({**house.dashboard, "uid": "other"})],
    "dashboard-schema-version": [put("dashboard", "schemaVersion", 39)],
    "dashboard-provisionable": [
        put("dashboard", "id", 7),
        put("dashboard", "__inputs", []),
        put("panel", "datasource", {"uid": "${DS_PROMETHEUS}"}),
    ],
    "dashboard-panel-ids": [drop("panel", "id"), put("panel", "id", 2)],
    "dashboard-grid": [
        put("panel", "gridPos", {"x": 20, "y": 0, "w": 12, "h": 8}),
        put("panel", "gridPos", {"x": 0, "y": 15, "w": 12, "h": 8}),
        drop("panel", "gridPos"),
    ],
    "dashboard-time": [
        drop("dashboard", "timezone"),
        put("dashboard", "time", {"from": "2026-01-01"}),
        put("dashboard", "graphTooltip", 0),
        put("dashboard", "refresh", "10s"),
    ],
    "dashboard-links": [
        put("dashboard", "tags", []),
        put("dashboard", "links", [{"type": "dashboards", "title": "More"}]),
    ],
    "alert-name-camelcase": [put("alert", "alert", "FraiseQLTooManyQPS")],
    "alert-name-length": [put("alert", "alert", "FraiseQL" + "Long" * 9)],
    "alert-name-product": [put("alert", "alert", "HouseOnFire")],
    "alert-severity-rule": [put("alert", "labels", {}), put("alert", "labels", {"severity": "page"})],
    "alert-description-missing-rule": [says("description", "")],
    "alert-description-templating": [says("description", "Something fails.")],
    "alert-summary-missing-rule": [says("summary", "")],
    "alert-summary-templating": [says("summary", "{{ $labels.job }} is on fire.")],
    "alert-summary-style": [says("summary", "it is on fire"), says("summary", "Two lines\nof text.")],
    "alert-runbook": [says("runbook_url", ""), says("runbook_url", "see the wiki")],
    "alert-for": [put("alert", "for", "0s"), put("alert", "keep_firing_for", "a while")],
    "alert-comparison": [
        fires(X),
        fires(f"{X} > bool 5"),
        fires(f"{X} > 5 or {Y}"),
    ],
    "alert-template-value": [put("alert", "labels", {"severity": "info", "size": "{{ $value }}"})],
    "alert-template-label": [
        lambda house: (fires(f"{X} > 1")(house), says("description", "{{ $labels.instance }} fails.")(house))
    ],
    "alert-severities-inhibit": [
        adds_rule(
            {
                "alert": "FraiseQLHouseOnFire",
                "expr": 'sum by (job, zone) (x{job="a"}) > 1',
                "labels": {"severity": "warning"},
                "annotations": {
                    "summary": "The house is on fire.",
                    "description": "{{ $labels.job }}",
                    "runbook_url": "https://example.org",
                },
            }
        )
    ],
    "alert-group-rule-count": [more_alerts],
    "alert-group-name-length": [put("group", "name", "g" * 41), put("group", "name", "")],
    "group-unique": [second_group(name="house")],
    "group-interval": [put("group", "interval", "10m"), put("group", "interval", "soon")],
    "rule-format": [
        put("group", "query_offset", "1m"),
        put("alert", "runbook", "x"),
        put("record", "record", ""),
        put("alert", "labels", {"severity": "info", "size": 5}),
    ],
    "record-name": [put("record", "record", "requests_rate")],
    "record-name-total": [put("record", "record", "job:requests_total:rate5m")],
    "record-level": [put("record", "record", "instance:requests:rate5m")],
    "record-unique": [second_group({"record": "job:requests:rate5m", "expr": X})],
    "record-selector": [put("record", "expr", "sum by (job) (rate(requests_total[5m]))")],
    "record-exists": [asks(f"job:unheard:rate5m{{{CHOSEN}}}")],
    "record-order": [
        adds_rule({"record": "job:early:sum", "expr": 'sum by (job) (job:requests:rate5m{job="a"})'}, 0),
        second_group({"record": "job:elsewhere:sum", "expr": 'sum by (job) (job:requests:rate5m{job="a"})'}),
    ],
    "promql-syntax": [fires("sum(")],
    "promql-supported": [
        fires('mad_over_time(x{job="a"}[5m]) > 1'),
        fires('limitk(3, x{job="a"}) > 1'),
    ],
    "promql-regexp": [
        fires('x{job=~"house"} > 1'),
        fires('x{job=~"^house.*"} > 1'),
        fires('x{job="a",zone=~".*"} > 1'),
    ],
    "promql-fragile": [
        fires('topk(3, x{job="a"}) > 1'),
        fires('sum without (zone) (x{job="a"}) / y{job="a"} > 1'),
    ],
    "promql-impossible": [
        fires(f"{X} > 1 and on (zone) {Y}"),
        fires(f'{X} / sum by (job, zone) (y{{job="a"}}) > 1'),
        fires(f"{X} > 1 and on (job) vector(1)"),
    ],
    "promql-nan": [fires('sum by (job) (x{job="a"} / y{job="a"}) > 1')],
    "promql-aggregate": [fires('sum(x{job="a"}) > 1')],
    "promql-selector": [fires("x > 1")],
}

CASES = [pytest.param(rule, spoil, id=f"{rule}-{n}") for rule, spoils in BAD.items() for n, spoil in enumerate(spoils)]


def findings(house: House) -> set[str]:
    return {finding.rule for finding in lint.lint(house.dashboards, house.groups)}


def test_every_rule_has_a_bad_example():
    assert set(BAD) == set(lint.RULES)


def test_a_clean_house_has_no_findings():
    assert lint.lint(House().dashboards, House().groups) == []


@pytest.mark.parametrize(("rule", "spoil"), CASES)
def test_a_spoiled_house_is_found(rule, spoil):
    house = House()
    spoil(house)
    assert rule in findings(house)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(
            asks(f'sum(rate(requests_total{{{CHOSEN},zone="a"}}[$__rate_interval] offset $__interval))'), id="offset"
        ),
        pytest.param(put("panel", "fieldConfig", {"defaults": {"unit": "suffix: apples"}}), id="a free unit"),
        pytest.param(override_unit("s"), id="an override's unit"),
        pytest.param(put("panel", "fieldConfig", {"defaults": {"mappings": [{"type": "value"}]}}), id="mapped values"),
        pytest.param(
            lambda house: house.panel.update(
                type="stat", fieldConfig={"defaults": {}}, options={"reduceOptions": {"fields": "/^name$/"}}
            ),
            id="a stat of a word",
        ),
        pytest.param(loki('sum(rate({job=~"$job",instance=~"$instance"}[$__auto]))'), id="LogQL"),
        pytest.param(
            lambda house: (infinity()(house), house.variables[1].update(query=INFINITY["type"])), id="Infinity"
        ),
        pytest.param(fires('absent(up{job="house"})'), id="absent keeps what its selector fixes"),
        pytest.param(
            fires('absent_over_time(up{job="house"}[5m]) and on (job) group by (job) (up{job="house"})'), id="and"
        ),
        pytest.param(fires(f"{X} unless on (job) {Y}"), id="unless is a condition"),
        pytest.param(fires(f"{X} > 1 or {Y} > 1"), id="both sides of or"),
        pytest.param(fires(f"abs({X} > 1)"), id="a condition inside a call"),
        pytest.param(fires(f"-({X}) < -1"), id="a sign"),
        pytest.param(fires(f"1 < {X}"), id="a number on the left"),
        pytest.param(fires(f"{X} * on (job) group_left (zone) z{{job='a'}} > 1"), id="group_left"),
        pytest.param(fires(f"z{{job='a'}} * on (job) group_right () {X} > 1"), id="group_right"),
        pytest.param(fires('sum by (job) (x{job="a"} / (y{job="a"} > 0)) > 1'), id="a guarded quotient"),
        pytest.param(fires('sum without (zone) (sum by (job, zone) (x{job="a"})) > 1'), id="without of known labels"),
        pytest.param(
            fires('histogram_quantile(0.9, sum by (job, le) (rate(x_bucket{job="a"}[5m]))) > 1'), id="quantile"
        ),
        pytest.param(fires(f'label_replace({X}, "zone", "$1", "job", "(.*)") > 1'), id="a label more"),
        pytest.param(fires('count_values by (job) ("version", x{job="a"}) > 1'), id="counted values"),
        pytest.param(fires(f"{X} > scalar(vector(1))"), id="scalar"),
        pytest.param(lambda house: house.group.pop("interval"), id="no interval"),
        pytest.param(put("dashboard", "refresh", ""), id="no refresh"),
        pytest.param(
            lambda house: house.dashboard["panels"].append(
                {"id": 9, "type": "row", "gridPos": {"x": 0, "y": 40, "w": 24, "h": 1}, "panels": []}
            ),
            id="a row",
        ),
    ],
)
def test_what_is_right_is_not_found(spoil):
    house = House()
    spoil(house)
    assert findings(house) == set()


def test_a_dashboard_of_sql_alone_needs_no_job():
    house = House()
    house.dashboard["panels"] = [{**house.table, "targets": [{**house.sql, "rawSql": "select 1"}]}]
    house.dashboard["templating"]["list"] = house.variables[1:2]
    assert lint.lint([house.dashboard], []) == []


def test_a_finding_says_where_and_by_which_rule():
    house = House()
    house.target["expr"] = "sum("
    (finding,) = [one for one in lint.lint(house.dashboards, house.groups) if one.rule == "target-promql-rule"]
    assert finding.where == {"dashboard": "House", "panel": "Panel 1", "target": "A"}
    assert str(finding).startswith("House / Panel 1 / A: invalid PromQL")
    assert str(finding).endswith("[target-promql-rule]")


def test_every_rule_is_explained():
    assert [rule.id for rule in lint.RULES.values() if not rule.about.endswith(".")] == []
