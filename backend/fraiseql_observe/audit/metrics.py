"""What the backend exports of the audit database: each metric declared once, and the collector that shows a reading.

Prometheus' scrapes never reach the database. They see what was read last, for as long as that is fresh: numbers of a
database that does not answer any more are not shown at all, because nobody could tell them from those of a quiet one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import Metric

COUNTER, GAUGE = "counter", "gauge"
PREFIX = "fraiseql_observe_"
PATIENCE = 10.0  # seconds that a reading may take


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `reading` is its name in `fraiseql_observe.audit_metrics()`, which gives labels in this order."""

    name: str
    kind: str
    help: str
    reading: str
    labels: tuple[str, ...] = ()

    @property
    def series(self) -> str:
        """The name that queries ask for."""
        return f"{PREFIX}{self.name}_total" if self.kind == COUNTER else f"{PREFIX}{self.name}"


FAMILIES = (
    Family(
        "audit_events",
        COUNTER,
        "Rows of the audit logs, since the set-up.",
        "events",
        ("source", "outcome"),
    ),
    Family(
        "audit_failed_logins",
        COUNTER,
        "Rows about somebody who could not prove who he is: no valid token, or a log-in that failed.",
        "failed_logins",
        ("source",),
    ),
    Family(
        "audit_denied",
        COUNTER,
        "Rows about an operation that was denied to somebody who is known.",
        "denied",
        ("source",),
    ),
    Family(
        "audit_admin_actions",
        COUNTER,
        "Rows about administration, changes of permissions among them.",
        "admin_actions",
        ("source", "outcome"),
    ),
    Family(
        "audit_permission_changes",
        COUNTER,
        "Rows about a change of roles or permissions.",
        "permission_changes",
        ("source", "outcome"),
    ),
    Family(
        "audit_row_lag_seconds",
        GAUGE,
        "The longest time from an operation to its row: among our newest 100 and FraiseQL's of a minute; none without.",
        "row_lag",
    ),
    Family(
        "audit_roll_up_lag_seconds",
        GAUGE,
        "Age of the oldest row that the roll-ups and these counters do not know yet; 0 when there is none.",
        "roll_up_lag",
    ),
    Family(
        "audit_maintained_timestamp_seconds",
        GAUGE,
        "When the last turn of the audit log's maintenance was; none when there was never one.",
        "maintained",
    ),
    Family(
        "audit_stray_rows",
        GAUGE,
        "Rows of a time for which there is no partition, counted to 1000; maintenance moves them.",
        "stray_rows",
    ),
    Family("audit_log_size_bytes", GAUGE, "Size of the audit schema on disk, with indexes.", "log_size"),
    Family("database_size_bytes", GAUGE, "Size of the audit database on disk.", "database_size", ("datname",)),
)
UP = Family("audit_up", GAUGE, "1 while the audit database was read of late; else none of its numbers are shown.", "")
_BY_READING = {family.reading: family for family in FAMILIES}


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one metric, with the values of its labels."""

    metric: str
    labels: tuple[str, ...]
    value: float


class Latest(Collector):
    """Shows what was read last until it is too old: one reading may fail, not two.

    Args:
        every: seconds between two readings.
        clock: seconds that only ever grow.
    """

    def __init__(self, every: float, clock: Callable[[], float]) -> None:
        self._fresh_for, self._clock = 2 * every + PATIENCE, clock
        self._readings: tuple[Reading, ...] = ()
        self._read_at = float("-inf")

    def show(self, readings: Iterable[Reading]) -> None:
        """Show these from now on; those of a newer schema, whose metrics are not declared here, are left out."""
        self._readings = tuple(one for one in readings if one.metric in _BY_READING)
        self._read_at = self._clock()

    @property
    def fresh(self) -> bool:
        return self._clock() - self._read_at <= self._fresh_for

    def describe(self) -> Iterator[Metric]:
        """All that may ever be shown, so that the registry refuses another metric of the same name."""
        for family in (UP, *FAMILIES):
            yield _empty(family)

    def collect(self) -> Iterator[Metric]:
        up = _empty(UP)
        up.add_metric((), float(self.fresh))
        yield up
        if self.fresh:
            yield from self._shown()

    def _shown(self) -> Iterator[Metric]:
        shown: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for one in self._readings:
            metric = shown.setdefault(one.metric, _empty(_BY_READING[one.metric]))
            metric.add_metric(one.labels, one.value)
        yield from shown.values()


def _empty(family: Family) -> GaugeMetricFamily | CounterMetricFamily:
    made = CounterMetricFamily if family.kind == COUNTER else GaugeMetricFamily
    return made(PREFIX + family.name, family.help, labels=family.labels)
