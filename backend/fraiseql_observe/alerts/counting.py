"""What the dispatcher says of itself in metrics."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from fraiseql_observe.alerts.outcomes import Result
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.outbox import Counts
    from fraiseql_observe.telemetry import Telemetry

ENDS = frozenset({"sent", "dead", "ambiguous"})


class Counting:
    """Labels are kinds of destinations and closed sets."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._of = cache(lambda metric, *labels: metric.labels(*labels))  # looking a label up costs more than to count

    def ended(self, result: Result) -> None:
        """Count one try, and the delivery when that was its end."""
        delivery, attempt, metrics = result.delivery, result.attempt, self._telemetry
        if attempt is None:
            return
        self._of(metrics.attempts, delivery.kind, attempt.outcome, attempt.reason).inc()
        took = attempt.finished_at - attempt.started_at
        self._of(metrics.delivery_duration, delivery.kind).observe(max(0.0, took.total_seconds()))
        if delivery.state in ENDS:
            self._of(metrics.deliveries, delivery.kind, delivery.state.value).inc()
        if delivery.state == "sent":
            since = attempt.finished_at - delivery.created_at
            self._of(metrics.delivery_latency, delivery.kind).observe(max(0.0, since.total_seconds()))

    def queue(self, counts: Counts, now: datetime) -> None:
        """Show the outbox as it stands."""
        for state in ("ready", "scheduled", "running", "dead", "ambiguous"):
            self._telemetry.queue_jobs.labels(state).set(getattr(counts, state))
        waits = 0.0 if counts.oldest_due is None else (now - counts.oldest_due).total_seconds()
        self._telemetry.queue_age.set(max(0.0, waits))

    def channels(
        self, destinations: Mapping[str, Destination], disabled: Collection[str], resting: Collection[str]
    ) -> None:
        """Show which kinds have a destination that is left alone."""
        kinds = {each.kind for each in destinations.values()}
        left_alone = {each.kind for each in destinations.values() if each.channel in resting}
        gone = {each.kind for each in destinations.values() if each.channel in disabled}
        for kind in kinds:
            self._telemetry.breaker_open.labels(kind).set(kind in left_alone)
            self._telemetry.disabled.labels(kind).set(kind in gone)
