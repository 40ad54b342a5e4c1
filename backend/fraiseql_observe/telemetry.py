"""What the backend says of itself: every metric declared once, its label values created at the start.

Labels are closed sets or names from the configuration; never an incident, a user, a tenant, a URL or an error's text.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from fraiseql_observe._version import __version__
from fraiseql_observe.errors import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
KINDS = ("slack", "email", "pagerduty", "opsgenie", "webhook")
LOOPS = ("processor", "escalator", "auditor", "reconciler", "heartbeat")
WEBHOOK_OUTCOMES = ("accepted", "duplicate", "rejected", "error")
ATTEMPT_OUTCOMES = ("sent", "retry", "dead", "ambiguous")


class Telemetry:
    """The metrics of one running backend, in a registry of its own."""

    def __init__(self, kinds: Iterable[str] = KINDS) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        own: Any = {"registry": self.registry, "namespace": "fraiseql_observe"}
        self.build_info = Gauge("build_info", "Version of the backend; always 1.", ["version"], **own)
        self.build_info.labels(__version__).set(1)

        self.webhook_requests = Counter(
            "webhook_requests", "Alert webhooks, by what became of them.", ["outcome"], **own
        )
        self.webhook_duration = Histogram(
            "webhook_duration_seconds", "From the first byte of an alert webhook to its answer.", buckets=SECONDS, **own
        )
        self.alerts_received = Counter("alerts_received", "Alerts in accepted webhooks.", ["status", "severity"], **own)
        self.inbox_size = Gauge("inbox_webhooks", "Accepted webhooks that are not yet worked into incidents.", **own)
        self.inbox_age = Gauge("inbox_oldest_age_seconds", "Age of the oldest of them; 0 when there is none.", **own)
        self.inbox_rejected = Counter(
            "inbox_rejected", "Accepted webhooks that could not be worked in and were kept aside.", **own
        )
        self.incidents = Gauge("incidents", "Unresolved and lately resolved incidents.", ["state"], **own)
        self.time_to_acknowledge = Histogram(
            "incident_time_to_acknowledge_seconds",
            "From opening to acknowledgement (MTTA is sum over count).",
            buckets=(15, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400),
            **own,
        )
        self.time_to_resolve = Histogram(
            "incident_time_to_resolve_seconds",
            "From opening to resolution (MTTR is sum over count).",
            buckets=(60, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400, 604800),
            **own,
        )

        self.deliveries = Counter("deliveries", "Deliveries that ended.", ["notifier", "outcome"], **own)
        self.attempts = Counter(
            "delivery_attempts", "Tries to send, by outcome and reason.", ["notifier", "outcome", "reason"], **own
        )
        self.delivery_duration = Histogram(
            "delivery_duration_seconds", "One try to send.", ["notifier"], buckets=SECONDS, **own
        )
        self.delivery_latency = Histogram(
            "delivery_latency_seconds",
            "From the change of an incident to its message sent.",
            ["notifier"],
            buckets=(*SECONDS, 60, 300, 1800),
            **own,
        )
        self.queue_jobs = Gauge("delivery_queue_jobs", "Deliveries in the outbox.", ["state"], **own)
        self.queue_age = Gauge(
            "delivery_queue_oldest_job_age_seconds", "How long the oldest due delivery waits; 0 when none does.", **own
        )
        self.breaker_open = Gauge(
            "destination_breaker_open", "1 while a destination is left alone.", ["notifier"], **own
        )
        self.disabled = Gauge(
            "destination_disabled", "1 while a destination that answered 410 Gone is disabled.", ["notifier"], **own
        )

        self.escalations = Counter("escalations", "Steps of escalation policies taken.", ["policy", "step"], **own)
        self.escalations_overdue = Gauge("escalations_overdue", "Steps that should have been taken already.", **own)
        self.loop_failures = Gauge(
            "loop_failures", "How often in a row a loop of the backend has failed; 0 while it works.", ["loop"], **own
        )
        self.heartbeat_sent = Gauge(
            "heartbeat_last_success_timestamp_seconds", "When the outside watchdog last took our heartbeat.", **own
        )
        self.watchdog_seen = Gauge(
            "watchdog_last_seen_timestamp_seconds", "When the dead man's switch alert last came in.", **own
        )
        self.reconciliations = Counter(
            "reconciliations", "Comparisons with Alertmanager's own list.", ["outcome"], **own
        )
        self.reconciled_alerts = Counter(
            "reconciled_alerts", "Alerts that such a comparison corrected.", ["change"], **own
        )
        self.enrichments = Counter("enrichments", "Enrichments of incidents.", ["outcome"], **own)

        self.reload_ok = Gauge(
            "config_last_reload_successful", "1 when the last reading of the settings succeeded.", **own
        )
        self.reload_at = Gauge(
            "config_last_reload_success_timestamp_seconds", "When the settings were last read well.", **own
        )
        self.http_requests = Counter("http_requests", "Requests answered.", ["route", "method", "status"], **own)
        self.http_duration = Histogram(
            "http_request_duration_seconds", "Time to answer.", ["route"], buckets=SECONDS, **own
        )
        self.audit_queries = Counter(
            "audit_queries", "Questions to the audit log, by what became of them.", ["query", "outcome"], **own
        )
        self.audit_duration = Histogram(
            "audit_query_duration_seconds",
            "Time to answer a question to the audit log, from cache or database.",
            ["query"],
            buckets=SECONDS,
            **own,
        )
        self.audit_rows = Histogram(
            "audit_query_rows",
            "Rows of an answer of the audit log.",
            ["query"],
            buckets=(0, 1, 10, 100, 1000, 10_000),
            **own,
        )
        self.audit_access_dropped = Counter(
            "audit_access_dropped", "Entries of the access log that were not kept: the store was too slow.", **own
        )
        self._declare_chain(own)
        self._create(tuple(kinds))

    def begin_audit(self, questions: Iterable[str]) -> None:
        """Begin the series of the questions that may be asked; names of a catalogue, so their number is bounded."""
        names = tuple(questions)
        _begin(self.audit_queries, names, tuple(Outcome))
        _begin(self.audit_duration, names)
        _begin(self.audit_rows, names)

    def _declare_chain(self, own: Any) -> None:
        self.chain_rows = Counter(
            "audit_chain_rows",
            "Rows of FraiseQL's hash chains that were verified, for the first time (new) or again.",
            ["source", "reading"],
            **own,
        )
        self.chain_unchecked = Counter(
            "audit_chain_unchecked_rows", "Of them, rows with a hash_version that is not known here.", ["source"], **own
        )
        self.chain_breaks = Gauge(
            "audit_chain_breaks", "Breaks of hash chains that nobody has accepted.", ["source", "kind"], **own
        )
        self.chain_verified_at = Gauge(
            "audit_chain_verified_timestamp_seconds",
            "When the end of the hash chain was last reached.",
            ["source"],
            **own,
        )
        self.chain_duration = Histogram(
            "audit_chain_duration_seconds", "One turn of verifying hash chains.", buckets=SECONDS, **own
        )
        self.chain_failures = Counter("audit_chain_failures", "Turns that could not be made.", **own)

    def begin_chain(self, source: str, kinds: Iterable[str]) -> None:
        """Begin the series of a kind of audit log that has a hash chain, by the kinds of its breaks."""
        _begin(self.chain_rows, (source,), ("new", "again"))
        _begin(self.chain_unchecked, (source,))
        _begin(self.chain_breaks, (source,), tuple(kinds))
        _begin(self.chain_verified_at, (source,))

    def _create(self, kinds: tuple[str, ...]) -> None:
        """Begin every series at zero, so that rates exist before the first failure."""
        _begin(self.webhook_requests, WEBHOOK_OUTCOMES)
        _begin(self.alerts_received, ("firing", "resolved"), ("critical", "warning", "info"))
        _begin(self.incidents, ("firing", "acknowledged", "resolved"))
        _begin(self.queue_jobs, ("ready", "scheduled", "running", "dead", "ambiguous"))
        _begin(self.loop_failures, LOOPS)
        _begin(self.enrichments, ("complete", "partial", "late", "failed"))
        _begin(self.reconciliations, ("ok", "failed"))
        _begin(self.reconciled_alerts, ("resolved", "added"))
        _begin(self.breaker_open, kinds)
        _begin(self.disabled, kinds)
        _begin(self.delivery_duration, kinds)
        _begin(self.delivery_latency, kinds)
        _begin(self.deliveries, kinds, ("sent", "dead", "ambiguous", "superseded"))
        _begin(self.attempts, kinds, ("sent",), ("",))
        _begin(self.attempts, kinds, ATTEMPT_OUTCOMES[1:], tuple(Reason))


def _begin(metric: Counter | Gauge | Histogram, *values: tuple[str, ...]) -> None:
    for labels in product(*values):
        metric.labels(*labels)
