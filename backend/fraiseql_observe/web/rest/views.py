"""What the REST interface shows of the nouns: plain mappings, times in RFC 3339, every key always there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident import payload

if TYPE_CHECKING:
    from fraiseql_observe.alerts.manager import Delivered, Detail
    from fraiseql_observe.incident.model import Alert, Attempt, Delivery, Event, Incident
    from fraiseql_observe.incident.policy import DueStep
    from fraiseql_observe.incident.windows import Window


def moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def started(nanoseconds: int) -> str | None:
    """The start of an alert, cut to microseconds."""
    return moment(payload.moment(nanoseconds))


def incident(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state.value,
        "severity": one.severity.value,
        "title": one.title,
        "version": one.version,
        "receiver": one.receiver,
        "labels": dict(one.group_labels),
        "common_labels": dict(one.common_labels),
        "annotations": dict(one.common_annotations),
        "firing": one.firing,
        "total": one.total,
        "reopened": one.reopened,
        "opened_at": moment(one.opened_at),
        "updated_at": moment(one.updated_at),
        "acknowledged_at": moment(one.acknowledged_at),
        "acknowledged_by": one.acknowledged_by,
        "resolved_at": moment(one.resolved_at),
        "resolved_by": one.resolved_by,
        "snoozed_until": moment(one.snoozed_until),
        "silenced_by": one.silenced_by,
        "policy": one.policy,
        "external_url": one.external_url,
    }


def alert(one: Alert) -> dict[str, Any]:
    return {
        "fingerprint": one.fingerprint,
        "name": one.name,
        "status": one.status.value,
        "labels": dict(one.labels),
        "annotations": dict(one.annotations),
        "started_at": started(one.starts_ns),
        "ended_at": moment(one.ended_at),
        "generator_url": one.generator_url,
    }


def event(one: Event) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": moment(one.at),
        "kind": one.kind.value,
        "actor": {"name": one.actor.name, "source": one.actor.source, "address": one.actor.address},
        "comment": one.comment,
        "data": dict(one.data),
    }


def attempt(one: Attempt) -> dict[str, Any]:
    return {
        "number": one.number,
        "started_at": moment(one.started_at),
        "finished_at": moment(one.finished_at),
        "outcome": one.outcome,
        "reason": one.reason,
        "status": one.status,
        "detail": one.detail,
    }


def delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "alert_id": one.incident_id,
        "destination": one.destination,
        "kind": one.kind,
        "action": one.action.value,
        "state": one.state.value,
        "created_at": moment(one.created_at),
        "due_at": moment(one.due_at),
        "finished_at": moment(one.finished_at),
        "step": one.step,
        "tries": one.attempts,
        "reason": str(one.reason),
        "detail": one.detail,
    }


def delivered(one: Delivered) -> dict[str, Any]:
    return {**delivery(one.delivery), "attempts": [attempt(each) for each in one.attempts]}


def step(one: DueStep) -> dict[str, Any]:
    return {"id": one.id, "number": one.number + 1, "due_at": moment(one.due_at)}


def detail(one: Detail) -> dict[str, Any]:
    return {
        "alert": incident(one.incident),
        "alerts": [alert(each) for each in one.alerts],
        "events": [event(each) for each in one.events],
        "deliveries": [delivered(each) for each in one.deliveries],
        "steps": [step(each) for each in one.steps],
    }


def window(one: Window) -> dict[str, Any]:
    return {
        "id": one.id,
        "matchers": list(one.matchers),
        "starts_at": moment(one.starts_at),
        "ends_at": moment(one.ends_at),
        "created_by": one.created_by,
        "created_at": moment(one.created_at),
        "comment": one.comment,
    }
