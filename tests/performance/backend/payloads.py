"""Webhook bodies and Alertmanager API bodies of the same alerts, with the sizes of real ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


def labels(number: int) -> dict[str, str]:
    return {
        "alertname": "FraiseQLHighErrorRate",
        "severity": "critical" if number % 3 == 0 else "warning",
        "job": "fraiseql",
        "instance": f"app-{number:06d}:8000",
        "service": f"shop-{number % 100}",
    }


def annotations(number: int) -> dict[str, str]:
    return {
        "summary": f"{number % 17}.3 % of operations fail",
        "description": "More than 5 % of GraphQL operations failed during the last five minutes.",
        "runbook_url": "https://example.org/runbooks/FraiseQLHighErrorRate",
    }


def webhook(numbers: range) -> bytes:
    """Return a version 4 body: one group of the alerts with these numbers, all firing."""
    members = [
        {
            "status": "firing",
            "labels": labels(number),
            "annotations": annotations(number),
            "startsAt": (START + timedelta(milliseconds=number)).isoformat().replace("+00:00", "Z"),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=fraiseql%3Aerror_ratio%3Arate5m+%3E+0.05&g0.tab=1",
            "fingerprint": f"{number + 1:016x}",
        }
        for number in numbers
    ]
    group = {"alertname": "FraiseQLHighErrorRate", "group": str(numbers.start)}
    body = {
        "receiver": "fraiseql-observe",
        "status": "firing",
        "alerts": members,
        "groupLabels": group,
        "commonLabels": {"alertname": "FraiseQLHighErrorRate", "job": "fraiseql"},
        "commonAnnotations": {"runbook_url": "https://example.org/runbooks/FraiseQLHighErrorRate"},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": f'{{}}:{{alertname="FraiseQLHighErrorRate", group="{numbers.start}"}}',
        "truncatedAlerts": 0,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def webhooks(count: int, size: int, *, first: int = 0) -> list[bytes]:
    """Return so many bodies of `size` new alerts each."""
    return [webhook(range(first + each * size, first + (each + 1) * size)) for each in range(count)]


def api(numbers: range) -> bytes:
    """Return what `POST /api/v2/alerts` of Alertmanager takes for the same alerts."""
    alerts = [{"labels": labels(number), "annotations": annotations(number)} for number in numbers]
    return json.dumps(alerts, separators=(",", ":")).encode()


def apis(count: int, size: int, *, first: int = 0) -> list[bytes]:
    return [api(range(first + each * size, first + (each + 1) * size)) for each in range(count)]
