"""The declared families and how they are fed."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("prometheus_client", reason="the instrument runs inside a FraiseQL application")

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from fraiseql_observe.instrument import families
from fraiseql_observe.instrument.families import FAMILIES
from fraiseql_observe.instrument.metrics import Metrics, WorkersCollector, _observer, coherency_ratio, metrics_for


def test_families_are_named_as_prometheus_wants_them():
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert re.fullmatch(r"fraiseql(_[a-z]+)+", family.name)
        assert family.help.endswith(".")
        assert (family.kind == "histogram") == bool(family.buckets)
        assert list(family.buckets) == sorted(set(family.buckets))
        if family.kind == "counter":
            assert family.name.endswith("_total")


@given(st.lists(st.floats(min_value=-1, max_value=20, allow_nan=False)))
def test_our_histogram_counts_what_the_librarys_counts(values):
    ours = Histogram("h", "h", buckets=families.LATENCY, registry=None)
    theirs = Histogram("h", "h", buckets=families.LATENCY, registry=None)
    observe = _observer(ours)
    for value in values:
        observe(value)
        theirs.observe(value)

    def counts(histogram):
        return {(s.name, s.labels.get("le")): s.value for s in histogram.collect()[0].samples if s.name != "h_created"}

    assert counts(ours) == pytest.approx(counts(theirs))


def test_a_registry_has_its_families_once():
    registry = CollectorRegistry()
    assert metrics_for(registry) is metrics_for(registry)
    assert metrics_for(CollectorRegistry()) is not metrics_for(registry)


def test_what_cannot_be_fed_is_counted_and_raises_nothing():
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.inc(families.QUERIES, "too", "many", "labels")
    metrics.observe(families.QUERY_DURATION, 1.0, "too few")
    metrics.set(families.AUDIT_LAG, "no number")  # type: ignore[arg-type]
    assert registry.get_sample_value("fraiseql_instrument_errors_total", {"hook": "metrics"}) == 3


def test_the_ratio_needs_a_judged_read():
    assert not list(coherency_ratio(0, 0))
    (metric,) = coherency_ratio(3, 1)
    assert metric.samples[0].value == 0.75
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    assert registry.get_sample_value("fraiseql_cache_coherency_ratio") is None
    metrics.inc(families.COHERENT_READS, amount=3)
    metrics.inc(families.STALE_READS)
    assert registry.get_sample_value("fraiseql_cache_coherency_ratio") == 0.75


def test_a_worker_that_died_before_it_wrote_anything_does_not_end_every_scrape(tmp_path):
    (tmp_path / "counter_4000001.db").touch()
    (tmp_path / "gauge_livesum_4000001.db").write_bytes(b"\0\0\0")
    assert list(WorkersCollector(str(tmp_path)).collect()) == []
