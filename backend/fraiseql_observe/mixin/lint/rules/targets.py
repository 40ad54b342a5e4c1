"""Targets: the queries of panels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import promql_parser as ast

from fraiseql_observe.mixin.lint import promql
from fraiseql_observe.mixin.lint.model import LOKI, POSTGRES, Target
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

RATES = ("rate", "irate", "increase")
RANGES = ("$__rate_interval", "$__range", "$__auto")
RATED = re.compile(r"\b(?:rate|irate)\s*\((?:[^()\[\]]|\([^()]*\))*\[(?P<range>[^\]]+)\]")
AUTO = re.compile(r"\[(?P<range>[^\]]+)\]")
# What Grafana's PostgreSQL data source expands; any other name in this form is an error there.
MACROS = frozenset(
    [
        "__time",
        "__timeEpoch",
        "__timeFilter",
        "__timeFrom",
        "__timeTo",
        "__timeGroup",
        "__timeGroupAlias",
        "__unixEpochFilter",
        "__unixEpochNanoFilter",
        "__unixEpochNanoFrom",
        "__unixEpochNanoTo",
        "__unixEpochGroup",
        "__unixEpochGroupAlias",
    ]
)
MACRO = re.compile(r"\$(__\w+)\s*\(")


@rule(Target)
def target_promql_rule(target: Target) -> Iterator[str]:
    """The expression is PromQL once Grafana's variables are filled in."""
    if target.kind == "prometheus" and target.query.error:
        yield f"invalid PromQL: {target.query.error}"


@rule(Target)
def target_rate_interval_rule(target: Target) -> Iterator[str]:
    """`rate` and `irate` look back over `$__rate_interval`, which follows the zoom and the scrape interval."""
    if target.kind != "prometheus":
        return
    for found in RATED.finditer(target.text):
        if found["range"] != "$__rate_interval":
            yield f"a rate looks back over [{found['range']}], not [$__rate_interval]"


@rule(Target)
def target_job_rule(target: Target) -> Iterator[str]:
    """Every selector follows the variable: `job=~"$job"`."""
    yield from _unselected(target, "job")


@rule(Target)
def target_instance_rule(target: Target) -> Iterator[str]:
    """Every selector follows the variable: `instance=~"$instance"`; a record without instances cannot."""
    yield from _unselected(target, "instance")


def _unselected(target: Target, variable: str) -> Iterator[str]:
    for node in target.query.selectors:
        chosen = [value for _, op, value in promql.matchers(node.expr) if op == promql.REGEX[0]]
        if f"${variable}" not in chosen and f"${{{variable}}}" not in chosen:
            yield f'{promql.metric(node.expr)} is not narrowed by {variable}=~"${variable}"'


@rule(Target)
def target_counter_agg_rule(target: Target) -> Iterator[str]:
    """A counter (`…_total`) is read through rate, irate or increase only: its level says when the process started."""
    for node in target.query.selectors:
        name = promql.metric(node.expr)
        if name.endswith("_total") and not node.within(*RATES, "absent", "count_over_time", "present_over_time"):
            yield f"{name} is a counter and not inside rate, irate or increase"


@rule(Target)
def target_logql_rule(target: Target) -> Iterator[str]:
    """A Loki target has an expression whose brackets and quotes close."""
    code = promql.QUOTED.sub("", target.text)
    if target.kind == LOKI and (not code or any(code.count(a) != code.count(b) for a, b in ("()", "[]", "{}"))):
        yield "invalid LogQL: empty, or its brackets do not close"


@rule(Target)
def target_logql_auto_rule(target: Target) -> Iterator[str]:
    """A range in LogQL is `$__auto`."""
    for found in AUTO.finditer(target.text) if target.kind == LOKI else ():
        if found["range"] != "$__auto":
            yield f"looks back over [{found['range']}], not [$__auto]"


@rule(Target)
def target_sql_rule(target: Target) -> Iterator[str]:
    """A SQL target is plain text in one of two formats, with macros that Grafana knows and quoted variables."""
    if target.kind != POSTGRES:
        return
    sql = str(target.json.get("rawSql") or "")
    if not sql or not target.json.get("rawQuery"):
        yield "has no rawSql, or does not say rawQuery"
    if target.json.get("format") not in {"table", "time_series"}:
        yield f"has the format {target.json.get('format')!r}, not table or time_series"
    for name in MACRO.findall(sql):
        if name not in MACROS:
            yield f"${name}() is no macro of Grafana's"
    for name in re.findall(r"\$\{(\w+)\}|\$(?!__)(\w+)", sql):
        yield f"the variable {''.join(name)} is put into the SQL unquoted; write ${{{''.join(name)}:sqlstring}}"


@rule(Target)
def target_topk_rule(target: Target) -> Iterator[str]:
    """A ranking is asked at one instant: over a range, topk picks anew at each step and draws ever more series."""
    if target.json.get("instant") or target.panel.type == "table":
        return
    for node in target.query.of(ast.AggregateExpr):
        if promql.operator(node.expr) in {"topk", "bottomk"}:
            yield f"{promql.operator(node.expr)} over a range shows more series than it says"
