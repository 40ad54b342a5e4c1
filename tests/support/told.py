"""Groups of alerts as Alertmanager tells them, for tests of what becomes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from fraiseql_observe.incident import identity, payload
from fraiseql_observe.incident.model import Alert, AlertStatus

T0 = datetime(2026, 3, 2, 12, tzinfo=UTC)
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
