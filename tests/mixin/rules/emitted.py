"""Every series that the product emits, with its labels: the instrument's, the backend's, and what that reads by SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.metrics import MetricWrapperBase

from fraiseql_observe.audit import metrics
from fraiseql_observe.instrument.families import FAMILIES
from fraiseql_observe.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator


def series() -> dict[str, set[str]]:
    """The labels of each series, by its name."""
    from_sql = {family.series: set(family.labels) for family in (metrics.UP, *metrics.FAMILIES)}
    return {**dict(_instrument()), **dict(_backend()), **from_sql}


def _instrument() -> Iterator[tuple[str, set[str]]]:
    for family in FAMILIES:
        yield from _of(family.name, family.kind, set(family.labels))


def _backend() -> Iterator[tuple[str, set[str]]]:
    for metric in vars(Telemetry()).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            total = "_total" if family.type == "counter" else ""
            yield from _of(family.name + total, family.type, set(metric._labelnames))


def _of(name: str, kind: str, labels: set[str]) -> Iterator[tuple[str, set[str]]]:
    if kind == "histogram":
        yield name + "_bucket", labels | {"le"}
        yield name + "_sum", labels
        yield name + "_count", labels
    else:
        yield name, labels
