"""Variables at the top of a dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fraiseql_observe.mixin.lint import promql
from fraiseql_observe.mixin.lint.model import PROMETHEUS, Dashboard
from fraiseql_observe.mixin.lint.registry import rule

ASKS = re.compile(
    r"^(?:label_values\((?:(?P<of>.+),\s*)?\w+\)|label_names\(.*\)|metrics\(.*\)|query_result\((?P<in>.+)\))$"
)
USED = re.compile(r"\$\{(\w+)(?::[^}]*)?\}|\$(\w+)|\[\[(\w+)\]\]")


@rule(Dashboard)
def template_datasource_rule(dashboard: Dashboard) -> Iterator[str]:
    """The data source is a variable: `datasource` ("Data source") for Prometheus, `…_datasource` for any other kind."""
    sources = [variable for variable in dashboard.variables if variable.get("type") == "datasource"]
    if not sources:
        yield "has no data source variable"
    for source in sources:
        yield from _misnamed(source)


def _misnamed(source: Mapping[str, Any]) -> Iterator[str]:
    name, label = source.get("name", ""), str(source.get("label") or "")
    if source.get("query") == PROMETHEUS and name not in {"datasource", "prometheus_datasource"}:
        yield f"the Prometheus data source variable is named {name!r}, not 'datasource'"
    if source.get("query") != PROMETHEUS and not str(name).endswith("_datasource"):
        yield f"the data source variable {name!r} of {source.get('query')!r} must end in '_datasource'"
    if not label.lower().endswith("data source"):
        yield f"the data source variable {name!r} is labelled {label!r}, not 'Data source'"


@rule(Dashboard)
def template_job_rule(dashboard: Dashboard) -> Iterator[str]:
    """A dashboard that asks Prometheus has a variable `job`, several choices, all of them `.+`."""
    yield from _chooser(dashboard, "job", "Job")


@rule(Dashboard)
def template_instance_rule(dashboard: Dashboard) -> Iterator[str]:
    """The same for `instance`."""
    yield from _chooser(dashboard, "instance", "Instance")


def _chooser(dashboard: Dashboard, name: str, label: str) -> Iterator[str]:
    if not dashboard.asks(PROMETHEUS):
        return
    variable = next((one for one in dashboard.variables if one.get("name") == name), None)
    if variable is None:
        yield f"has no variable {name!r}"
        return
    source = (variable.get("datasource") or {}).get("uid")
    wanted = {"type": "query", "label": label, "multi": True, "allValue": ".+"}
    for key, value in wanted.items():
        if variable.get(key) != value:
            yield f"variable {name!r} has {key} {variable.get(key)!r}, not {value!r}"
    if source not in {"${datasource}", "$datasource", "${prometheus_datasource}"}:
        yield f"variable {name!r} asks {source!r}, not the data source variable"


@rule(Dashboard)
def template_label_promql_rule(dashboard: Dashboard) -> Iterator[str]:
    """A query variable on Prometheus is one of Grafana's four functions over valid PromQL."""
    for variable in _queries(dashboard):
        if (variable.get("datasource") or {}).get("type") != PROMETHEUS:
            continue
        text = _text(variable)
        asked = ASKS.match(text)
        if asked is None:
            yield f"variable {variable.get('name')!r} asks {text!r}, which is none of Grafana's functions"
        elif (inner := asked["of"] or asked["in"]) and (error := promql.parse(inner).error):
            yield f"variable {variable.get('name')!r} asks invalid PromQL: {error}"


@rule(Dashboard)
def template_on_time_change_reload_rule(dashboard: Dashboard) -> Iterator[str]:
    """A query variable is asked again when the time range changes (`refresh: 2`)."""
    for variable in _queries(dashboard):
        if variable.get("refresh") != 2:  # noqa: PLR2004  # Grafana's number for "on time range change"
            yield f"variable {variable.get('name')!r} has refresh {variable.get('refresh')!r}, not 2"


@rule(Dashboard)
def template_used_rule(dashboard: Dashboard) -> Iterator[str]:
    """Every variable that is used is defined, and every one defined is used."""
    defined = {str(variable.get("name")) for variable in dashboard.variables}
    rest = {key: value for key, value in dashboard.json.items() if key != "templating"}
    used = {name for value in (rest, [_inside(variable) for variable in dashboard.variables]) for name in _names(value)}
    for name in sorted(used - defined):
        yield f"uses the variable ${name}, which is not defined"
    for name in sorted(defined - used):
        yield f"defines the variable ${name}, which nothing uses"


def _names(value: Any) -> set[str]:
    """The variables anywhere in a value; Grafana's own (`$__interval`, `${__data.fields}`) are none."""
    found = {next(filter(None, groups)) for groups in USED.findall(json.dumps(value, ensure_ascii=False))}
    return {name for name in found if not name.startswith("__") and not name.isdigit()}


def _inside(variable: Mapping[str, Any]) -> list[Any]:
    return [variable.get("query"), variable.get("datasource")]


def _queries(dashboard: Dashboard) -> list[Mapping[str, Any]]:
    return [variable for variable in dashboard.variables if variable.get("type") == "query"]


def _text(variable: Mapping[str, Any]) -> str:
    query = variable.get("query")
    return str(query.get("query", "") if isinstance(query, Mapping) else query or "")
