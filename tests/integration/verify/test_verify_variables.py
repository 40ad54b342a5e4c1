"""Every kind of template variable, filled from real servers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from verify_support import dashboard, promql, sql

from fraiseql_observe.verify import Options, Report, verify

MULTI: dict[str, Any] = {"type": "query", "refresh": 2, "multi": True, "includeAll": True}
PROMETHEUS = {"datasource": {"type": "prometheus", "uid": "${datasource}"}}
POSTGRES = {"datasource": {"type": "grafana-postgresql-datasource", "uid": "${audit_datasource}"}}


def run(
    prometheus: str,
    variable: dict[str, Any] | tuple[dict[str, Any], ...],
    expression: str,
    postgres: str | None = None,
    **options: Any,
) -> Report:
    variables = variable if isinstance(variable, tuple) else (variable,)
    panel = sql("Panel", expression) if postgres else promql("Panel", expression)
    body = dashboard(panel, variables=variables)
    return verify(
        [body], prometheus, postgres, now=datetime.now(UTC), options=Options(**{"scrape_interval": "1s"} | options)
    )


@pytest.mark.parametrize(
    ("declared", "expression", "newest"),
    [
        pytest.param(
            {**MULTI, "query": "label_values(shop_orders, shop)", "current": {"value": "$__all"}},
            'sum(shop_orders{shop=~"$v"})', "30", id="all without a value of its own lists every label value",
        ),
        pytest.param(
            {**MULTI, "query": "label_values(shop_orders, shop)", "allValue": ".+", "current": {"value": ["$__all"]}},
            'sum(shop_orders{shop=~"$v"})', "30", id="all with a value of its own is sent as it is",
        ),
        pytest.param(
            {**MULTI, "query": "label_values(shop_orders, shop)"},
            'sum(shop_orders{shop=~"$v"})', "30", id="a variable with All and no saved value selects All",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "label_values(shop_orders, shop)"},
            'shop_orders{shop="$v"}', "10", id="a single variable takes the first value",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "label_values(shop_orders, shop)", "current": {"value": "south"}},
            'shop_orders{shop="$v"}', "20", id="a saved value that is still offered stays",
        ),
        pytest.param(
            {"type": "query", "refresh": 1, "query": "label_values(shop)", "sort": 2},
            'shop_orders{shop="${v}"}', "20", id="label values without a metric, sorted downwards",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "label_values({}, shop)", "regex": "/sou.*/"},
            'shop_orders{shop="[[v]]"}', "20", id="a regular expression filters",
        ),
        pytest.param(
            {**MULTI, "query": 'label_values(fraiseql_graphql_queries_total{operation_name=~".*b.*"}, operation_name)'},
            'sum(fraiseql_graphql_queries_total{operation_name=~"$v"})', "3", id="values are escaped",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "query_result(shop_orders > 15)", "regex": '/shop="([^"]+)"/'},
            'shop_orders{shop="$v"}', "20", id="the result of a query",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "query_result(scalar(sum(shop_orders)))"},
            "vector($v)", "30", id="the result of a scalar query",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "metrics(^shop_)"}, "max($v)", "20", id="metric names",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "label_names(shop_orders)", "regex": "shop"},
            "count(sum by ($v) (shop_orders))", "2", id="label names of a metric",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": "label_names()", "regex": "/^shop$/"},
            "count(sum by ($v) (shop_orders))", "2", id="all label names",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": 'shop_orders{shop="north"}', "regex": "/^([a-z_]+)/"},
            "max($v)", "20", id="a plain selector",
        ),
        pytest.param(
            {"type": "query", "refresh": 2, "query": {"qryType": 1, "label": "shop", "metric": "shop_orders"}},
            'shop_orders{shop="$v"}', "10", id="saved by the query editor",
        ),
        pytest.param(
            {"type": "query", "refresh": 0, "query": "label_values(x)", "options": [{"value": "south", "text": "S"}]},
            'shop_orders{shop="$v"}', "20", id="a variable that is never asked again keeps its saved options",
        ),
        pytest.param({"type": "custom", "query": "a : south, b : north"}, 'shop_orders{shop="$v"}', "20", id="custom"),
        pytest.param(
            {"type": "interval", "query": "30s,5m"}, "avg(avg_over_time(shop_orders[$v]))", "15", id="interval",
        ),
        pytest.param(
            {"type": "interval", "query": "30s", "auto": True, "current": {"value": "$__auto_interval_v"}},
            "avg(avg_over_time(shop_orders[$v]))", "15", id="automatic interval",
        ),
        pytest.param({"type": "constant", "query": "south"}, 'shop_orders{shop="$v"}', "20", id="constant"),
        pytest.param({"type": "textbox", "query": "north"}, 'shop_orders{shop="$v"}', "10", id="textbox"),
    ],
)  # fmt: skip
def test_prometheus_variables(prometheus_url, declared, expression, newest):
    report = run(prometheus_url, {"name": "v", **PROMETHEUS, **declared}, expression)
    assert report.ok, report.results
    assert report.results[0].newest == newest


def test_variables_are_asked_after_those_they_name(prometheus_url):
    chain = (
        {
            "name": "shop",
            **PROMETHEUS,
            "type": "query",
            "refresh": 2,
            "query": 'label_values(shop_orders{job="$job"}, shop)',
        },
        {"name": "job", **PROMETHEUS, "type": "query", "refresh": 2, "query": "label_values(shop_orders, job)"},
    )
    report = run(prometheus_url, chain, 'shop_orders{job="$job",shop="$shop"}')
    assert report.ok, report.results
    assert report.results[0].newest == "10"


def test_the_user_may_insist_on_values(prometheus_url):
    shops = {"name": "shop", **PROMETHEUS, **MULTI, "query": "label_values(shop_orders, shop)"}
    report = run(prometheus_url, shops, 'sum(shop_orders{shop=~"$shop"})', variables={"shop": ("south",)})
    assert report.results[0].newest == "20"


def test_a_variable_that_offers_nothing_is_blamed(prometheus_url):
    nobody = {"name": "shop", **PROMETHEUS, "type": "query", "refresh": 2, "query": "label_values(nothing, shop)"}
    broken = {"name": "job", **PROMETHEUS, "type": "query", "refresh": 2, "query": "label_values(sum(, job)"}
    report = run(prometheus_url, (nobody, broken), 'shop_orders{shop="$shop", job="$job"}')
    why = report.results[0].why
    assert "variable $shop: it offers no value" in why
    assert "variable $job: Prometheus refuses the query" in why


SQL_TENANTS = {"name": "tenant", **POSTGRES, **MULTI, "current": {"value": ["$__all"]}}
TENANTS = "select distinct tenant as __text, tenant as __value from audit order by 1"
COUNT = "select count(*) as n from audit where tenant = any(array[${tenant:sqlstring}]::text[])"


def test_sql_variables_survive_quotes_in_their_values(prometheus_url, audit_url):
    report = run(prometheus_url, {**SQL_TENANTS, "query": TENANTS}, COUNT, audit_url)
    assert report.results[0].newest == "n=10", report.results


def test_sql_variables_without_named_columns_offer_every_value(prometheus_url, audit_url):
    one = {**SQL_TENANTS, "query": {"rawSql": "select distinct tenant from audit", "format": "table"}}
    report = run(prometheus_url, one, "select count(*) as n from audit where tenant in ($tenant)", audit_url)
    assert report.results[0].newest == "n=10", report.results


@pytest.mark.parametrize("source", ["${audit_datasource}", {"uid": "${audit_datasource}"}])
def test_the_data_source_of_a_variable_may_be_a_variable(prometheus_url, audit_url, source):
    report = run(prometheus_url, {**SQL_TENANTS, "datasource": source, "query": TENANTS}, COUNT, audit_url)
    assert report.results[0].newest == "n=10", report.results


def test_sql_variables_may_use_macros(prometheus_url, audit_url):
    recent = {**SQL_TENANTS, "query": "select tenant from audit where $__timeFilter(at)"}
    report = run(prometheus_url, recent, COUNT, audit_url, range=("now-90s", "now"))
    assert report.results[0].newest == "n=5", report.results


def test_a_broken_sql_variable_is_blamed(prometheus_url, audit_url):
    report = run(prometheus_url, {**SQL_TENANTS, "query": "select tenant from nowhere"}, COUNT, audit_url)
    assert report.results[0].newest == "n=0"  # a count of nothing is still an answer
    listed = run(
        prometheus_url,
        {**SQL_TENANTS, "query": "select tenant from nowhere"},
        f"{COUNT} having count(*) > 0",
        audit_url,
    )
    assert "variable $tenant: SQL error 42P01" in listed.results[0].why


def test_variables_of_a_server_that_nobody_named_are_blamed(prometheus_url):
    tenants = {**SQL_TENANTS, "query": TENANTS}
    report = run(prometheus_url, tenants, 'shop_orders{shop=~"$tenant"}')
    assert "variable $tenant: no PostgreSQL was named" in report.results[0].why


def test_a_repeated_panel_is_asked_for_its_first_value(prometheus_url):
    shops = {"name": "shop", **PROMETHEUS, **MULTI, "query": "label_values(shop_orders, shop)"}
    body = dashboard(promql("Orders of $shop", 'shop_orders{shop="$shop"}', repeat="shop"), variables=(shops,))
    report = verify([body], prometheus_url, None, now=datetime.now(UTC), options=Options(scrape_interval="1s"))
    assert [(result.panel, result.newest) for result in report.results] == [("Orders of north", "10")]
