"""What the Infinity data source asks: in targets of panels, and in query variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fraiseql_observe.mixin.lint.model import INFINITY, Dashboard, Target
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What makes a query one that Grafana's server runs itself. With columns and no parser the browser would read the
# answer, and an alert rule would read nothing.
SERVER_SIDE = {"type": "json", "source": "url", "parser": "backend"}
FORMATS = ("table", "timeseries")
TYPES = ("string", "number", "timestamp", "timestamp_epoch", "timestamp_epoch_s", "boolean")
RELATIVE = re.compile(r"[A-Za-z0-9_][\w./-]*")
PATH = re.compile(r"[\w.]*")
MACRO = re.compile(r"\$\{__(?:from|to)\b")
UNFORMATTED = re.compile(r"\$\{([A-Za-z]\w*)\}|\$([A-Za-z]\w*)")


@rule(Target)
def target_infinity_rule(target: Target) -> Iterator[str]:
    """An Infinity target is JSON that the backend parser reads, from an address below the data source's own."""
    if target.kind == INFINITY:
        yield from _wrong(target.json)


@rule(Dashboard)
def template_infinity_rule(dashboard: Dashboard) -> Iterator[str]:
    """So is what a variable asks through Infinity."""
    for variable in dashboard.variables:
        if (variable.get("datasource") or {}).get("type") == INFINITY:
            asked = variable.get("query")
            query = asked.get("infinityQuery") if isinstance(asked, dict) else None
            problems = _wrong(query) if isinstance(query, dict) else ["has no infinityQuery"]
            yield from (f"variable {variable.get('name')!r} {problem}" for problem in problems)


def _wrong(query: Mapping[str, Any]) -> Iterator[str]:
    for key, wanted in SERVER_SIDE.items():
        if query.get(key) != wanted:
            yield f"has {key} {query.get(key)!r}, not {wanted!r}"
    if query.get("format") not in FORMATS:
        yield f"has the format {query.get('format')!r}, not table or timeseries"
    if not PATH.fullmatch(str(query.get("root_selector", ""))):
        yield f"has the root_selector {query['root_selector']!r}, which is no plain path"
    if query.get("filters"):
        yield "has filters, which only the browser heeds"
    yield from _wrong_columns(query)
    yield from _wrong_address(query)


def _wrong_columns(query: Mapping[str, Any]) -> Iterator[str]:
    columns = query.get("columns") or []
    if not columns:
        yield "declares no columns"
    for column in columns:
        if column.get("type") not in TYPES:
            yield f"has a column {column.get('selector')!r} of type {column.get('type')!r}"


def _wrong_address(query: Mapping[str, Any]) -> Iterator[str]:
    url, options = str(query.get("url") or ""), query.get("url_options") or {}
    if not RELATIVE.fullmatch(url) or ".." in url:
        yield f"asks {url!r}, which is no plain path below the data source's address"
    if options.get("method") != "GET":
        yield f"asks by {options.get('method')!r}, not GET"
    if options.get("headers"):
        yield "sends headers of its own; credentials belong to the data source"
    for parameter in options.get("params") or []:
        yield from _wrong_value(str(parameter.get("key")), str(parameter.get("value")))


def _wrong_value(key: str, value: str) -> Iterator[str]:
    if MACRO.search(value):
        yield f"the parameter {key} is {value!r}; only ${{__timeFrom…}} and ${{__timeTo…}} heed the panel's shift"
    for name in UNFORMATTED.findall(value):
        yield f"the parameter {key} has the variable {''.join(name)} without a format; write ${{{''.join(name)}:json}}"
