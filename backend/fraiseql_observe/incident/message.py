"""What a destination is given to say: everything it may need, nothing it must look up."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.incident.model import Action, Alert, Event, Incident

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Trend:
    """The metric behind the alert. `points` are (seconds since the epoch, value), oldest first, never NaN."""

    points: tuple[tuple[float, float], ...]
    threshold: float | None = None
    expression: str = ""
    unit: str = ""  # as `notify.units.readable` takes it
    operator: str = ""  # between value and threshold when the alert fires: one of `COMPARISONS`


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What the metrics and the audit log add; each part may be missing."""

    trend: Trend | None = None
    operations: tuple[str, ...] = ()  # most affected first
    users: int | None = None  # distinct users whose operations failed
    value: str = ""  # newest value, for people
    threshold: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute URLs; empty when not configured or not given by the alert."""

    console: str = ""
    dashboard: str = ""
    runbook: str = ""
    acknowledge: str = ""  # opens a page that asks; never acts by itself
    resolve: str = ""
    source: str = ""  # the expression in Prometheus
    silence: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to say to one destination now.

    `delivery_id` is the idempotency key, the same over all retries; `alerts` are those that fire first, then the
    resolved, and at most `ALERTS`; `omitted` counts the rest. `history` is the newest part of the timeline, oldest
    first. `previous` are earlier incidents with the same key, newest first. `receipt` is what this destination gave
    for its first message, or empty. `step` of the escalation is counted from one, and 0 when no step caused it.
    """

    delivery_id: str
    action: Action
    incident: Incident
    alerts: tuple[Alert, ...]
    change: Event
    now: datetime
    attempt: int = 1
    omitted: int = 0
    step: int = 0
    history: tuple[Event, ...] = ()
    previous: tuple[Incident, ...] = ()
    enrichment: Enrichment = field(default_factory=Enrichment)
    links: Links = field(default_factory=Links)
    receipt: Mapping[str, str] = field(default_factory=dict)


ALERTS = 100
