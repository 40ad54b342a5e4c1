"""What requests to the service are made of: the tokens of its configuration, and Alertmanager's bodies."""

from __future__ import annotations

from typing import Any

INTAKE_TOKEN = "intake-token-0123456789"
TOKENS = {
    "reader": ("fqo_reader_0123456789", ("alerts:read",)),
    "writer": ("fqo_writer_0123456789", ("alerts:write",)),
    "sender": ("fqo_sender_0123456789", ("intake:write",)),
    "root": ("fqo_root_0123456789ab", ("admin",)),
}


def webhook(*names: str, status: str = "firing", **more: Any) -> dict[str, Any]:
    """Alertmanager's body for one group with an alert of each name."""
    alerts = [
        {
            "status": status,
            "labels": {"alertname": name, "severity": "critical", "team": "database"},
            "annotations": {"summary": "Errors are high"},
            "startsAt": "2026-03-02T12:00:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-03-02T12:10:00Z",
            "generatorURL": "http://prometheus:9090/graph",
        }
        for name in names
    ]
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "status": status,
        "receiver": "observe",
        "groupLabels": {"alertname": names[0]},
        "commonLabels": {"alertname": names[0], "severity": "critical", "team": "database"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "truncatedAlerts": 0,
        "alerts": alerts,
        **more,
    }
