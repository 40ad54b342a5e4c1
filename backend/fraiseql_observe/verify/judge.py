"""Decide whether an answer is data: pure functions from what a server said to a finding.

A PromQL query has data when at least one series has at least one finite sample; an SQL query when at least one row has
at least one value that is not null, and Grafana could draw it in the format the panel asks for; an alert list when
Prometheus' rules API lists the alerts that it shows.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import promql_parser

from fraiseql_observe.promql import metric_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

OUR_ALERTS = "FraiseQL"  # an alert list without a name filter still must show these
HISTOGRAM = "histogram"
EXPORTERS = {
    "fraiseql_": "is the application instrumented and scraped?",
    "pg_": "is postgres_exporter scraped?",
    "redis_": "is redis_exporter scraped?",
    "node_": "is node_exporter scraped?",
    "alertmanager_": "is Alertmanager scraped?",
    "prometheus_": "does Prometheus scrape itself?",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one query gave: `why` is empty exactly when it gave data."""

    count: int = 0  # series, rows or alerts
    newest: str = ""  # the newest value, or a few of the newest row; never a text from the audit log
    why: str = ""
    warnings: tuple[str, ...] = ()


def judge_series(result: Sequence[Any], warnings: Iterable[str] = ()) -> Finding:
    """What a PromQL result (matrix, vector or scalar, as the HTTP API gives it) is worth."""
    told = tuple(warnings)
    series = [_samples(each) for each in _as_series(result)]
    if not series:
        return Finding(why="no series", warnings=told)
    finite = [
        sample for samples in series for sample in samples if sample[1] == HISTOGRAM or math.isfinite(float(sample[1]))
    ]
    if not finite:
        return Finding(count=len(series), why=_without_finite(series), warnings=told)
    return Finding(len(series), _newest(finite), warnings=told)


def _newest(samples: Sequence[tuple[float, str]]) -> str:
    """The largest of the newest samples: of many series, one that moves says more than one that rests at 0."""
    last = max(float(at) for at, _ in samples)
    values = [value for at, value in samples if float(at) == last]
    return HISTOGRAM if HISTOGRAM in values else _number(max(map(float, values)))


def _as_series(result: Sequence[Any]) -> Sequence[Any]:
    scalar = len(result) == 2 and not isinstance(result[0], dict)  # noqa: PLR2004  a scalar is [time, value]
    return [{"value": list(result)}] if scalar else result


def _samples(series: Mapping[str, Any]) -> list[tuple[float, str]]:
    plain = series.get("values") or ([series["value"]] if "value" in series else [])
    native = series.get("histograms") or ([series["histogram"]] if "histogram" in series else [])
    return [(at, value) for at, value in plain] + [(at, HISTOGRAM) for at, _ in native]


def _without_finite(series: Sequence[Sequence[tuple[float, str]]]) -> str:
    values = {value for samples in series for _, value in samples}
    return "only NaN" if values <= {"NaN"} else "only NaN and infinite values"


def explain_absence(expression: str, known: Callable[[str], bool]) -> str:
    """Why a PromQL expression may have no series: the first metric that Prometheus has never heard of.

    Args:
        expression: with all variables filled in.
        known: says whether Prometheus has the metric in the range.
    """
    for metric in metrics_in(expression):
        if known(metric):
            continue
        if ":" in metric:
            return f"recorded series {metric} is not known to Prometheus (are the recording rules loaded?)"
        mend = next(
            (mend for prefix, mend in EXPORTERS.items() if metric.startswith(prefix)), "is its exporter scraped?"
        )
        return f"metric {metric} is not known to Prometheus ({mend})"
    return "no series"


def metrics_in(expression: str) -> tuple[str, ...]:
    """The metric names that an expression selects, in order; empty when it does not parse."""
    try:
        return metric_names(promql_parser.parse(expression))
    except ValueError:
        return ()


@dataclass(frozen=True, slots=True)
class Rows:
    """An SQL answer: column names, which of them are numbers, and the rows (at most so many)."""

    columns: tuple[str, ...]
    numeric: frozenset[str]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool = False


