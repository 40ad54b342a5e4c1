"""The declared families, bound to a registry; reads the same from one process and from many."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import weakref
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from fraiseql_observe.instrument import families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fraiseql_observe.instrument.families import Family

logger = logging.getLogger("fraiseql_observe.instrument")

_HEADER_BYTES = 8  # of prometheus-client's files: how much is used, and padding
_MAX_CHILDREN = 50_000  # a last line of defence: every label set is bounded where it is made


def multiprocess_directory() -> str | None:
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")


class Metrics:
    """Feeds every family; keeps what feeds each child, because looking one up anew costs more than counting.

    Args:
        registry: where the families are registered.
        fraiseql: the application's own `FraiseQLMetrics`, whose families are then fed instead of declared anew.
    """

    def __init__(self, registry: CollectorRegistry, fraiseql: Any = None) -> None:
        self.registry = registry
        self._parents = {family: _bind(family, registry, fraiseql) for family in families.FAMILIES if _is_bound(family)}
        self._feeds: dict[tuple[Family, tuple[str, ...]], Callable[[float], None]] = {}
        if multiprocess_directory() is None:
            registry.register(_CoherencyRatio(self))

    def _feed(self, family: Family, labels: tuple[str, ...]) -> Callable[[float], None]:
        parent = self._parents[family]
        feed = _FEEDS[family.kind](parent.labels(*labels) if labels else parent)
        if len(self._feeds) < _MAX_CHILDREN:
            self._feeds[family, labels] = feed
        return feed

    def inc(self, family: Family, *labels: str, amount: float = 1) -> None:
        try:
            (self._feeds.get((family, labels)) or self._feed(family, labels))(amount)
        except Exception:  # noqa: BLE001
            self._fault(family)

    def observe(self, family: Family, value: float, *labels: str) -> None:
        try:
            (self._feeds.get((family, labels)) or self._feed(family, labels))(value)
        except Exception:  # noqa: BLE001
            self._fault(family)

    set = observe  # what a family is fed with depends on its kind alone

    def _fault(self, family: Family) -> None:
        """Counting must never break what is counted: a full disk under the shared files, for one, raises here."""
        logger.debug("%s could not be fed.", family.name, exc_info=True)  # noqa: LOG014
        with contextlib.suppress(Exception):
            self._feed(families.INSTRUMENT_ERRORS, ("metrics",))(1)

    def total(self, family: Family) -> float:
        """The value of an unlabelled counter in this process."""
        samples = self._parents[family].collect()[0].samples
        return float(sum(sample.value for sample in samples if not sample.name.endswith("_created")))


_by_registry: weakref.WeakKeyDictionary[CollectorRegistry, Metrics] = weakref.WeakKeyDictionary()


def metrics_for(registry: CollectorRegistry, fraiseql: Any = None) -> Metrics:
    """The metrics of a registry; one registry holds each family once, however many applications it serves."""
    if registry not in _by_registry:
        _by_registry[registry] = Metrics(registry, fraiseql)
    return _by_registry[registry]


def _is_bound(family: Family) -> bool:
    return family is not families.COHERENCY_RATIO  # a ratio of two counters, computed when it is read


def _bind(family: Family, registry: CollectorRegistry, fraiseql: Any) -> Any:
    own = getattr(fraiseql, family.attribute, None) if family.attribute else None
    if own is not None:
        if family.kind == "gauge" and multiprocess_directory():
            own._multiprocess_mode = family.sharing  # noqa: SLF001  (FraiseQL's default would add a label `pid`)
            own._metric_init()  # noqa: SLF001
        return own
    if family.kind == "counter":
        return Counter(family.name, family.help, family.labels, registry=registry)
    if family.kind == "gauge":
        return Gauge(family.name, family.help, family.labels, registry=registry, multiprocess_mode=family.sharing)
    return Histogram(family.name, family.help, family.labels, registry=registry, buckets=family.buckets)


def _adder(counter: Any) -> Callable[[float], None]:
    """What `Counter.inc` ends in; its checks cost more than the sum, and no amount here is negative."""
    return counter._value.inc  # type: ignore[no-any-return]  # noqa: SLF001


def _setter(gauge: Any) -> Callable[[float], None]:
    return gauge.set  # type: ignore[no-any-return]


def _observer(histogram: Any) -> Callable[[float], None]:
    """`Histogram.observe` with the bucket found by bisection: the library's loop is most of what it costs."""
    add, bounds = histogram._sum.inc, histogram._upper_bounds  # noqa: SLF001
    buckets = [bucket.inc for bucket in histogram._buckets]  # noqa: SLF001

    def observe(value: float) -> None:
        add(value)
        buckets[bisect_left(bounds, value)](1)

    return observe


_FEEDS: dict[str, Callable[[Any], Callable[[float], None]]] = {
    "counter": _adder,
    "gauge": _setter,
    "histogram": _observer,
}


def coherency_ratio(coherent: float, stale: float) -> Iterator[Metric]:
    """The gauge, or nothing as long as no read could be judged."""
    if coherent + stale:
        declared = families.COHERENCY_RATIO
        yield GaugeMetricFamily(declared.name, declared.help, value=coherent / (coherent + stale))


class _CoherencyRatio(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = weakref.ref(metrics)

    def collect(self) -> Iterable[Metric]:
        if metrics := self._metrics():
            yield from coherency_ratio(metrics.total(families.COHERENT_READS), metrics.total(families.STALE_READS))

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily(families.COHERENCY_RATIO.name, families.COHERENCY_RATIO.help)]


class WorkersCollector(Collector):
    """What all worker processes counted together; live gauges of processes that died are forgotten first."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)

    def collect(self) -> Iterable[Metric]:
        for pid in dead_processes(path.name for path in self._directory.glob("gauge_live*.db")):
            with contextlib.suppress(FileNotFoundError):  # another worker is asked for the metrics too
                multiprocess.mark_process_dead(pid, str(self._directory))  # type: ignore[no-untyped-call]
        # Sorted, so that the mode of a live gauge wins over FraiseQL's own declaration of the same name.
        files = sorted(str(path) for path in self._directory.glob("*.db") if _has_header(path))
        totals = {families.COHERENT_READS.name: 0.0, families.STALE_READS.name: 0.0}
        for metric in MultiProcessCollector.merge(files):  # type: ignore[no-untyped-call]
            for sample in metric.samples:
                if sample.name in totals:
                    totals[sample.name] += sample.value
            yield metric
        yield from coherency_ratio(*totals.values())


def _has_header(path: Path) -> bool:
    """Whether a worker came so far as to give its file a content; one that died before must not end every scrape."""
    try:
        return path.stat().st_size >= _HEADER_BYTES
    except FileNotFoundError:
        return False


def dead_processes(file_names: Iterable[str]) -> set[int]:
    """The processes named in `gauge_<mode>_<pid>.db` that no longer run."""
    pids = {int(found[1]) for name in file_names if (found := re.search(r"_(\d+)\.db$", name))}
    return {pid for pid in pids if not _runs(pid)}


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
