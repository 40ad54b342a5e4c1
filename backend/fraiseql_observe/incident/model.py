"""The nouns: alert, incident, event, delivery. All times are aware UTC datetimes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class AlertStatus(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


class State(StrEnum):
    """Of an incident. A snoozed incident stays firing or acknowledged and has `snoozed_until`."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """As the mixin's alerts carry it; an unknown or missing label counts as a warning."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Alert:
    """One occurrence of a label set.

    `starts_ns` is the start in nanoseconds since the epoch, exact as Alertmanager sent it: with the fingerprint it
    is the identity, and two starts may lie within one microsecond. `value` is the annotation `value` or what
    Grafana sends, as text.
    """

    fingerprint: str
    starts_ns: int
    status: AlertStatus
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    ended_at: datetime | None = None
    generator_url: str = ""

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "unnamed alert")


@dataclass(frozen=True, slots=True)
class Incident:
    """One group of alerts, from the first that fires until none does.

    `key` says which group: the hash of receiver and group labels; at most one unresolved incident has it. `version`
    grows by one with each change and is its ETag. `silenced_by` names the maintenance window that holds messages
    back, or is empty.
    """

    id: str
    key: str
    state: State
    severity: Severity
    title: str
    receiver: str
    group_labels: Mapping[str, str]
    common_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    opened_at: datetime
    updated_at: datetime
    version: int = 1
    firing: int = 0  # alerts of it that fire now
    total: int = 0  # alerts it ever had
    reopened: int = 0  # times
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    snoozed_until: datetime | None = None
    silenced_by: str = ""
    policy: str = ""  # name of the policy it was opened under
    external_url: str = ""  # of the Alertmanager that told it


class EventKind(StrEnum):
    """What can happen to an incident: the lines of its timeline."""

    OPENED = "opened"
    ALERTS_ADDED = "alerts_added"
    ALERTS_RESOLVED = "alerts_resolved"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    COMMENTED = "commented"
    ESCALATED = "escalated"
    SUPPRESSED = "suppressed"
    ENRICHED = "enriched"
    DELIVERED = "delivered"
    DELIVERY_DEAD = "delivery_dead"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, and from where.

    `source`: alertmanager, reconciler, escalation, console, api, slack, email, cli, python. `name` is what people
    read. `address` is the network address of a person's request, empty otherwise.
    """

    name: str
    source: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an incident's timeline; `data` holds small JSON values (names of alerts, destination, step)."""

    incident_id: str
    at: datetime
    kind: EventKind
    actor: Actor
    comment: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    id: str = ""


class DeliveryState(StrEnum):
    """`new` and `retry` are due at `due_at`; `sending` has a deadline; the others are ends.

    `ambiguous` is a sending whose outcome nobody knows (timeout after the request was written, a crash): it is
    tried again where the destination knows our key, and is shown to people where it does not. `superseded` gave way
    to a newer state.
    """

    NEW = "new"
    SENDING = "sending"
    RETRY = "retry"
    SENT = "sent"
    DEAD = "dead"
    AMBIGUOUS = "ambiguous"
    SUPERSEDED = "superseded"


class Action(StrEnum):
    """What a delivery says about its incident.

    Destinations map it to their own verbs (PagerDuty: trigger, acknowledge, resolve).
    """

    TRIGGER = "trigger"
    UPDATE = "update"  # alerts came or went, enrichment arrived, somebody snoozed or commented
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one destination: a row of the outbox, written in the transaction of the change that caused it."""

    id: str
    incident_id: str
    destination: str  # its name in the configuration
    kind: str  # slack, email, pagerduty, opsgenie, webhook
    action: Action
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    step: int = 0  # of the escalation policy, counted from one; 0 when no step caused it
    attempts: int = 0
    deadline_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""  # of the last failure, one of `notify.Reason`
    detail: str = ""  # of the last failure, one sentence, safe to show


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a delivery.

    `outcome`: sent, retry, dead, ambiguous. `status` is the HTTP or SMTP code, 0 when there was none.
    """

    delivery_id: str
    number: int
    started_at: datetime
    finished_at: datetime
    outcome: str
    reason: str = ""
    status: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a destination gave for its first message and wants back for the next, as Slack's channel and ts."""

    incident_id: str
    destination: str
    ref: Mapping[str, str]
