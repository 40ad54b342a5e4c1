"""An incident as JSON for machines: the default body of webhooks, and what templates of theirs are given."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.message import Links

if TYPE_CHECKING:
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Alert, Event, Incident

VERSION = "1"  # of the body; grows when a field changes its meaning or goes away, not when one is added
_NANOSECONDS = 10**9
_LINKS = tuple(each.name for each in fields(Links))


def document(message: Message) -> dict[str, Any]:
    """Return the body described in docs/how-to/notify-webhooks.md. Times are RFC 3339 in UTC, absent ones null."""
    enrichment = message.enrichment
    return {
        "version": VERSION,
        "id": message.delivery_id,
        "type": f"incident.{message.action}",
        "timestamp": moment(message.change.at),
        "data": {
            "incident": _incident(message.incident),
            "change": _event(message.change),
            "alerts": [_alert(alert) for alert in message.alerts],
            "omitted_alerts": message.omitted,
            "enrichment": {
                "value": enrichment.value,
                "threshold": enrichment.threshold,
                "operations": list(enrichment.operations),
                "users": enrichment.users,
            },
            "links": {name: getattr(message.links, name) for name in _LINKS},
            "attempt": message.attempt,
            "step": message.step,
        },
    }


def moment(at: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def nanoseconds(value: int) -> str:
    """Write nanoseconds since the epoch as RFC 3339, exactly."""
    seconds, rest = divmod(value, _NANOSECONDS)
    try:
        whole = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    fraction = f".{rest:09}".rstrip("0").rstrip(".")
    return f"{whole.replace(tzinfo=None).isoformat()}{fraction}Z"


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "key": incident.key,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "title": incident.title,
        "receiver": incident.receiver,
        "group_labels": dict(incident.group_labels),
        "common_labels": dict(incident.common_labels),
        "common_annotations": dict(incident.common_annotations),
        "opened_at": moment(incident.opened_at),
        "updated_at": moment(incident.updated_at),
        "version": incident.version,
        "firing": incident.firing,
        "total": incident.total,
        "reopened": incident.reopened,
        "acknowledged_at": moment(incident.acknowledged_at),
        "acknowledged_by": incident.acknowledged_by,
        "resolved_at": moment(incident.resolved_at),
        "resolved_by": incident.resolved_by,
        "snoozed_until": moment(incident.snoozed_until),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind.value,
        "at": moment(event.at),
        "by": event.actor.name,
        "source": event.actor.source,
        "comment": event.comment,
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "status": alert.status.value,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": nanoseconds(alert.starts_ns),
        "ended_at": moment(alert.ended_at),
        "generator_url": alert.generator_url,
    }
