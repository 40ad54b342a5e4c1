"""How the console says things: ages, spans, sentences of the timeline. Pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fraiseql_observe.incident import payload
from fraiseql_observe.incident.model import DeliveryState, EventKind, State
from fraiseql_observe.notify import units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.incident.model import Delivery, Event, Incident


KINDS: Mapping[EventKind, str] = {
    EventKind.OPENED: "opened",
    EventKind.ALERTS_ADDED: "more alerts fire",
    EventKind.ALERTS_RESOLVED: "alerts resolved",
    EventKind.ACKNOWLEDGED: "acknowledged",
    EventKind.UNACKNOWLEDGED: "acknowledgement taken back",
    EventKind.RESOLVED: "resolved",
    EventKind.REOPENED: "fires again",
    EventKind.SNOOZED: "snoozed",
    EventKind.WOKEN: "snooze is over",
    EventKind.COMMENTED: "comment",
    EventKind.ESCALATED: "escalated",
    EventKind.SUPPRESSED: "held back by maintenance",
    EventKind.ENRICHED: "looked up",
    EventKind.DELIVERED: "told",
    EventKind.DELIVERY_DEAD: "could not tell",
    EventKind.REPLAYED: "sent again",
}
DELIVERIES: Mapping[DeliveryState, str] = {
    DeliveryState.NEW: "waiting",
    DeliveryState.SENDING: "being sent",
    DeliveryState.RETRY: "will be tried again",
    DeliveryState.SENT: "sent",
    DeliveryState.DEAD: "given up",
    DeliveryState.AMBIGUOUS: "outcome unknown",
    DeliveryState.SUPERSEDED: "a newer one took its place",
}
REPLAYABLE = frozenset({DeliveryState.DEAD, DeliveryState.AMBIGUOUS})


def span(seconds: float | timedelta | None, parts: int = 1) -> str:
    """A length of time in its largest units: `3 h`, with two parts `3 h 12 min`; `none` for nothing."""
    if seconds is None:
        return "none"
    left = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    return units.span(int(left), parts)


def age(since: datetime, now: datetime) -> str:
    return span(max(timedelta(0), now - since))


def until(moment: datetime, now: datetime) -> str:
    """`in 5 min`, or `now` when it is due."""
    return f"in {span(moment - now, 2)}" if moment > now else "now"


def stamp(moment: datetime) -> str:
    """For people who read without JavaScript: `Nov 23 14:03:22 UTC`."""
    return f"{moment.astimezone(UTC):%b %d %H:%M:%S} UTC"


def machine(moment: datetime) -> str:
    """For `<time datetime>`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def from_ns(nanoseconds: int) -> datetime:
    """A start as Alertmanager says it, cut to what a clock shows."""
    return payload.moment(nanoseconds)


def is_snoozed(incident: Incident, now: datetime) -> bool:
    return incident.state is not State.RESOLVED and incident.snoozed_until is not None and incident.snoozed_until > now


def about(event: Event) -> str:
    """What an event adds to its kind, from the small values it carries."""
    data = event.data
    said: list[str] = []
    if isinstance(count := data.get("alerts"), int):
        said.append("1 alert" if count == 1 else f"{count} alerts")
    if isinstance(step := data.get("step"), int):
        said.append(f"step {step} of {data.get('policy', 'its policy')}")
    said += [
        _few(names) for key in ("names", "destinations", "known") if isinstance(names := data.get(key), list) and names
    ]
    said += [str(data[key]).replace("_", " ") for key in ("destination", "reason") if data.get(key)]
    return ", ".join(said)


def until_of(event: Event) -> datetime | None:
    """Until when a snooze or a maintenance window lasts that an event tells of."""
    try:
        until = datetime.fromisoformat(str(event.data.get("until", "")))
    except ValueError:
        return None
    return until if until.tzinfo else until.replace(tzinfo=UTC)


def who(event: Event) -> str:
    """Who did it and from where; nobody, when it follows from what stands there already."""
    actor = event.actor
    if actor.source in {"dispatcher", "escalation"}:
        return ""
    same = actor.source.casefold() == actor.name.casefold()
    return actor.name if same or not actor.source else f"{actor.name}, {actor.source}"


def _few(names: list[object], most: int = 5) -> str:
    said = ", ".join(str(name) for name in names[:most])
    return f"{said} and {len(names) - most} more" if len(names) > most else said


def zone(name: str) -> ZoneInfo | None:
    """The time zone a browser named; None for one nobody knows."""
    try:
        return ZoneInfo(name[:64]) if name else None
    except (ValueError, OSError, LookupError):
        return None


def tomorrow(now: datetime, where: ZoneInfo | None) -> datetime:
    """Nine o'clock tomorrow, there where the person is."""
    local = now.astimezone(where or UTC)
    return (local + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0).astimezone(UTC)


def local_time(text: str, where: ZoneInfo | None) -> datetime | None:
    """What `<input type=datetime-local>` sends, as a moment; None when it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=where or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def next_try(delivery: Delivery, now: datetime) -> str:
    """When something will happen to a delivery that has not ended."""
    if delivery.state in {DeliveryState.NEW, DeliveryState.RETRY}:
        return until(delivery.due_at, now)
    if delivery.state is DeliveryState.SENDING and delivery.deadline_at:
        return f"ends {until(delivery.deadline_at, now)}"
    return ""
