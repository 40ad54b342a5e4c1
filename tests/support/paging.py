"""Alerts as Alertmanager tells them, taken in by a real `AlertManager` until they are incidents."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from fraiseql_observe.incident.model import State
from fraiseql_observe.store.incidents import Query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.incident.model import Incident

T = TypeVar("T")
PATIENCE = 10  # seconds


def webhook(
    name: str,
    severity: str = "critical",
    *,
    status: str = "firing",
    count: int = 1,
    since: datetime | None = None,
    annotations: dict[str, str] | None = None,
    **labels: str,
) -> bytes:
    """Build the body of one group of `count` alerts that differ in their instance."""
    started = since or datetime.now(UTC) - timedelta(minutes=4)
    group = {"alertname": name, **labels}
    common = {**group, "severity": severity}
    said = {"summary": f"{name} fires", **(annotations or {})}
    alerts = [_alert(common, said, status, started, number) for number in range(count)]
    payload = {
        "version": "4",
        "groupKey": f"{{}}:{json.dumps(group, sort_keys=True)}",
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "fraiseql-observe",
        "groupLabels": group,
        "commonLabels": common if count > 1 else alerts[0]["labels"],
        "commonAnnotations": said,
        "externalURL": "https://alertmanager.example.com",
        "alerts": alerts,
    }
    return json.dumps(payload).encode()


def _alert(
    common: dict[str, str], annotations: dict[str, str], status: str, started: datetime, number: int
) -> dict[str, Any]:
    labels = {**common, "instance": f"app-{number + 1}:8000"}
    return {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": started.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else datetime.now(UTC).isoformat(),
        "generatorURL": "https://prometheus.example.com/graph?g0.expr=up",
        "fingerprint": sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16],
    }


async def eventually(look: Callable[[], Awaitable[T]]) -> T:
    """Look again and again until there is something."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if seen := await look():
                return seen
            await asyncio.sleep(0.01)


async def tell(manager: AlertManager, name: str, severity: str = "critical", **more: Any) -> Incident:
    """Fire a group and wait until it is an incident."""
    await manager.accept(webhook(name, severity, **more), "alertmanager")
    query = Query(states=(State.FIRING, State.ACKNOWLEDGED), labels={"alertname": name})

    async def look() -> tuple[Incident, ...]:
        return (await manager.search(query)).incidents

    return (await eventually(look))[0]
