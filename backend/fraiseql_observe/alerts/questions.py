"""What is asked about an incident: time range, series, operations. Pure."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.trend import metrics_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from fraiseql_observe.alerts.prometheus import Series
    from fraiseql_observe.alerts.trend import Branch
    from fraiseql_observe.incident.model import Alert

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
MOST_POINTS = 240
SHORTEST_STEP = 15  # seconds: a usual scrape interval
LONGEST_RANGE = 86400  # seconds
COMPARED_ALERTS = 20
OPERATION_RANGE = (300, 3600)  # seconds
SCOPE = ("cluster", "namespace")
OWN_SCOPE = ("job", "instance", "operation_name", "operation_type")  # those of an alert about FraiseQL's own metrics
NAMES = {"__other__": "(other operations)", "__anonymous__": "(anonymous operations)"}


@dataclass(frozen=True, slots=True)
class Range:
    """Seconds since the epoch, and seconds between points."""

    start: float
    end: float
    step: float


def shown(start: datetime, now: datetime, shortest: timedelta) -> Range:
    """What the picture shows: a while before the start, up to now, a day at most."""
    end, window = now.timestamp(), shortest.total_seconds()
    first = min(end - window, start.timestamp() - window / 2)
    begin = max(first, end - LONGEST_RANGE)
    return Range(begin, end, max(SHORTEST_STEP, math.ceil((end - begin) / MOST_POINTS)))


def chosen(found: Iterable[tuple[Branch, Series]], alerts: Sequence[Alert]) -> tuple[Branch, Series] | None:
    """The series to show: one that belongs to an alert, best one that breaches its threshold now, farthest from it."""
    labels = [alert.labels for alert in alerts[:COMPARED_ALERTS]]
    own = [(branch, series) for branch, series in found if any(_belongs(series.labels, each) for each in labels)]
    return max(own, key=_weight, default=None)


def _belongs(series: Mapping[str, str], alert: Mapping[str, str]) -> bool:
    """A rule adds labels to those of its expression, and takes the metric's name away."""
    return all(alert.get(name) == value for name, value in series.items() if name != "__name__")


def _weight(pair: tuple[Branch, Series]) -> tuple[bool, float]:
    branch, newest = pair[0], pair[1].points[-1][1]
    return branch.breached(newest), abs(newest - (branch.threshold or 0))


def only(expression: str, labels: Mapping[str, str]) -> str:
    """The expression, restricted to the series with these labels wherever they come from: joins and functions too."""
    named = {name: value for name, value in sorted(labels.items()) if name != "__name__" and _NAME.fullmatch(name)}
    mask = "vector(1)"
    for name, value in named.items():
        mask = f'label_replace({mask}, "{name}", {_quoted(value.replace("$", "$$"))}, "", "")'
    return f"({expression}) and on ({', '.join(named)}) {mask}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def operations(expression: str, labels: Mapping[str, str], seconds: float, most: int) -> str:
    """The query for the operations an alert is about: the slow ones when it is about time, else the failing ones."""
    metrics = metrics_in(expression)
    span = f"{round(min(max(seconds, OPERATION_RANGE[0]), OPERATION_RANGE[1]))}s"
    names = SCOPE + (OWN_SCOPE if any(name.startswith(("fraiseql_", "job:fraiseql_")) for name in metrics) else ())
    matchers = ",".join(f"{name}={_quoted(labels[name])}" for name in names if name in labels)
    if any("_duration_seconds" in name for name in metrics):
        buckets = f"rate(fraiseql_graphql_query_duration_seconds_bucket{{{matchers}}}[{span}])"
        return f"topk({most}, histogram_quantile(0.95, sum by (operation_name, le) ({buckets})))"
    errors = f"increase(fraiseql_graphql_errors_total{{{matchers}}}[{span}])"
    return f"topk({most}, sum by (operation_name) ({errors}) > 0)"


def most_affected(found: Sequence[Series]) -> tuple[str, ...]:
    """The operations' names, most affected first."""
    ordered = sorted(found, key=lambda series: -series.points[-1][1])
    names = (series.labels.get("operation_name", "") for series in ordered)
    return tuple(NAMES.get(name, name) for name in names if name)
