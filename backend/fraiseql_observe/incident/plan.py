"""Whom to tell, and what comes next: the whole life of an incident is `plan`."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - public annotations
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING

from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import Action, Actor, Delivery, DeliveryState, Event, EventKind, Incident, State
from fraiseql_observe.incident.policy import DueStep, Policy, Taken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fraiseql_observe.incident.merge import Change
    from fraiseql_observe.incident.windows import Window

SAYS = {
    EventKind.ALERTS_ADDED: Action.UPDATE,
    EventKind.ALERTS_RESOLVED: Action.UPDATE,
    EventKind.COMMENTED: Action.UPDATE,
    EventKind.SNOOZED: Action.UPDATE,
    EventKind.WOKEN: Action.UPDATE,
    EventKind.UNACKNOWLEDGED: Action.UPDATE,
    EventKind.ENRICHED: Action.UPDATE,
    EventKind.ACKNOWLEDGED: Action.ACKNOWLEDGE,
    EventKind.RESOLVED: Action.RESOLVE,
    EventKind.REOPENED: Action.REOPEN,
}
"""What destinations that know of the incident hear of each kind of change."""

BEGINS = {EventKind.OPENED, EventKind.REOPENED, EventKind.UNACKNOWLEDGED, EventKind.WOKEN}
"""Changes that begin the escalation from its first step."""

_QUIET = {EventKind.ALERTS_ADDED, EventKind.ALERTS_RESOLVED, EventKind.ENRICHED}

ESCALATION = Actor("Escalation", "escalation")


@dataclass(frozen=True, slots=True)
class Listener:
    """A configured destination: `says` are the actions it has a word for and wants to hear."""

    name: str
    kind: str
    says: frozenset[Action]
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan depends on besides the change.

    `told` are the destinations that were told of the incident before. `window` holds messages back now. `step` is
    the step that is due, for a change of kind `escalated`.
    """

    policy: Policy
    listeners: Mapping[str, Listener]
    told: frozenset[str] = frozenset()
    window: Window | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write: the incident, its timeline's new lines, messages, and the next step of its escalation.

    `cancels`: steps that wait are taken away first.
    """

    incident: Incident
    events: tuple[Event, ...]
    deliveries: tuple[Delivery, ...] = ()
    next: DueStep | None = None
    cancels: bool = False


def plan(change: Change, situation: Situation, now: datetime) -> Plan:
    """Decide who hears of a change, and when the next step is taken."""
    incident, policy, window = change.incident, situation.policy, situation.window
    escalates = change.kind in BEGINS or change.kind is EventKind.ESCALATED
    event = _event(change, now)

    if escalates and rests(incident, policy, now):
        return Plan(incident, _lines(event), cancels=True)

    if escalates and window:
        held = replace(incident, silenced_by=window.id)
        line = _line(incident, EventKind.SUPPRESSED, now, {"window": window.id, "until": window.ends_at.isoformat()})
        return Plan(held, _lines(event, line), next=_due(incident, 0, window.ends_at, now), cancels=True)

    if escalates:
        incident = replace(incident, silenced_by="") if incident.silenced_by else incident
        waited = change.kind is EventKind.ESCALATED
        taken = policy.take(situation.step if waited else 0, now, waited=waited)
        steps = {number: _destinations(policy, number, situation) for number in taken.numbers}
        called = {name: number for number, names in steps.items() for name in names}
        triggers = [(name, _first_word(change, name, situation), number + 1) for name, number in called.items()]
        others = [word for word in _words(change, situation) if word[0] not in called]
        lines = [_line(incident, EventKind.ESCALATED, now, _said(policy, step, steps[step])) for step in taken.numbers]
        deliveries = _deliveries([*triggers, *others], incident, situation, now)
        return Plan(incident, _lines(event, *lines), deliveries, _next(incident, taken, now), cancels=True)

    ends = change.kind in {EventKind.RESOLVED, EventKind.ACKNOWLEDGED} and rests(incident, policy, now)
    wakes = incident.snoozed_until if change.kind is EventKind.SNOOZED else None
    return Plan(
        incident,
        _lines(event),
        _deliveries(_words(change, situation), incident, situation, now),
        next=_due(incident, 0, wakes, now) if wakes else None,
        cancels=ends or wakes is not None,
    )


def rests(incident: Incident, policy: Policy, now: datetime) -> bool:
    """Tell whether nobody needs to be called: it is over, somebody cares, or it is snoozed."""
    cared_for = incident.state is State.ACKNOWLEDGED and not policy.through_acknowledged
    snoozed = incident.snoozed_until is not None and incident.snoozed_until > now
    return incident.state is State.RESOLVED or cared_for or snoozed


def _words(change: Change, situation: Situation) -> list[tuple[str, Action, int]]:
    """Say what those hear who know of the incident: nothing of alerts in what is resolved or held back."""
    hushed = change.incident.state is State.RESOLVED or bool(change.incident.silenced_by)
    if change.kind not in SAYS or (hushed and change.kind in _QUIET):
        return []
    hearers = sorted(situation.told & situation.listeners.keys())
    if change.kind is EventKind.ENRICHED:  # worth redrawing a message, not worth another
        hearers = [name for name in hearers if situation.listeners[name].edits]
    return [(name, SAYS[change.kind], 0) for name in hearers]


def _first_word(change: Change, name: str, situation: Situation) -> Action:
    return Action.REOPEN if change.kind is EventKind.REOPENED and name in situation.told else Action.TRIGGER


def _destinations(policy: Policy, number: int, situation: Situation) -> list[str]:
    """The step's destinations; when the configuration has none of them any more, everybody: silence is worse."""
    wanted = [name for name in dict.fromkeys(policy.step(number).destinations) if name in situation.listeners]
    return wanted or sorted(situation.listeners)


def _deliveries(
    words: Iterable[tuple[str, Action, int]], incident: Incident, situation: Situation, now: datetime
) -> tuple[Delivery, ...]:
    known = ((situation.listeners[name], action, step) for name, action, step in words if name in situation.listeners)
    return tuple(
        Delivery(
            id=new_id("dlv", now),
            incident_id=incident.id,
            destination=listener.name,
            kind=listener.kind,
            action=action,
            state=DeliveryState.NEW,
            created_at=now,
            due_at=now,
            step=step,
        )
        for listener, action, step in known
        if action in listener.says
    )


def _next(incident: Incident, taken: Taken, now: datetime) -> DueStep | None:
    return None if taken.next is None or taken.due_at is None else _due(incident, taken.next, taken.due_at, now)


def _due(incident: Incident, number: int, at: datetime, now: datetime) -> DueStep:
    return DueStep(new_id("stp", now), incident.id, number, at, now)


def _event(change: Change, now: datetime) -> Event | None:
    """The change's own line; a step that is due says itself what it did."""
    if change.kind is EventKind.ESCALATED:
        return None
    return Event(
        change.incident.id, change.at, change.kind, change.actor, change.comment, change.data, new_id("evt", now)
    )


def _line(incident: Incident, kind: EventKind, now: datetime, data: Mapping[str, object]) -> Event:
    return Event(incident.id, now, kind, ESCALATION, data=data, id=new_id("evt", now))


def _lines(*events: Event | None) -> tuple[Event, ...]:
    return tuple(event for event in events if event)


def _said(policy: Policy, number: int, names: list[str]) -> dict[str, object]:
    return {"policy": policy.name, "step": number + 1, "destinations": names}
