"""The variant that asks the audit proxy through the Infinity data source asks what the SQL one asks."""

from __future__ import annotations

import json

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.mixin import render

QUESTIONS = catalogue.load().as_json()
RENDERED = render(catalogue=QUESTIONS)
SQL = RENDERED.dashboards
INFINITY = RENDERED.variants["infinity"].dashboards
PLUGIN = "yesoreyeram-infinity-datasource"
SOURCES = "provisioning/grafana/datasources/fraiseql.yaml"
VALUES = {
    "from": "${__timeFrom:date:iso}",
    "to": "${__timeTo:date:iso}",
    "bucket": "$__interval",
    "tenants": "${tenant:json}",
}
TYPES = {"time": "timestamp", "string": "string", "number": "number", "boolean": "boolean"}


def panels(dashboards):
    return [(name, panel) for name, one in dashboards.items() for panel in one["panels"] if "targets" in panel]


def asked(dashboards, plugin):
    """(dashboard, panel id, refId) -> target."""
    return {
        (name, panel["id"], target["refId"]): target
        for name, panel in panels(dashboards)
        for target in panel["targets"]
        if target["datasource"]["type"] == plugin
    }


def data_source(**config):
    files = render({"auditSource": "infinity", **config}, catalogue=QUESTIONS).deploy
    return next(each for each in files[SOURCES]["datasources"] if each["uid"] == "fraiseql-audit")


def test_every_sql_target_has_its_counterpart_about_the_same_question():
    sql, infinity = asked(SQL, "grafana-postgresql-datasource"), asked(INFINITY, PLUGIN)
    assert sql.keys() == infinity.keys()
    assert len(sql) >= 25
    by_sql = {question["rawSql"]: name for name, question in QUESTIONS.items()}
    for place, target in infinity.items():
        assert target["url"] == f"api/observability/audit/queries/{by_sql[sql[place]['rawSql']]}"


@pytest.mark.parametrize("place", asked(INFINITY, PLUGIN), ids=str)
def test_a_target_gives_the_parameters_and_declares_the_columns_of_its_question(place):
    target = asked(INFINITY, PLUGIN)[place]
    question = QUESTIONS[target["url"].rpartition("/")[2]]
    given = {each["key"]: each["value"] for each in target["url_options"]["params"]}
    assert given == {name: VALUES[name] for name in question["parameters"] if name in VALUES}
    columns = [(each["name"], TYPES[each["type"]]) for each in question["columns"]]
    assert [(each["selector"], each["type"]) for each in target["columns"]] == columns
    assert target["format"] == {"table": "table", "time_series": "timeseries"}[question["format"]]
    assert (target["parser"], target["root_selector"], target["filters"]) == ("backend", "rows", [])


def test_columns_are_put_back_into_the_order_of_their_question():
    for name, panel in panels(INFINITY):
        for target in (each for each in panel["targets"] if len(each.get("columns", ())) > 1):
            (order,) = [each["options"]["indexByName"] for each in panel["transformations"] if each["id"] == "organize"]
            places = [order[column["text"]] for column in target["columns"]]
            assert places == sorted(places), (name, panel["title"])


def test_a_series_that_comes_as_rows_is_named_by_its_label():
    named = {
        (panel["title"], setting["value"])
        for _, panel in panels(INFINITY)
        for override in panel["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == "value"
        for setting in override["properties"]
        if setting["id"] == "displayName"
    }
    label = "${__field.labels.metric}"
    assert named == {("Active users per tenant", label), ("Events by type", label)}


def test_both_count_over_the_same_intervals():
    for _, panel in panels(INFINITY):
        if any("$__interval" in json.dumps(target) for target in panel["targets"] if target.get("url")):
            assert panel["interval"] == ("30s" if panel["type"] == "timeseries" else "1m"), panel["title"]


def test_all_tenants_are_an_empty_list_and_the_choice_comes_from_the_proxy():
    variables = [each for one in INFINITY.values() for each in one["templating"]["list"] if each["name"] == "tenant"]
    assert len(variables) >= 2
    for variable in variables:
        assert variable["allValue"] == "[]"
        assert variable["query"]["infinityQuery"]["url"] == "api/observability/audit/queries/tenants/values/__value"


def test_the_variant_differs_in_what_asks_the_audit_log_and_in_nothing_else():
    assert SQL.keys() == INFINITY.keys()
    same = {name for name in SQL if SQL[name] == INFINITY[name]}
    assert same == {f"fraiseql-{name}.json" for name in ("operations", "cache", "backend")}
    assert "postgresql" not in json.dumps(list(INFINITY.values()))
    assert "infinity" not in json.dumps(list(SQL.values()))
    assert (RENDERED.rules, RENDERED.alerts) == (
        RENDERED.variants["infinity"].rules,
        RENDERED.variants["infinity"].alerts,
    )


@pytest.mark.parametrize("url", ["https://observe.example.com", "https://observe.example.com/"])
def test_the_data_source_keeps_its_token_to_one_address(url):
    found = data_source(deploy={"auditUrl": url})
    settings = found["jsonData"]
    assert (found["type"], found["url"]) == (PLUGIN, "https://observe.example.com/")
    assert settings["allowedHosts"] == ["https://observe.example.com/"]
    assert settings["unsecuredQueryHandling"] == "deny"
    assert settings["allowDangerousHTTPMethods"] is False
    assert settings["customHealthCheckUrl"].startswith("https://observe.example.com/api/")
    assert found["secureJsonData"]["bearerToken"] == "$FRAISEQL_OBSERVE_GRAFANA_TOKEN"


def test_the_chart_gets_the_same_data_source_and_a_secret_for_each_variable_it_names():
    for source in ("postgres", "infinity"):
        files = render({"auditSource": source}, catalogue=QUESTIONS).deploy
        grafana = files["bundle/helm/kube-prometheus-stack-values.yaml"]["grafana"]
        (found,) = grafana["additionalDataSources"]
        assert found in files[SOURCES]["datasources"]
        named = {word for word in json.dumps(found).replace('"', " ").split() if word.startswith(("$A", "$F"))}
        assert named == {f"${name}" for name in grafana["envValueFrom"]}


def test_there_is_no_third_way():
    with pytest.raises(ConfigError, match="auditSource"):
        render({"auditSource": "mysql"}, catalogue=QUESTIONS)
