"""Groups of alerts as Alertmanager tells them, for tests of what becomes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.incident import identity, payload, people
from fraiseql_observe.incident.merge import Change, Held, Known, Merged, merge
from fraiseql_observe.incident.model import (
    Action,
    Actor,
    Alert,
    AlertStatus,
    Delivery,
    Event,
    EventKind,
    Incident,
)
from fraiseql_observe.incident.plan import ESCALATION, Listener, Plan, Situation, plan
from fraiseql_observe.incident.policy import DueStep, Policy, Step

if TYPE_CHECKING:
    from fraiseql_observe.incident.windows import Window

T0 = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVERYBODY = Policy("everybody", (Step(()),))
YEAR_ONE = "0001-01-01T00:00:00Z"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def alert(name: str = "a", *, start: float = 0, end: float | None = None, **labels: str) -> Alert:
    """One occurrence; `start` and `end` are seconds after T0, and with an end it is resolved."""
    every = {"alertname": "HighErrorRate", "instance": name, "severity": "warning", **labels}
    return Alert(
        fingerprint=identity.fingerprint(every),
        starts_ns=payload.nanoseconds(at(start)),
        status=AlertStatus.FIRING if end is None else AlertStatus.RESOLVED,
        labels=every,
        annotations={"summary": "Errors are high"},
        ended_at=None if end is None else at(end),
    )


def group(*alerts: Alert, receiver: str = "team", truncated: int = 0, **labels: str) -> payload.Group:
    grouped = labels or {"alertname": "HighErrorRate"}
    common = dict(alerts[0].labels) if alerts else {}
    return payload.Group(receiver, grouped, common, {"summary": "Errors are high"}, alerts, truncated=truncated)


def body(*alerts: dict[str, object], **changed: object) -> bytes:
    """A webhook as Alertmanager 0.25 sends it."""
    told = {
        "version": "4",
        "groupKey": '{}/{team="x"}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "team",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
    }
    return json.dumps({**told, **changed}).encode()


def member(**changed: object) -> dict[str, object]:
    """A firing member of such a webhook."""
    return {
        "status": "firing",
        "labels": {"alertname": "HighErrorRate", "severity": "critical"},
        "annotations": {"summary": "Errors are high"},
        "startsAt": "2026-03-02T12:00:00.123456789Z",
        "endsAt": YEAR_ONE,
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "00112233445566ff",
    } | changed


class World:
    """What is known, in memory: merges groups and plans what follows, as the processor does with a store."""

    def __init__(self, policy: Policy = EVERYBODY, *, reopen_within: timedelta = timedelta(minutes=10)) -> None:
        self.policy = policy
        self.listeners = {name: Listener(name, "webhook", frozenset(Action)) for name in ("team", "pager")}
        self.reopen_within = reopen_within
        self.latest: dict[str, Held] = {}
        self.incidents: dict[str, Incident] = {}
        self.current: dict[str, str] = {}
        self.told: dict[str, set[str]] = {}
        self.window: Window | None = None
        self.due: dict[str, DueStep] = {}
        self.events: list[Event] = []
        self.deliveries: list[Delivery] = []
        self.merged = Merged()

    def tell(self, told: payload.Group, now: datetime, *, complete: bool = True) -> list[Change]:
        """Merge a group and carry out what follows; return the changes."""
        key = identity.incident_key(told.receiver, told.group_labels)
        self.merged = merge(
            told,
            Known(self.latest, self.incidents, self.incidents.get(self.current.get(key, ""))),
            actor=Actor("Alertmanager", "alertmanager"),
            now=now,
            reopen_within=self.reopen_within,
            complete=complete,
            make_id=lambda: f"inc_{len(self.incidents)}",
        )
        for change in self.merged.changes:
            self.carry_out(change, now)
            if change.kind in {EventKind.OPENED, EventKind.REOPENED}:
                self.current[key] = change.incident.id
        self.latest |= {held.alert.fingerprint: held for held in self.merged.alerts}
        return list(self.merged.changes)

    def carry_out(self, change: Change, now: datetime, step: int = 0) -> Plan:
        incident_id = change.incident.id
        told = self.told.setdefault(incident_id, set())
        situation = Situation(self.policy, self.listeners, frozenset(told), self.window, step)
        planned = plan(change, situation, now)
        self.incidents[incident_id] = planned.incident
        if planned.cancels:
            self.due.pop(incident_id, None)
        if planned.next:
            self.due[incident_id] = planned.next
        self.events += planned.events
        self.deliveries += planned.deliveries
        told.update(one.destination for one in planned.deliveries)
        return planned

    def pass_to(self, now: datetime) -> None:
        """Take all steps that are due by then, each at its time."""
        while self.due and min(step.due_at for step in self.due.values()) <= now:
            step = min(self.due.values(), key=lambda one: one.due_at)
            del self.due[step.incident_id]
            incident = self.incidents[step.incident_id]
            woken = incident.snoozed_until is not None and incident.snoozed_until <= step.due_at
            change = (
                people.wake(incident, ESCALATION, step.due_at)
                if woken
                else Change(EventKind.ESCALATED, incident, ESCALATION, step.due_at)
            )
            self.carry_out(change, step.due_at, step.number)

    def firing(self) -> set[tuple[str, int]]:
        return {
            (held.alert.fingerprint, held.alert.starts_ns)
            for held in self.latest.values()
            if held.alert.status is AlertStatus.FIRING
        }

    def said(self) -> list[tuple[str, str]]:
        return [(one.destination, one.action.value) for one in self.deliveries]

    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.events]
