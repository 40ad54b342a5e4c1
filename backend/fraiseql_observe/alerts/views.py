"""What is shown: one incident whole, destinations and how they do, figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime  # noqa: TC003 - public annotations
from typing import TYPE_CHECKING

from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import Action, Alert, Attempt, Delivery, DeliveryState, Event, Incident, State
from fraiseql_observe.incident.policy import DueStep  # noqa: TC001 - public annotations
from fraiseql_observe.notify.examples import example
from fraiseql_observe.store import alerts, deliveries, escalations, events, incidents
from fraiseql_observe.store import channels as pauses

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.base import Destination, Sent
    from fraiseql_observe.store.engine import Transaction

ALERTS = 1000  # of one incident
EVENTS = 500
DELIVERIES = 200


@dataclass(frozen=True, slots=True)
class Delivered:
    delivery: Delivery
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One incident, whole: `alerts` firing first, `events` oldest first, `steps` still to be taken."""

    incident: Incident
    alerts: tuple[Alert, ...]
    events: tuple[Event, ...]
    deliveries: tuple[Delivered, ...]
    steps: tuple[DueStep, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """A destination and how it does: what waits for it, what it was given up for, when it last took something."""

    name: str
    kind: str
    channel: str
    breaker_open: bool
    paused_until: datetime | None
    waiting: int
    dead: int
    last_sent_at: datetime | None
    last_error: str


def detail(tx: Transaction, incident_id: str) -> Detail:
    """Give one incident with the newest of everything that belongs to it.

    Raises:
        NotFoundError: there is none.
    """
    sent = deliveries.deliveries_of(tx, incident_id, DELIVERIES)
    attempts = deliveries.attempts_of(tx, [delivery.id for delivery in sent])
    return Detail(
        incident=incidents.get(tx, incident_id),
        alerts=tuple(kept.alert for kept in alerts.of(tx, incident_id, ALERTS)),
        events=tuple(events.of(tx, incident_id, EVENTS)),
        deliveries=tuple(Delivered(delivery, tuple(attempts.get(delivery.id, ()))) for delivery in sent),
        steps=tuple(escalations.of(tx, incident_id)),
    )


def statistics(tx: Transaction, since: datetime) -> dict[str, object]:
    """Give counts and means (seconds), and how many incidents stand in each state now."""
    counts = {state.value: count for state, count in incidents.counts(tx).items()}
    return {**asdict(incidents.statistics(tx, since)), "states": counts}


def dead_letters(tx: Transaction, limit: int) -> tuple[Delivery, ...]:
    """Give deliveries that were given up or whose outcome nobody knows, the newest first."""
    ends = (DeliveryState.DEAD, DeliveryState.AMBIGUOUS)
    found = [one for state in ends for one in deliveries.search(tx, state, limit=limit).deliveries]
    return tuple(sorted(found, key=lambda one: one.id, reverse=True)[:limit])


def channels(
    tx: Transaction, configured: Mapping[str, Destination], resting: Collection[str], now: datetime
) -> tuple[Channel, ...]:
    """Give all destinations, `resting` by name those whose breaker is open; `waiting` and `dead` count to 500."""
    paused = pauses.paused(tx, now)
    return tuple(
        replace(_channel(tx, one), name=name, breaker_open=name in resting, paused_until=paused.get(one.channel))
        for name, one in sorted(configured.items())
    )


async def test(destination: Destination, now: datetime) -> Sent:
    """Send the example message; where that opened something under a key, close it again.

    Raises:
        DeliveryError: it was not taken.
    """
    incident_id = new_id("inc", now)
    sent = await destination.send(_example(State.FIRING, incident_id, now))
    if destination.traits.idempotent and Action.RESOLVE in destination.traits.says:
        await destination.send(_example(State.RESOLVED, incident_id, now))
    return sent


def _channel(tx: Transaction, destination: Destination) -> Channel:
    def newest(state: DeliveryState, limit: int) -> tuple[Delivery, ...]:
        return deliveries.search(tx, state, destination=destination.name, limit=limit).deliveries

    most = deliveries.LIMIT
    retrying, dead = newest(DeliveryState.RETRY, most), newest(DeliveryState.DEAD, most)
    failed = sorted((*retrying, *dead), key=lambda one: one.created_at)
    sent = newest(DeliveryState.SENT, 1)
    return Channel(
        name=destination.name,
        kind=destination.kind,
        channel=destination.channel,
        breaker_open=False,
        paused_until=None,
        waiting=len(retrying) + len(newest(DeliveryState.NEW, most)),
        dead=len(dead),
        last_sent_at=sent[0].finished_at if sent else None,
        last_error=failed[-1].detail if failed else "",
    )


def _example(state: State, incident_id: str, now: datetime) -> Message:
    message = example("info", state, now)
    return replace(
        message,
        delivery_id=new_id("dlv", now),
        incident=replace(message.incident, id=incident_id),
        previous=(),
    )
