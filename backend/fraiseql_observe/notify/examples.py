"""Example messages, for looking at templates and trying destinations. They say of themselves that they are examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sin

from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.incident.message import Enrichment, Links, Message, Trend
from fraiseql_observe.incident.model import (
    Action,
    Actor,
    Alert,
    AlertStatus,
    Event,
    EventKind,
    Incident,
    Severity,
    State,
)

ALERTMANAGER = Actor("Alertmanager", "alertmanager")
ADA = Actor("Ada Lovelace", "slack")
AGE = timedelta(minutes=17)
BREADTH = 24  # alerts of the example of a group


@dataclass(frozen=True, slots=True)
class _Example:
    alertname: str
    severity: Severity
    summary: str
    description: str
    value: str
    threshold: str
    course: tuple[float, float, float]  # of the metric: before, now, threshold
    unit: str = ""
    alerts: int = 1


EXAMPLES = {
    "critical": _Example(
        "FraiseQLHighErrorRate",
        Severity.CRITICAL,
        "Example: 14 % of operations fail",
        "This is a test message. More operations fail than the threshold allows.",
        "14 %",
        "10 %",
        (6, 14, 10),
        "percent",
    ),
    "warning": _Example(
        "FraiseQLHighLatency",
        Severity.WARNING,
        "Example: the slowest 1 % of operations take longer than 1.8 s",
        "This is a test message. Operations take longer than the threshold allows.",
        "1.8 s",
        "1 s",
        (0.4, 1.8, 1),
        "seconds",
    ),
    "info": _Example(
        "FraiseQLDatabaseGrowth",
        Severity.INFO,
        "Example: the database grew by 21 % in a week",
        "This is a test message. Look whether it will have room enough.",
        "21 %",
        "20 %",
        (18, 21, 20),
        "percent",
    ),
    "group": _Example(
        "FraiseQLInstanceDown",
        Severity.CRITICAL,
        "Example: an instance does not answer",
        "This is a test message. Several instances fell together.",
        "0",
        "1",
        (1, 0, 1),
        alerts=BREADTH,
    ),
}

ACTIONS = {State.FIRING: Action.TRIGGER, State.ACKNOWLEDGED: Action.ACKNOWLEDGE, State.RESOLVED: Action.RESOLVE}


def example(name: str, state: State, now: datetime, *, base: str = "https://observe.example.com") -> Message:
    """A message as destinations are given them.

    Args:
        name: one of `EXAMPLES`.
        state: how the incident stands in it.
        now: the present, aware UTC.
        base: what its links begin with.

    Raises:
        NotFoundError: there is no example of that name.
    """
    if name not in EXAMPLES:
        raise NotFoundError(f"There is no example {name!r}.", hint=f"The examples are {', '.join(EXAMPLES)}.")
    kind = EXAMPLES[name]
    incident = _incident(kind, state, now)
    history = _history(incident, now)
    return Message(
        delivery_id=f"dlv_example_{name}",
        action=ACTIONS[state],
        incident=incident,
        alerts=tuple(_alert(kind, number, state, now) for number in range(kind.alerts)),
        change=history[-1],
        now=now,
        history=history,
        previous=(replace(_incident(kind, State.RESOLVED, now - timedelta(days=3)), id="inc_example_before"),),
        enrichment=_enrichment(kind, now),
        links=_links(kind, base, incident.id),
    )


def _incident(kind: _Example, state: State, now: datetime) -> Incident:
    done = state is State.RESOLVED
    return Incident(
        id="inc_example",
        key="example",
        state=state,
        severity=kind.severity,
        title=kind.summary,
        receiver="fraiseql-observe",
        group_labels={"alertname": kind.alertname},
        common_labels={"alertname": kind.alertname, "severity": kind.severity.value, "job": "fraiseql"},
        common_annotations={"summary": kind.summary, "description": kind.description},
        opened_at=now - AGE,
        updated_at=now,
        version={State.FIRING: 1, State.ACKNOWLEDGED: 2, State.RESOLVED: 3}[state],
        firing=0 if done else kind.alerts,
        total=kind.alerts,
        acknowledged_at=None if state is State.FIRING else now - timedelta(minutes=9),
        acknowledged_by="" if state is State.FIRING else ADA.name,
        resolved_at=now if done else None,
    )


def _history(incident: Incident, now: datetime) -> tuple[Event, ...]:
    first = Event(incident.id, now - AGE, EventKind.OPENED, ALERTMANAGER, id="evt_example_1")
    second = Event(
        incident.id, now - timedelta(minutes=9), EventKind.ACKNOWLEDGED, ADA, "looking at it", id="evt_example_2"
    )
    third = Event(incident.id, now, EventKind.RESOLVED, ALERTMANAGER, id="evt_example_3")
    return (first, second, third)[: incident.version]


def _alert(kind: _Example, number: int, state: State, now: datetime) -> Alert:
    return Alert(
        fingerprint=f"{number + 1:016x}",
        starts_ns=int((now - AGE).timestamp()) * 10**9,
        status=AlertStatus.RESOLVED if state is State.RESOLVED else AlertStatus.FIRING,
        labels={
            "alertname": kind.alertname,
            "severity": kind.severity.value,
            "job": "fraiseql",
            "instance": f"shop-{number + 1}:8000",
        },
        annotations={
            "summary": kind.summary,
            "description": kind.description,
            "value": kind.value,
            "threshold": kind.threshold,
        },
        ended_at=now if state is State.RESOLVED else None,
    )


def _trend(kind: _Example, now: datetime) -> Trend:
    """An hour of a metric that was well until about `AGE` ago."""
    before, reading, threshold = kind.course
    start = now.timestamp() - 3600
    points = []
    for minute in range(61):
        turned = min(max((minute - 37) / 12, 0.0), 1.0)
        ripple = (threshold - before) / 8 * sin(minute / 3) * (1 - turned)
        points.append((start + 60 * minute, before + (reading - before) * turned + ripple))
    return Trend(
        tuple(points),
        threshold=threshold,
        expression="an example",
        unit=kind.unit,
        operator="<" if reading < threshold else ">",
    )


def _enrichment(kind: _Example, now: datetime) -> Enrichment:
    return Enrichment(
        trend=_trend(kind, now),
        operations=("GetOrders", "CreateOrder", "SearchProducts"),
        users=42,
        value=kind.value,
        threshold=kind.threshold,
    )


def _links(kind: _Example, base: str, incident_id: str) -> Links:
    return Links(
        console=f"{base}/incidents/{incident_id}",
        dashboard=f"{base}/d/fraiseql-operations",
        runbook=f"{base}/runbooks/{kind.alertname}",
    )
