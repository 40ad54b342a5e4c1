"""What a message template may say: the variables, made once from a `Message` for every destination.

All values are plain text as they came in: the template's dialect escapes them where they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.incident import payload
from fraiseql_observe.incident.model import Action, State
from fraiseql_observe.notify import words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Alert, Event, Incident

HEADLINES = {
    Action.TRIGGER: "firing",
    Action.UPDATE: "changed",
    Action.ACKNOWLEDGE: "acknowledged",
    Action.RESOLVE: "resolved",
    Action.REOPEN: "firing again",
}


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert of the list `alerts`."""

    name: str
    status: str  # firing, resolved
    apart: str  # what tells it from the others: its labels that are not common to all
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    summary: str
    description: str
    value: str
    started_at: datetime
    ended_at: datetime | None
    source: str  # the expression in Prometheus


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of `history`; `text` is the sentence, `at` when."""

    at: datetime
    time: str
    kind: str
    by: str
    source: str
    comment: str
    text: str


@dataclass(frozen=True, slots=True)
class PreviousView:
    """One earlier incident of `previous`."""

    id: str
    opened_at: datetime
    time: str
    duration: str
    resolved_by: str


def context(message: Message) -> dict[str, object]:
    """The variables; docs/how-to/templates.md lists them all."""
    return {**_incident(message), **_change(message), **_alerts(message), **_added(message)}


def _incident(message: Message) -> dict[str, object]:
    incident, now = message.incident, message.now
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "status": words.state(incident, now),
        "receiver": incident.receiver,
        "group_labels": incident.group_labels,
        "labels": incident.common_labels,
        "annotations": incident.common_annotations,
        "summary": _annotation(message, "summary"),
        "description": _annotation(message, "description"),
        "firing": incident.firing,
        "total": incident.total,
        "opened_at": incident.opened_at,
        "since": words.clock(incident.opened_at, now),
        "duration": words.lasted(incident, now),
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": incident.acknowledged_at,
        "resolved_by": incident.resolved_by,
        "resolved_at": incident.resolved_at,
        "snoozed_until": incident.snoozed_until,
        "reopened": incident.reopened,
        "now": now,
    }


def _change(message: Message) -> dict[str, object]:
    return {
        "action": message.action.value,
        "headline": headline(message),
        "changed": words.change(message.change),
        "actor": message.change.actor.name,
        "comment": message.change.comment,
        "step": message.step,
        "delivery_id": message.delivery_id,
    }


def headline(message: Message) -> str:
    """One word or two for the subject: firing, acknowledged, resolved, firing again, changed."""
    if message.action is Action.UPDATE and message.incident.state is not State.FIRING:
        return message.incident.state.value
    return HEADLINES[message.action]


def _alerts(message: Message) -> dict[str, object]:
    common = message.incident.common_labels
    return {"alerts": tuple(_alert(alert, common) for alert in message.alerts), "omitted": message.omitted}


def _added(message: Message) -> dict[str, object]:
    more = message.enrichment
    return {
        "value": more.value or _annotation(message, "value"),
        "threshold": more.threshold or _annotation(message, "threshold"),
        "operations": more.operations,
        "users": more.users,
        "trend": more.trend,
        "history": tuple(_event(event, message.now) for event in message.history),
        "previous": tuple(_previous(incident, message.now) for incident in message.previous),
        "links": message.links,
    }


def _annotation(message: Message, name: str) -> str:
    """The group's own, else the first alert's that has it."""
    common = message.incident.common_annotations.get(name)
    return common or next((alert.annotations[name] for alert in message.alerts if alert.annotations.get(name)), "")


def _alert(alert: Alert, common: Mapping[str, str]) -> AlertView:
    own = (f"{name}={value}" for name, value in sorted(alert.labels.items()) if common.get(name) != value)
    return AlertView(
        name=alert.name,
        status=alert.status.value,
        apart=", ".join(own),
        labels=alert.labels,
        annotations=alert.annotations,
        summary=alert.annotations.get("summary", ""),
        description=alert.annotations.get("description", ""),
        value=alert.annotations.get("value", ""),
        started_at=payload.moment(alert.starts_ns),
        ended_at=alert.ended_at,
        source=alert.generator_url,
    )


def _event(event: Event, now: datetime) -> EventView:
    return EventView(
        at=event.at,
        time=words.clock(event.at, now),
        kind=event.kind.value,
        by=event.actor.name,
        source=event.actor.source,
        comment=event.comment,
        text=words.change(event),
    )


def _previous(incident: Incident, now: datetime) -> PreviousView:
    return PreviousView(
        id=incident.id,
        opened_at=incident.opened_at,
        time=words.clock(incident.opened_at, now),
        duration=words.lasted(incident, now),
        resolved_by=incident.resolved_by,
    )