def judge_rows(answer: Rows, form: str) -> Finding:
    """What an SQL answer is worth when a panel asks for it as `table` or `time_series`."""
    if not answer.rows:
        return Finding(why="0 rows")
    if form != "table" and (why := _not_drawable(answer)):
        return Finding(count=len(answer.rows), why=why)
    ignored = answer.columns.index("time") if form != "table" else -1
    cells = (cell for row in answer.rows for place, cell in enumerate(row) if place != ignored)
    if all(cell is None for cell in cells):
        return Finding(count=len(answer.rows), why="only null values")
    return Finding(len(answer.rows), _newest_row(answer))


def _not_drawable(answer: Rows) -> str:
    """Why Grafana cannot draw the rows as series, or nothing."""
    if "time" not in answer.columns:
        return "Grafana draws a time series only from a column named time"
    place = answer.columns.index("time")
    times = [row[place] for row in answer.rows if row[place] is not None]
    long = any(name not in answer.numeric and name != "time" for name in answer.columns)
    if long and any(later < earlier for earlier, later in pairwise(times)):
        return "rows are not sorted by time, which Grafana refuses for a time series with text columns"
    return ""


def _newest_row(answer: Rows) -> str:
    """Numbers and times of the newest row (the last by `time`, else the first); texts may be personal and stay out."""
    place = answer.columns.index("time") if "time" in answer.columns else 0
    dated = [row for row in answer.rows if "time" in answer.columns and row[place] is not None]
    row = max(dated, key=lambda each: each[place]) if dated else answer.rows[0]
    shown = [f"{name}={_cell(cell)}" for name, cell in zip(answer.columns, row, strict=True) if _showable(cell)]
    return ", ".join(shown[:3]) or f"{len(row)} columns"


def _showable(cell: object) -> bool:
    return isinstance(cell, bool | int | float | Decimal | datetime | date | time)


def _cell(cell: Any) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%H:%M:%S}"
    return _number(float(cell)) if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) else str(cell)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alerting rule that a Prometheus has loaded; `error` is why its evaluation fails, when it does."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


def judge_rules(rules: Sequence[AlertRule], name_filter: str = "", label_filter: str = "") -> Finding:
    """What a Prometheus' alerting rules are worth to an alert list.

    Args:
        rules: those that are loaded.
        name_filter: a part of the names that the list shows, or nothing.
        label_filter: the labels it shows, as `{alertname=~"A.*"}`, or nothing; labels that a rule does not set itself
            come from its series and are not looked at.
    """
    matches = _label_filter(label_filter)
    ours = name_filter or ("" if label_filter else OUR_ALERTS)
    shown = [rule for rule in rules if ours.lower() in rule.name.lower() and matches(rule)]
    if shown:
        told = tuple(f"alert {rule.name} cannot be evaluated: {rule.error}" for rule in shown if rule.error)
        return Finding(len(shown), f"{len(shown)} alert rules", warnings=told)
    has = f"it has {len(rules)} others" if rules else "it has none"
    wanted = " ".join(part for part in (ours, label_filter) if part)
    return Finding(why=f"Prometheus has no alerting rule like `{wanted}` ({has}; are the rules of bundle/ loaded?)")


def _label_filter(text: str) -> Callable[[AlertRule], bool]:
    if not text.strip():
        return lambda _: True
    braced = text if text.startswith("{") else f"{{{text}}}"
    try:
        selector: Any = promql_parser.parse(f"anything{braced}")  # with a name, since a filter may be all negative
        patterns = [(each.name, _pattern(each)) for each in selector.matchers.matchers]
    except (ValueError, AttributeError, re.error):
        return lambda _: False

    def matches(rule: AlertRule) -> bool:
        labels = {**rule.labels, "alertname": rule.name}
        return all(wanted(labels[name]) for name, wanted in patterns if name in labels)

    return matches


def _pattern(matcher: Any) -> Callable[[str], bool]:
    operator, value = matcher.op, matcher.value
    if operator in (promql_parser.MatchOp.Equal, promql_parser.MatchOp.NotEqual):
        return lambda text: (text == value) == (operator == promql_parser.MatchOp.Equal)
    expression = re.compile(value)
    return lambda text: bool(expression.fullmatch(text)) == (operator == promql_parser.MatchOp.Re)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"  # noqa: PLR2004
