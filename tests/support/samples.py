"""An incident with alerts, and messages about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fraiseql_observe.incident.message import Enrichment, Links, Message, Trend
from fraiseql_observe.incident.model import (
    Action,
    Actor,
    Alert,
    AlertStatus,
    Delivery,
    DeliveryState,
    Event,
    EventKind,
    Incident,
    Severity,
    State,
)

NOW = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
OPENED = NOW - timedelta(seconds=30)
STARTS_NS = 1_772_452_800_123_456_789


def alert(number: int = 0, *, status: AlertStatus = AlertStatus.FIRING, **labels: str) -> Alert:
    return Alert(
        fingerprint=f"{number:016x}",
        starts_ns=STARTS_NS,
        status=status,
        labels={"alertname": "HighErrorRate", "severity": "critical", "instance": f"app-{number}:8000", **labels},
        annotations={"summary": "Errors are high", "runbook_url": "https://example.org/runbooks/HighErrorRate"},
        generator_url="https://prometheus.example.org/graph?g0.expr=up",
    )


def incident(**changes: object) -> Incident:
    given = Incident(
        id="inc_01kjq2m0000000000000000001",
        key="k" * 64,
        state=State.FIRING,
        severity=Severity.CRITICAL,
        title="HighErrorRate: errors are high",
        receiver="observe",
        group_labels={"alertname": "HighErrorRate"},
        common_labels={"alertname": "HighErrorRate", "severity": "critical", "job": "fraiseql"},
        common_annotations={"summary": "Errors are high"},
        opened_at=OPENED,
        updated_at=OPENED,
        firing=1,
        total=1,
    )
    return replace(given, **changes)


def message(action: Action = Action.TRIGGER, *, alerts: int = 1, **changes: object) -> Message:
    of = changes.pop("incident", None) or incident(firing=alerts, total=alerts)
    kinds = {Action.ACKNOWLEDGE: EventKind.ACKNOWLEDGED, Action.RESOLVE: EventKind.RESOLVED}
    event = Event(of.id, NOW, kinds.get(action, EventKind.OPENED), Actor("anna", "console"), "on it", {}, "evt_1")
    given = Message(
        delivery_id="dlv_01kjq2m0000000000000000001",
        action=action,
        incident=of,
        alerts=tuple(alert(number) for number in range(alerts)),
        change=event,
        now=NOW,
        history=(event,),
        enrichment=Enrichment(
            trend=Trend(((OPENED.timestamp(), 0.1), (NOW.timestamp(), 0.4)), 0.2, "rate(errors)"),
            operations=("getUser", "listPosts"),
            users=7,
            value="40 %",
            threshold="20 %",
        ),
        links=Links(
            console="https://alerts.example.org/incidents/inc_1",
            dashboard="https://grafana.example.org/d/fraiseql-errors",
            runbook="https://example.org/runbooks/HighErrorRate",
            acknowledge="https://alerts.example.org/act/abc",
        ),
    )
    return replace(given, **changes)


def delivery(number: int = 1, **changes: object) -> Delivery:
    given = Delivery(
        id=f"dlv_{number:026}",
        incident_id="inc_01kjq2m0000000000000000001",
        destination="sink",
        kind="webhook",
        action=Action.TRIGGER,
        state=DeliveryState.NEW,
        created_at=OPENED,
        due_at=OPENED,
    )
    return replace(given, **changes)
