"""Nouns to put into a store; what a test cares about it says itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from fraiseql_observe.incident.model import (
    Action,
    Actor,
    Alert,
    AlertStatus,
    Attempt,
    Delivery,
    DeliveryState,
    Event,
    EventKind,
    Incident,
    Severity,
    State,
)
from fraiseql_observe.incident.policy import DueStep
from fraiseql_observe.store.alerts import Kept

T0 = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(seconds=30)
_numbers = count(1)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def incident(id_: str = "inc_1", **changes) -> Incident:
    values = {
        "id": id_,
        "key": f"key of {id_}",
        "state": State.FIRING,
        "severity": Severity.CRITICAL,
        "title": "Errors rise",
        "receiver": "observe",
        "group_labels": {"alertname": "HighErrorRate"},
        "common_labels": {"alertname": "HighErrorRate", "job": "fraiseql"},
        "common_annotations": {"summary": "Errors rise"},
        "opened_at": T0,
        "updated_at": T0,
    }
    return Incident(**{**values, **changes})


def alert(fingerprint: str = "a1", starts_ns: int = 1, **changes) -> Alert:
    values = {
        "fingerprint": fingerprint,
        "starts_ns": starts_ns,
        "status": AlertStatus.FIRING,
        "labels": {"alertname": "HighErrorRate", "instance": fingerprint},
        "annotations": {"summary": "Errors rise"},
        "generator_url": "http://prometheus/graph",
    }
    return Alert(**{**values, **changes})


def kept(fingerprint: str = "a1", starts_ns: int = 1, *, incident_id: str = "inc_1", seen=T0, **changes) -> Kept:
    return Kept(alert(fingerprint, starts_ns, **changes), incident_id, seen, seen)


def event(incident_id: str = "inc_1", **changes) -> Event:
    values = {
        "incident_id": incident_id,
        "at": T0,
        "kind": EventKind.COMMENTED,
        "actor": Actor("ada", "console", "192.0.2.7"),
        "comment": "I look at it",
        "data": {"step": 1},
        "id": f"evt_{next(_numbers):06}",
    }
    return Event(**{**values, **changes})


def delivery(id_: str = "", **changes) -> Delivery:
    values = {
        "id": id_ or f"dlv_{next(_numbers):06}",
        "incident_id": "inc_1",
        "destination": "chat",
        "kind": "slack",
        "action": Action.TRIGGER,
        "state": DeliveryState.NEW,
        "created_at": T0,
        "due_at": T0,
    }
    return Delivery(**{**values, **changes})


def attempt(of: Delivery, **changes) -> Attempt:
    values = {
        "delivery_id": of.id,
        "number": of.attempts,
        "started_at": T0,
        "finished_at": at(0.25),
        "outcome": "sent",
    }
    return Attempt(**{**values, **changes})


def step(number: int = 0, **changes) -> DueStep:
    values = {
        "id": f"stp_{next(_numbers):06}",
        "incident_id": "inc_1",
        "number": number,
        "due_at": T0,
        "created_at": T0,
    }
    return DueStep(**{**values, **changes})
