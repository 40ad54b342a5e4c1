"""The few sentences that every destination says in the same words: how long, what changed, by whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.model import EventKind, State
from fraiseql_observe.notify import units

if TYPE_CHECKING:
    from datetime import timedelta

    from fraiseql_observe.incident.model import Event, Incident

PEOPLE = frozenset({"console", "api", "slack", "email", "cli", "python"})  # sources behind which somebody stands
PHRASES = {
    EventKind.UNACKNOWLEDGED: "acknowledgement taken back",
    EventKind.REOPENED: "firing again",
    EventKind.WOKEN: "snooze is over",
    EventKind.DELIVERED: "message delivered to",
    EventKind.DELIVERY_DEAD: "message could not be delivered to",
}
NAMES = 3  # of alerts, before "and 5 more"


def duration(span: timedelta) -> str:
    """Two units at most: `45 s`, `4 min`, `2 h 5 min`, `3 d 4 h`. A negative one (a clock that jumped) is `0 s`."""
    seconds = int(span.total_seconds())
    return units.span(seconds, 2 if seconds >= units.HOUR else 1)  # nobody reads `4 min 7 s`


def clock(at: datetime, now: datetime) -> str:
    """`12:03 UTC`, with the date unless it is today's."""
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"


def lasted(incident: Incident, now: datetime) -> str:
    """How long it fires, or fired."""
    return duration((incident.resolved_at or now) - incident.opened_at)


def state(incident: Incident, now: datetime) -> str:
    """How it stands, as `firing (3 alerts)`, `acknowledged by Ada at 12:03 UTC`, `resolved after 5 min`."""
    if incident.state is State.RESOLVED:
        return f"resolved{_by(incident.resolved_by)} after {lasted(incident, now)}"
    if incident.state is State.ACKNOWLEDGED:
        at = f" at {clock(incident.acknowledged_at, now)}" if incident.acknowledged_at else ""
        text = f"acknowledged{_by(incident.acknowledged_by)}{at}"
    else:
        text = f"firing ({count(incident.firing, 'alert')})"
    if incident.snoozed_until and incident.snoozed_until > now:
        text += f", snoozed until {clock(incident.snoozed_until, now)}"
    return text


def change(event: Event) -> str:
    """What happened, one sentence without a full stop, as `acknowledged by Ada: looking at it`."""
    text = _happened(event)
    if event.actor.source in PEOPLE and event.kind is not EventKind.COMMENTED:
        text += _by(event.actor.name)
    return f"{text}: {event.comment}" if event.comment else text


def _happened(event: Event) -> str:  # noqa: PLR0911  one line a kind
    data = event.data
    match event.kind:
        case EventKind.ALERTS_ADDED:
            return f"{_alerts(data, 'more alert')} firing"
        case EventKind.ALERTS_RESOLVED:
            return f"{_alerts(data, 'alert')} resolved"
        case EventKind.SNOOZED:
            return f"snoozed{_until(event)}"
        case EventKind.SUPPRESSED:
            return f"held back by a maintenance window{_until(event)}"
        case EventKind.COMMENTED:
            return f"{event.actor.name} says" if event.comment else f"{event.actor.name} commented"
        case EventKind.ESCALATED:
            return _escalated(data)
        case EventKind.DELIVERED | EventKind.DELIVERY_DEAD:
            return f"{PHRASES[event.kind]} {data.get('destination', 'a destination')}"
        case _:
            return PHRASES.get(event.kind, event.kind.value)


def _alerts(data: Any, noun: str) -> str:
    """`2 alerts (A, B)`: `alerts` counts them, `names` are the first of their names."""
    names = [str(name) for name in data.get("names") or ()]
    number = data.get("alerts") or len(names)
    if not names:
        return count(number, noun) if number else f"some {noun}s"
    more = max(0, number - NAMES) if len(names) >= NAMES else 0
    listed = ", ".join(names[:NAMES]) + (f" and {more} more" if more else "")
    return f"{count(number, noun)} ({listed})"


def _escalated(data: Any) -> str:
    told = ", ".join(map(str, data.get("destinations") or ()))
    step = f" to step {data['step']}" if data.get("step") else ""
    return f"escalated{step}" + (f": {told}" if told else "")


def _until(event: Event) -> str:
    text = str(event.data.get("until") or "")
    try:
        return f" until {clock(datetime.fromisoformat(text).astimezone(UTC), event.at)}"
    except ValueError:
        return ""


def count(number: int, noun: str) -> str:
    """`1 alert`, `3 alerts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _by(name: str) -> str:
    return f" by {name}" if name else ""
