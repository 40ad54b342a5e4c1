"""What people do to an incident: each function gives the change, or None when there is nothing to change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fraiseql_observe.errors import ConflictError
from fraiseql_observe.incident import merge
from fraiseql_observe.incident.merge import Change
from fraiseql_observe.incident.model import EventKind, State

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.incident.model import Actor, Incident


def acknowledge(incident: Incident, actor: Actor, comment: str, now: datetime) -> Change | None:
    """Say that somebody cares; the first one stays."""
    _unresolved(incident, "acknowledged")
    if incident.state is State.ACKNOWLEDGED:
        return None
    after = replace(
        incident,
        state=State.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=actor.name,
        snoozed_until=None,
        updated_at=now,
    )
    return Change(EventKind.ACKNOWLEDGED, after, actor, now, comment)


def unacknowledge(incident: Incident, actor: Actor, comment: str, now: datetime) -> Change | None:
    """Take that back."""
    _unresolved(incident, "unacknowledged")
    if incident.state is State.FIRING:
        return None
    return Change(EventKind.UNACKNOWLEDGED, _firing(incident, now), actor, now, comment)


def resolve(incident: Incident, actor: Actor, comment: str, now: datetime) -> Change | None:
    """Say that it is over, though its alerts may fire on."""
    if incident.state is State.RESOLVED:
        return None
    return Change(EventKind.RESOLVED, merge.resolved(incident, actor, now), actor, now, comment)


def snooze(incident: Incident, until: datetime, actor: Actor, comment: str, now: datetime) -> Change | None:
    """Let escalation rest until a time; snoozing again moves it."""
    _unresolved(incident, "snoozed")
    if until <= now:
        raise ConflictError("A snooze must end in the future.", hint="Give a later time.")
    if incident.snoozed_until == until:
        return None
    after = replace(incident, snoozed_until=until, updated_at=now)
    return Change(EventKind.SNOOZED, after, actor, now, comment, {"until": until.isoformat()})


def wake(incident: Incident, actor: Actor, now: datetime) -> Change:
    """End a snooze. One that was acknowledged fires again: who snoozes it asks to be reminded."""
    return Change(EventKind.WOKEN, _firing(incident, now), actor, now)


def comment(incident: Incident, actor: Actor, text: str, now: datetime) -> Change:
    """Write a line into the timeline."""
    return Change(EventKind.COMMENTED, replace(incident, updated_at=now), actor, now, text)


def _firing(incident: Incident, now: datetime) -> Incident:
    return replace(
        incident, state=State.FIRING, acknowledged_at=None, acknowledged_by="", snoozed_until=None, updated_at=now
    )


def _unresolved(incident: Incident, what: str) -> None:
    if incident.state is State.RESOLVED:
        raise ConflictError(
            f"Incident {incident.id} is resolved and cannot be {what}.", hint="A new alert opens it again."
        )
